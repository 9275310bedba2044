"""Models of other tools: what bioimageio.core computes with them, we compute, tiled or not."""

import copy
import hashlib
import io
import pickle
import zipfile

import numpy as np
import onnx
import pytest
import torch
import yaml
from tests.models.packages import description, forge, rewrite
from tests.models.zoo_packages import SOURCE, write_code_model, write_zoo_model

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.errors import FcnsegError, ImageError, ModelError, UntrustedCodeError
from napari_fcnseg.images.image import Image
from napari_fcnseg.models.compare import check_output
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.zoo_runs import OnnxRun

pytestmark = pytest.mark.filterwarnings("ignore")  # of bioimageio.core, which writes the models
SIGMOID = [{"id": "sigmoid"}]


@pytest.fixture(params=["torchscript", "onnx"])
def broad(request, data):
    """A third party's model of nuclei, with its test tensors."""
    folder = data / "bioimageio" / "unet2d_nuclei_broad"
    tensors = (np.load(folder / f"test_{which}.npy")[0] for which in ("input", "output"))
    return fs.load_model(folder, weights=request.param, check=True), *tensors


def test_a_third_partys_model_gives_its_own_test_output(broad):
    model, image, wanted = broad
    assert [(c.id, c.name) for c in model.classes] == [(0, "background"), (1, "probability")]
    assert np.abs(model.probabilities(image)[1] - wanted[0]).max() < 1e-4
    found = fs.segment(model, image[0], "probabilities", axes="YX")
    assert np.abs(found[1] - wanted[0]).max() < 1e-4
    assert np.array_equal(fs.segment(model, image[0], axes="YX"), wanted[0] > 0.5)


def test_tiles_of_the_one_size_that_it_takes(broad, tmp_path):
    """1000 x 700 pixels, in tiles of 512 with a halo of 32 that fade into each other."""
    model, image, _ = broad
    large = np.pad(image[0], ((0, 488), (0, 188)), "reflect")
    found = fs.segment(model, large, axes="YX")
    assert found.shape == (1000, 700)
    inner = fs.segment(model, large[:512, :512], axes="YX")
    assert (found[:400, :400] != inner[:400, :400]).mean() < 0.01
    job = fs.predict(model, large, tmp_path / "out.tif", axes="YX")
    job.wait()
    assert fs.verify(tmp_path / "out.tif") is not None


STEPS = {
    "nothing": [],
    "mean of an image": [{"id": "zero_mean_unit_variance", "kwargs": {"axes": ["y", "x"]}}],
    "mean of all channels": [{"id": "zero_mean_unit_variance", "kwargs": {"eps": 1e-3}}],
    "percentiles": [
        {"id": "scale_range", "kwargs": {"axes": ["y", "x"], "min_percentile": 2.0,
                                         "max_percentile": 98.0}},
        {"id": "clip", "kwargs": {"min": 0.1, "max": 0.9}},
    ],
    "fixed": [
        {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}},
        {"id": "fixed_zero_mean_unit_variance", "kwargs": {"mean": 90.0, "std": 40.0}},
        {"id": "scale_linear", "kwargs": {"gain": 0.5, "offset": 1.0}},
        {"id": "sigmoid"},
    ],
    "numbers of channels": [
        {"id": "fixed_zero_mean_unit_variance",
         "kwargs": {"axis": "channel", "mean": [90.0, 80.0], "std": [40.0, 50.0]}},
        {"id": "scale_linear",
         "kwargs": {"axis": "channel", "gain": [0.5, 2.0], "offset": [1.0, 0.0]}},
    ],
    "a threshold": [{"id": "binarize", "kwargs": {"threshold": 120.0}},
                    {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}],
    "whole numbers": [{"id": "ensure_dtype", "kwargs": {"dtype": "uint8"}},
                      {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}],
}  # fmt: skip


@pytest.mark.parametrize("steps", STEPS)
def test_steps_before_the_network(tmp_path, steps):
    path, image, wanted = write_zoo_model(
        tmp_path, before=STEPS[steps], after=SIGMOID, channels=2, classes=2
    )
    model = fs.load_model(path, check=True)
    assert [c.id for c in model.classes] == [0, 1, 2]
    net = model.net.output(torch.from_numpy(_prepared(model, image))[None])[0]
    assert net.detach().numpy() == pytest.approx(wanted[0], abs=1e-4)


def _prepared(model, image):
    raw = fs.Image(image[0], "CYX")
    return model.normalisation.of(raw)(image[0])


