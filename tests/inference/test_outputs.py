"""Kinds of output, several in one pass, and where they may go."""

import numpy as np
import pytest
import zarr
from ome_zarr_models import open_ome_zarr
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import OutputError
from napari_fcnseg.events import TileDone

TILE = 112


@pytest.fixture(scope="module")
def stack():
    return np.random.default_rng(0).integers(0, 256, (2, 130, 150), dtype=np.uint8)


def test_smaller_types_of_probabilities(model, stack):
    exact = fs.segment(model, stack, "probabilities", axes="ZYX")
    half = fs.segment(model, stack, "probabilities-f16", axes="ZYX")
    assert half.dtype == np.float16
    assert np.abs(half - exact).max() <= 2**-11
    byte = fs.segment(model, stack, "probabilities-u8", axes="ZYX")
    assert byte.dtype == np.uint8
    assert np.abs(byte / 255 - exact).max() <= 0.5 / 255 + 1e-6


def test_an_unknown_kind_is_refused(model, stack, tmp_path):
    for run in (
        lambda: fs.segment(model, stack, "scores", axes="ZYX"),
        lambda: fs.predict(model, stack, tmp_path / "a.ome.zarr", axes="ZYX", output="scores"),
    ):
        with pytest.raises(OutputError, match="'scores': choose one of labels, probabilities"):
            run()


def test_several_outputs_in_one_pass(model, stack, tmp_path):
    outs = {
        "labels": tmp_path / "l.ome.zarr",
        "probabilities": np.zeros((2, *stack.shape), np.float32),
        "probabilities-u8": tmp_path / "p.ome.tif",
    }
    done = fs.predict(model, stack, outs, axes="ZYX", tile=TILE).wait()
    assert done.paths == (outs["labels"], None, outs["probabilities-u8"])
    labels = fs.segment(model, stack, axes="ZYX", tile=TILE)
    assert np.array_equal(fs.open_image(done.path).read({})[0], labels)
    exact = fs.segment(model, stack, "probabilities", axes="ZYX", tile=TILE)
    assert np.array_equal(outs["probabilities"], exact)
    byte = fs.open_image(outs["probabilities-u8"])
    assert byte.axes == "CZYX"
    assert np.array_equal(byte.read({}), np.rint(exact * 255).astype(np.uint8))


def test_what_one_of_several_outputs_lacks_is_computed(model, stack, tmp_path):
    outs = {k: tmp_path / f"{k}.ome.zarr" for k in ("labels", "probabilities-u8")}
    job = fs.predict(model, stack, outs, axes="ZYX", tile=TILE)
    for event in job:
        if isinstance(event, TileDone) and event.done == 5:
            job.close()
    journal = tmp_path / "labels.ome.zarr.journal"
    journal.write_bytes(b"\n".join(journal.read_bytes().splitlines()[:3]) + b"\n")
    again = fs.predict(model, stack, outs, axes="ZYX", tile=TILE, resume=True)
    assert sum(isinstance(event, TileDone) for event in again) == 18 - 2
    for kind, path in outs.items():
        found = fs.open_image(path).read({})
        expected = fs.segment(model, stack, kind, axes="ZYX", tile=TILE)
        assert np.array_equal(found.squeeze(), expected.squeeze())


def test_metadata_say_what_made_it(model, stack, tmp_path):
    fs.predict(model, stack, tmp_path / "a.ome.zarr", axes="ZYX").wait()
    made = zarr.open_group(tmp_path / "a.ome.zarr").attrs["napari-fcnseg"]
    assert made["models"][0]["name"] == model.name
    assert len(made["models"][0]["sha256"]) == 16
    assert {"recipe"} <= set(made["models"][0])
    assert {"version", "torch", "kind", "classes"} <= set(made)


