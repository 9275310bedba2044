import json

import numpy as np
from PIL import Image as Pillow

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.demo import run_demo


def test_the_demo_writes_what_it_says(tmp_path):
    recipe = fs.Recipe(
        net_options={"depth": 3, "width": 8, "padding": "same", "norm": "batch"},
        patch=64, batch=4, steps=40,
    )  # fmt: skip
    done = run_demo(tmp_path / "demo", recipe, shape=(5, 128, 160)).wait()
    told = {f.name for f in done.files.values()} | {"prediction.ome.zarr.journal"}
    assert {f.name for f in (tmp_path / "demo").iterdir()} == told
    truth = fs.open_image(done.files["truth"]).read({})[0]
    found = fs.open_image(done.files["prediction"]).read({})[0]
    planes = [0, 2, 4]  # not painted
    expected = {}
    for i, name in enumerate(("membrane", "cytoplasm", "mitochondrion"), 1):
        a, b = truth[planes] == i, found[planes] == i
        expected[name] = (a & b).sum() / max(1, (a | b).sum())
    assert done.iou == expected
    assert done.mean_iou > 0.3
    with Pillow.open(done.files["picture"]) as picture:
        assert picture.size[0] > 4 * 160
    assert fs.load_model(done.files["model"], check=True).recipe == recipe
    assert fs.open_image(done.files["image"]).units == ("nanometer",) * 3


def test_the_command_asks_before_it_replaces(tmp_path, capsys, monkeypatch):
    import napari_fcnseg.demo as module

    small = module.synthetic_em((3, 96, 96))
    monkeypatch.setattr(module, "synthetic_em", lambda shape, seed: small)
    command = ["demo", "--steps", "2", "--out", str(tmp_path / "d"), "--json"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert np.isfinite(found["mean_iou"])
    assert main(command) == 8
    assert "exists already" in capsys.readouterr().err
    assert main([*command[:-1], "--overwrite"]) == 0
    files = f"{tmp_path}/d/image.ome.zarr {tmp_path}/d/prediction.ome.zarr"
    assert f"-m napari --plugin napari-fcnseg {files}" in capsys.readouterr().out