@pytest.mark.parametrize("steps", ["mean of an image", "percentiles"])
def test_pixels_that_are_no_numbers_do_not_spoil_the_others(tmp_path, steps):
    path, image, wanted = write_zoo_model(tmp_path, before=STEPS[steps], after=SIGMOID)
    model, holed = fs.load_model(path), image[0, 0].copy()
    holed[3, 3], holed[40, 30] = np.nan, np.inf
    found = fs.segment(model, holed, "probabilities", axes="YX")[1]
    assert np.isfinite(found).all()
    assert found[10:30] == pytest.approx(wanted[0, 0, 10:30], abs=0.01)
    with pytest.raises(ImageError, match="no finite pixel"):
        fs.segment(model, np.full((48, 40), np.nan, np.float32), axes="YX")


@pytest.mark.parametrize(
    ("after", "classes"),
    [
        ([{"id": "softmax"}], 3),
        (
            [
                {"id": "softmax", "kwargs": {"axis": "channel"}},
                {"id": "clip", "kwargs": {"min": 0.0}},
            ],
            2,
        ),
        ([], 3),
        ([{"id": "scale_linear", "kwargs": {"gain": 0.1}}, {"id": "sigmoid"}], 1),
        ([{"id": "sigmoid"}, {"id": "binarize", "kwargs": {"threshold": 0.6}}], 2),
    ],
)
def test_steps_behind_it_and_what_classes_they_make(tmp_path, after, classes):
    steps = STEPS["mean of an image"]
    path, image, wanted = write_zoo_model(tmp_path, before=steps, after=after, classes=classes)
    model = fs.load_model(path, check=True)
    labels = fs.segment(model, image[0, 0], axes="YX")
    exclusive = not any(step["id"] == "sigmoid" for step in after)
    expected = wanted[0].argmax(0) + 1
    if not exclusive:
        expected[wanted[0].max(0) < 0.5] = 0
    clear = np.ones(expected.shape, bool)
    if classes > 1:
        first, second = np.sort(wanted[0], axis=0)[[-1, -2]]
        clear = first - second > 1e-5
    assert clear.mean() > 0.5 or "binarize" in str(after)
    assert np.array_equal(labels[clear], expected[clear])


@pytest.mark.parametrize("order", ["NCYX", "NYXC", "NCXY", "NCZYX", "NZYXC"])
def test_axes_in_any_order(tmp_path, order):
    steps = [{"id": "fixed_zero_mean_unit_variance", "kwargs": {"mean": 90.0, "std": 40.0}}]
    path, image, wanted = write_zoo_model(tmp_path, before=steps, after=SIGMOID, order=order)
    model = fs.load_model(path, check=True)
    space = "ZYX" if "Z" in order else "YX"
    moved = [order.index(a) for a in "NC" + space]
    plain, expected = image.transpose(moved)[0, 0], wanted.transpose(moved)[0, 0]
    found = fs.segment(model, plain, "probabilities", axes=space)
    assert found[1] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("shape", [(100, 77), (16, 16), (5, 90)])
def test_images_of_any_size(tmp_path, shape):
    """Its sizes go from 16 in steps of 8; a 5 x 5 kernel with zeros around is known exactly."""
    path, _, _ = write_zoo_model(tmp_path, before=STEPS["fixed"], after=SIGMOID)
    model = fs.load_model(path)
    image = np.random.default_rng(1).uniform(0, 200, shape).astype(np.float32)
    x = torch.from_numpy(model.normalisation.of(fs.Image(image, "YX"))(image[None]))[None]
    with torch.inference_mode():
        wanted = model.net.run.script(x)[0, 0].sigmoid().numpy()
    inside = slice(None, -2), slice(None, -2)  # behind that it sees what fills it up
    for tile in (32, None):
        found = fs.segment(model, image, "probabilities", axes="YX", tile=tile)
        assert found.shape[1:] == shape
        assert found[1][inside] == pytest.approx(wanted[inside], abs=1e-5)