@pytest.mark.parametrize("kind", ["labels", "probabilities"])
def test_ome_zarr_0_4(model, stack, tmp_path, kind):
    path = tmp_path / "a.ome.zarr"
    fs.predict(model, stack, path, axes="ZYX", output=kind, ngff="0.4", tile=TILE).wait()
    group = zarr.open_group(path, mode="r")
    assert group.metadata.zarr_format == 2
    assert type(open_ome_zarr(group)).__module__.startswith("ome_zarr_models.v04")
    expected = fs.segment(model, stack, kind, axes="ZYX", tile=TILE)
    assert np.array_equal(fs.open_image(path).read({}).squeeze(), expected.squeeze())
    assert (path / "0" / ".zarray").exists()


def test_another_version_is_another_output(model, stack, tmp_path):
    job = fs.predict(model, stack, tmp_path / "a.ome.zarr", axes="ZYX", ngff="0.4", tile=TILE)
    for event in job:
        if isinstance(event, TileDone) and event.done == 3:
            job.close()
    with pytest.raises(OutputError, match=r"another ngff \(0.4 then, 0.5 now\)"):
        fs.predict(model, stack, tmp_path / "a.ome.zarr", axes="ZYX", resume=True)


def test_an_unknown_version_is_refused(model, stack, tmp_path):
    with pytest.raises(OutputError, match=r"'0.6': choose one of 0.4, 0.5"):
        fs.predict(model, stack, tmp_path / "a.ome.zarr", axes="ZYX", ngff="0.6")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_inside_of_their_image(model, stack, tmp_path, version):
    """Written as a prediction of labels of another name, an image like any other."""
    image = tmp_path / "image.ome.zarr"
    fs.predict(model, stack, image, axes="ZYX", output="probabilities", ngff=version).wait()
    raw = fs.open_image(image)
    two = make_model(in_channels=2)
    expected = fs.segment(two, raw)
    for name in ("cells", "nuclei", "cells"):
        fs.predict(two, image, image / "labels" / name, overwrite=True).wait()
    group = zarr.open_group(image / "labels", mode="r")
    attributes = group.attrs.asdict()
    assert attributes.get("ome", attributes)["labels"] == ["nuclei", "cells"]
    assert group.metadata.zarr_format == {"0.4": 2, "0.5": 3}[version]
    found = open_ome_zarr(group)
    assert type(found).__module__ == f"ome_zarr_models.v0{version[-1]}.labels"
    assert np.array_equal(group["cells/0"][:], expected)
    open_ome_zarr(group["cells"])
    with pytest.raises(OutputError, match="probabilities is none of them"):
        fs.predict(two, image, image / "labels" / "soft", output="probabilities")


@pytest.mark.parametrize("chunks", [(1, 64, 64), (2, 33, 47), (1, 130, 150)])
def test_a_zarr_array_of_any_chunks_is_filled(model, stack, tmp_path, chunks):
    """Tiles share chunks: written at once, they would undo each other."""
    out = zarr.create_array(tmp_path / "a.zarr", shape=stack.shape, chunks=chunks, dtype="u1")
    fs.predict(model, stack, out, axes="ZYX", tile=TILE).wait()
    assert np.array_equal(out[:], fs.segment(model, stack, axes="ZYX", tile=TILE))


def test_processes_do_not_share_chunks(model, stack, tmp_path):
    out = zarr.create_array(tmp_path / "a.zarr", shape=stack.shape, chunks=(1, 33, 47), dtype="u1")
    with pytest.raises(OutputError, match="share chunks of"):
        fs.predict(model, stack, out, axes="ZYX", tile=TILE, scheduler=1).wait()


def test_a_smaller_precision_changes_few_labels(model, stack, tmp_path):
    exact = fs.segment(model, stack, axes="ZYX")
    image, out = fs.Image(stack, "ZYX"), tmp_path / "a.ome.zarr"
    fs.predict(model, image, out, precision="bfloat16", device="cpu").wait()
    found = fs.open_image(out).read({})[0]
    assert 0 < (found != exact).mean() < 0.05
    with pytest.raises(OutputError, match="another precision"):
        fs.predict(model, image, out, resume=True)
    with pytest.raises(fs.FcnsegError, match="'float8': choose one of float32, bfloat16, float16"):
        fs.predict(model, image, out, precision="float8")
