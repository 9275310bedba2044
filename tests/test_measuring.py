"""fcnseg objects, measure and refine, as a person types them."""

import json

import numpy as np
import pytest
import tifffile

import napari_fcnseg as fs
from napari_fcnseg.cli import main

CLASSES = np.array(
    [
        [1, 1, 2, 1, 1, 3],
        [1, 1, 2, 1, 1, 3],
        [3, 3, 3, 3, 3, 3],
        [1, 3, 3, 3, 3, 3],
    ],
    np.uint8,
)


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.tif"
    tifffile.imwrite(
        path, CLASSES, ome=True, metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    )
    return str(path)


def test_objects_and_their_table(labels, tmp_path, capsys):
    out, table = str(tmp_path / "objects.ome.zarr"), tmp_path / "objects.csv"
    assert main(["objects", labels, out, "--classes", "1", "--min-size", "2"]) == 0
    assert "objects         2" in capsys.readouterr().out
    found = np.asarray(fs.open_image(out).data[:])
    assert found[:, 0].tolist() == [1, 1, 0, 0]
    assert main(["measure", out, "--objects", "--csv", str(table)]) == 0
    header, *rows = table.read_text("utf-8-sig").splitlines()
    assert header.startswith("id,pixels,area (µm²)")
    assert [row.split(",")[:3] for row in rows] == [["1", "4", "1.0"], ["2", "4", "1.0"]]
    assert main(["measure", out, "--objects", "--csv", str(table)]) == 8
    assert main(["objects", labels, out]) == 8
    capsys.readouterr()
    assert main(["objects", labels, out, "--split", "1", "2", "--overwrite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["objects"] == 3
    grown = np.asarray(fs.open_image(out).data[:])
    assert grown[0].tolist() == [1, 1, 1, 2, 2, 0]  # the border went to the first


def test_classes(labels, capsys):
    assert main(["measure", labels, "--json", "--classes", "1=a,2=b,3=c"]) == 0
    rows = {row["class"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["a"]["pixels"] == 9
    assert rows["a"]["fraction"] == pytest.approx(9 / 24)
    assert rows["b"]["area (µm²)"] == 0.5
    assert main(["measure", labels, "--objects", "--g-ratio", "1", "2"]) == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_long_table_is_cut_on_the_screen_only(tmp_path, capsys):
    ids = np.kron(np.arange(1, 101).reshape(10, 10), np.ones((2, 2))).astype(np.uint16)
    tifffile.imwrite(tmp_path / "ids.tif", ids)
    assert main(["measure", str(tmp_path / "ids.tif"), "--objects"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert len(lines) == 1 + 21 + 1
    assert "100 rows; --csv FILE" in lines[-1]
    assert "all is in pixels" in err


def test_refine(labels, tmp_path, capsys):
    out = str(tmp_path / "clean.ome.tif")
    assert main(["refine", labels, out, "--min-size", "2", "--islands", "1"]) == 0
    clean = np.asarray(fs.open_image(out).data[:])
    assert clean[3, 0] == 3
    assert (clean[:3] == CLASSES[:3]).all()
    options = ["--crf", "reach=3", "iterations=2", "--smooth", "0.5", "--threshold", "1=0.4"]
    assert main(["refine", labels, out, *options, "--image", labels]) == 8
    assert main(["refine", labels, out, *options, "--overwrite"]) == 3
    assert "--image" in capsys.readouterr().err
    assert main(["refine", labels, out, *options, "--image", labels, "--overwrite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"] == out


@pytest.mark.parametrize(
    "wrong", [["--crf", "colour=3"], ["--crf", "reach=far"], ["--threshold", "1"]]
)
def test_options_that_make_no_sense(labels, tmp_path, capsys, wrong):
    with pytest.raises(SystemExit) as stopped:
        main(["refine", labels, str(tmp_path / "x.ome.tif"), *wrong])
    assert stopped.value.code == 2
    assert wrong[1] in capsys.readouterr().err