def test_a_description_of_spec_0_4(tmp_path):
    path, image, wanted = write_zoo_model(tmp_path, before=STEPS["fixed"], after=SIGMOID)
    new = description(path)
    old = {
        "format_version": "0.4.10", "type": "model", "name": "of another tool",
        "description": "averages", "authors": [{"name": "somebody"}], "license": "MIT",
        "documentation": "doc.md", "cite": [{"text": "nobody", "doi": "10.1000/182"}],
        "timestamp": "2022-01-01T00:00:00", "tags": ["x"],
        "test_inputs": ["in.npy"], "test_outputs": ["out.npy"],
        "inputs": [{
            "name": "raw", "axes": "bcyx", "data_type": "float32",
            "shape": {"min": [1, 1, 16, 16], "step": [0, 0, 8, 8]},
            "preprocessing": [
                {"name": "scale_linear", "kwargs": {"gain": 0.0125, "offset": -0.125}},
                {"name": "sigmoid"},
            ],
        }],
        "outputs": [{
            "name": "found", "axes": "bcyx", "data_type": "float32", "halo": [0, 0, 4, 4],
            "shape": {"reference_tensor": "raw", "scale": [1, 1, 1, 1], "offset": [0, 0, 0, 0]},
            "postprocessing": [{"name": "sigmoid"}],
        }],
        "weights": {"torchscript": new["weights"]["torchscript"] | {"pytorch_version": "2.6.0"}},
    }  # fmt: skip
    rewrite(path, **{"rdf.yaml": yaml.safe_dump(old)})
    model = fs.load_model(path)
    assert fs.segment(model, image[0, 0], "probabilities", axes="YX")[1] == pytest.approx(
        wanted[0, 0], abs=1e-4
    )


def test_it_can_be_copied_and_sent_to_workers(tmp_path):
    path, image, wanted = write_zoo_model(tmp_path, after=SIGMOID, before=STEPS["fixed"])
    model = fs.load_model(path)
    for net in (copy.deepcopy(model.net), pickle.loads(pickle.dumps(model.net))):
        x = torch.from_numpy(_prepared(model, image))[None]
        assert net.output(x)[0].detach().numpy() == pytest.approx(wanted[0], abs=1e-5)


def test_it_is_told_by_its_weights_and_steps_not_by_an_image(tmp_path):
    """What a journal knows a model by: a prediction goes on with the same one."""
    path, image, _ = write_zoo_model(tmp_path, after=SIGMOID, before=STEPS["mean of an image"])
    model = fs.load_model(path)
    on_image = model.on(fs.Image(image[0], "CYX"))
    assert fingerprint(model) == fingerprint(on_image) == fingerprint(fs.load_model(path))
    assert "function" not in str(on_image.describe())


def test_the_command_line_segments_with_it_and_goes_on(tmp_path, capsys):
    path, image, _ = write_zoo_model(tmp_path, after=SIGMOID, before=STEPS["mean of an image"])
    import tifffile

    tifffile.imwrite(tmp_path / "i.tif", image[0, 0])
    arguments = [
        str(path),
        str(tmp_path / "i.tif"),
        "--axes",
        "YX",
        "--out",
        str(tmp_path / "o.zarr"),
    ]
    assert main(["predict", *arguments]) == 0
    assert main(["verify", str(tmp_path / "o.zarr")]) == 0
    assert main(["predict", *arguments, "--dry-run"]) == 0
    capsys.readouterr()
    assert main(["info", str(path)]) == 0
    assert "network of another tool, torchscript" in capsys.readouterr().out


def test_what_cannot_be_done_with_it_is_said(tmp_path):
    path, image, _ = write_zoo_model(tmp_path, after=SIGMOID)
    model = fs.load_model(path)
    with pytest.raises(ModelError, match="keep its package"):
        model.save(tmp_path / "again.zip")
    strokes = np.zeros((48, 40), np.uint8)
    strokes[5, 5:30], strokes[20, 5:30] = 1, 2
    with pytest.raises(FcnsegError, match="cannot be trained further"):
        fs.train(image[0, 0], strokes, axes="YX", start=model)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["outputs"].append(d["outputs"][0]), "outputs|rules"),
        (lambda d: d["weights"].pop("torchscript"), "rules of bioimage.io|no TorchScript or ONNX"),
        (lambda d: d.update(type="dataset"), "bioimage.io|no model"),
        (lambda d: d.update(inputs=[]), "rules of bioimage.io|0 inputs"),
        (lambda d: d["outputs"][0].update(postprocessing=[{"id": "zero_mean_unit_variance"}]),
         "needs the whole output"),
        (lambda d: d["outputs"][0].update(postprocessing=[]), "no probabilities or scores"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_run(tmp_path, change, said):
    image = np.random.default_rng(0).uniform(0, 200, (1, 1, 48, 40))
    after = [] if said.startswith("no probab") else SIGMOID
    path, _, _ = write_zoo_model(tmp_path, after=after, sample=image)
    described = description(path)
    change(described)
    rewrite(path, **{"rdf.yaml": yaml.safe_dump(described)})
    with pytest.raises(ModelError, match=said):
        fs.load_model(path)


@pytest.mark.parametrize("classes", [1, 33])
def test_distances_are_no_classes(tmp_path, classes):
    """Of 32 rays of a star the longest would win, in silence."""
    path, _, output = write_zoo_model(tmp_path, classes=classes)
    buffer = io.BytesIO()
    np.save(buffer, np.abs(output) + 1)
    forge(path, "out.npy", buffer.getvalue())
    with pytest.raises(ModelError, match="distances or grey values"):
        fs.load_model(path)


def test_pixels_of_another_size_are_told(tmp_path):
    path, image, _ = write_zoo_model(tmp_path, after=SIGMOID)
    assert fs.load_model(path).pixel_size is None
    described = description(path)
    for axis in described["inputs"][0]["axes"] + described["outputs"][0]["axes"]:
        if axis["type"] == "space":
            axis |= {"scale": 0.2, "unit": "micrometer"}
    rewrite(path, **{"rdf.yaml": yaml.safe_dump(described)})
    model = fs.load_model(path)
    assert str(model.pixel_size) == "0.2 µm"
    coarse = Image(image[0, 0], "YX", scale=(0.5, 0.5), units=("um", "um"))
    assert "0.2 µm" in model.notes_on(coarse)[0]


def test_large_scores_may_differ_by_as_small_a_part():
    stored = np.array([-4000.0, 3000.0], np.float32)
    check_output(stored + 0.3, stored, "it")
    with pytest.raises(ModelError, match="differs"):
        check_output(stored + 0.5, stored, "it")


WRITES = 'torch.save(x, "TARGET")'
PIECES = {
    "as PyTorch writes it": (WRITES, "code"),
    "with a space": (WRITES.replace(".", ". "), "code"),
    "over two lines": (WRITES.replace("torch.", "torch.\\\n"), "code"),
    "behind a text with a mark of comments": ('y = "#"; ' + WRITES, "code"),
    "in capitals": (WRITES, "CODE"),
    "an operator of a library": ('ops.image.write_file("TARGET", x)', "code"),
}


@pytest.mark.parametrize("piece", PIECES)
def test_weights_that_write_files_are_not_loaded(tmp_path, piece):
    """The code of TorchScript is text, and runs when it is loaded."""
    path, _, _ = write_zoo_model(tmp_path, after=SIGMOID)
    code, folder = PIECES[piece]
    target, buffer = tmp_path / "executed", io.BytesIO()
    with zipfile.ZipFile(tmp_path / "w.pt") as sound, zipfile.ZipFile(buffer, "w") as evil:
        for name in sound.namelist():
            content = sound.read(name)
            if name.endswith(".py"):
                name = name.replace("code/", f"{folder}/").replace(".py", ".PY")
                content += f"\ndef f(x):\n  {code}\n".replace("TARGET", str(target)).encode()
            evil.writestr(name, content)
    forge(path, "w.pt", buffer.getvalue())
    with pytest.raises(ModelError, match="read or write files"):
        fs.load_model(path, check=True)
    assert not target.exists()


def test_what_was_checked_is_what_is_loaded(tmp_path):
    """A second directory of the zip, which another program would read, is left behind."""
    from napari_fcnseg.models.archive import repacked

    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a", b"one")
    data, files = repacked(b"something before" + path.read_bytes(), "x")
    assert files == {"a": b"one"}
    assert data.count(b"PK\x01\x02") == 1
    assert b"something" not in data


def test_onnx_weights_that_are_none_are_refused_at_once(tmp_path):
    path, _, _ = write_zoo_model(tmp_path, after=SIGMOID)
    described = description(path)
    described["weights"] = {"onnx": {"source": "w.onnx", "opset_version": 18,
                                     "sha256": hashlib.sha256(b"garbage").hexdigest()}}  # fmt: skip
    rewrite(path, **{"w.onnx": b"garbage", "w.pt": None, "rdf.yaml": yaml.safe_dump(described)})
    with pytest.raises(ModelError, match="ONNX weights cannot be read"):
        fs.load_model(path)


def field(number, data, tag=None):
    """A field of a protocol buffer that holds bytes."""
    return (tag or varint(number << 3 | 2)) + varint(len(data)) + data


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


@pytest.mark.parametrize("tag", [b"\x0a", b"\x8a\x00", b"\x8a\x80\x80\x80\x10"])
def test_onnx_weights_may_not_name_other_files(tmp_path, monkeypatch, tag):
    """They would be read from wherever it was started; a tag can be written in many ways."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
    where = field(1, b"location", tag) + field(2, b"secret.bin")
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[4], data_location=1)
    tensor = tensor.SerializeToString() + field(13, where)
    io = [onnx.helper.make_tensor_value_info(n, 1, [4]) for n in "xy"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["x", "w"], ["y"])], "g", io[:1], io[1:]
    ).SerializeToString() + field(5, tensor)
    opset = onnx.helper.make_opsetid("", 18)
    weights = onnx.ModelProto(ir_version=9, opset_import=[opset])
    data = weights.SerializeToString() + field(7, graph)
    with pytest.raises(ModelError, match="lie in other files|Wire format was corrupt"):
        OnnxRun(data).opened()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: [a.update(size=a["size"] | {"offset": -4}, halo=2)
                    for a in d["outputs"][0]["axes"] if a["type"] == "space"], "not what its"),
        (lambda d: d["inputs"][0]["axes"][1].update(channel_names=["a", "b"]), "not what its"),
        (lambda d: d["outputs"][0]["axes"][1].update(channel_names=["a", "b"]), "not what its"),
        (lambda d: d["inputs"][0]["axes"][3].update(
            size={"tensor_id": "raw", "axis_id": "y", "offset": -8}), "oddly|rules"),
    ],
)  # fmt: skip
def test_a_description_that_does_not_fit_its_own_tensors(tmp_path, change, said):
    """It would shift the image, or drop a channel, in silence."""
    path, _, _ = write_zoo_model(tmp_path, after=SIGMOID)
    described = description(path)
    change(described)
    rewrite(path, **{"rdf.yaml": yaml.safe_dump(described)})
    with pytest.raises(ModelError, match=said):
        fs.load_model(path)


def test_steps_behind_the_network_tell_models_apart(tmp_path):
    path, _, _ = write_zoo_model(tmp_path, after=SIGMOID)
    one = fingerprint(fs.load_model(path))
    described = description(path)
    described["outputs"][0]["postprocessing"].insert(
        0, {"id": "scale_linear", "kwargs": {"gain": 0.1}}
    )
    rewrite(path, **{"rdf.yaml": yaml.safe_dump(described)})
    assert fingerprint(fs.load_model(path)) != one


@pytest.fixture
def code(tmp_path):
    """A package that only its own source code can run, and a file that the code writes."""
    return write_code_model(tmp_path)


def test_trusted_code_stays_in_its_process(code):
    """Consent is of one machine; and its module is nowhere else."""
    path, _, image, wanted = code
    model = fs.load_model(path, trust_code=True)
    x = torch.from_numpy(_prepared(model, image))[None]
    found = copy.deepcopy(model.net).output(x)[0].detach().numpy()
    assert found == pytest.approx(wanted[0], abs=1e-5)
    with pytest.raises(ModelError, match="stays in this process"):
        pickle.dumps(model.net)


def test_source_code_is_run_only_after_consent(code):
    path, target, image, wanted = code
    with pytest.raises(UntrustedCodeError, match=r"net\.py.*may do anything"):
        fs.load_model(path, check=True)
    assert not target.exists()
    model = fs.load_model(path, check=True, trust_code=True)
    assert target.exists()
    found = fs.segment(model, image[0, 0], "probabilities", axes="YX")
    assert found[1] == pytest.approx(wanted[0, 0], abs=1e-5)


def test_consent_is_for_the_code_that_the_checksum_tells(code):
    path, target, _, _ = code
    rewrite(path, **{"net.py": SOURCE.format(target=str(target)).encode() + b"# more"})
    with pytest.raises(ModelError, match=r"net\.py does not match its checksum"):
        fs.load_model(path, trust_code=True)
    assert not target.exists()


def test_a_library_is_code_too(code):
    """It could be `os`, and its callable `system`."""
    path, target, _, _ = code
    described = description(path)
    described["weights"]["pytorch_state_dict"]["architecture"] = {
        "callable": "mkdir", "import_from": "os", "kwargs": {"path": str(target)},
    }  # fmt: skip
    rewrite(path, **{"rdf.yaml": yaml.safe_dump(described)})
    with pytest.raises(UntrustedCodeError, match="'mkdir' of the library 'os'"):
        fs.load_model(path)
    assert main(["info", str(path)]) == 6
    assert not target.exists()
