import copy
import shutil
from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import CLASSES, make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import AxesError, ImageError, ModelError, OutputError
from napari_fcnseg.events import Predicted, PredictionStarted, TileDone
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.progress import follow

THREE = (*CLASSES, fs.SegClass(9, "mito", "#009e73"))
CLOSE = 1e-5


def untiled(model, image):
    """The network on the whole mirrored image, cropped: written from the definition.

    In float64, where it has no rounding to speak of.
    """
    exact = replace(model, net=copy.deepcopy(model.net).double())
    pixels = np.stack([image[c] for c in range(image.shape[0])])
    pads, crops = [], []
    for n, axis in zip(pixels.shape[-2:], model.net.geometry, strict=True):
        cells = -(-n // axis.stride) * axis.stride
        before, after = axis.context(cells)
        pads.append((before, after + cells - n))
        crops.append(slice(before - axis.margin, before - axis.margin + n))
    for axis, pad in zip((-2, -1), pads, strict=True):
        width = [(0, 0)] * pixels.ndim
        width[axis] = pad
        pixels = np.pad(pixels, width, "reflect" if pixels.shape[axis] > 1 else "edge")
    return exact.probabilities(pixels)[(slice(None), *crops)]


CASES = {
    "seed": st.integers(0, 999),
    "channels": st.integers(1, 3),
    "classes": st.sampled_from([2, 3]),
    "options": st.fixed_dictionaries(
        {
            "depth": st.integers(2, 4),
            "width": st.integers(1, 4),
            "padding": st.sampled_from(["valid", "same"]),
            "norm": st.sampled_from([None, "batch"]),
            "up": st.sampled_from(["transpose", "bilinear", "nearest"]),
        }
    ),
    "shape": st.tuples(st.integers(1, 190), st.integers(1, 190))
    | st.sampled_from([(1, 1), (1, 150), (150, 1), (2, 3), (101, 173)]),
    "more": st.integers(0, 150),  # how much larger than the least a tile is
}


def make_case(seed, channels, classes, options, shape, more):
    model = make_model(seed, channels, THREE[:classes], **options)
    axis = model.net.geometry[0]
    tile = sum(axis.context(2 * axis.stride)) + 2 * axis.stride + more
    image = np.random.default_rng(seed).integers(0, 256, (channels, *shape), dtype=np.uint8)
    return model, image, tile


@settings(max_examples=60)
@given(**CASES, double=st.booleans())
def test_tiled_equals_untiled(double, **case):
    """To rounding in float32; in float64, where rounding is far below, to what is stored."""
    model, image, tile = make_case(**case)
    if double:
        model.net.double()
    close = 5e-7 if double else CLOSE
    whole = untiled(model, image)
    tiled = fs.segment(model, image, "probabilities", axes="CYX", tile=tile, device="cpu")
    assert tiled.shape == whole.shape
    assert np.abs(tiled - whole).max() <= close
    labels = fs.segment(model, image, axes="CYX", tile=tile, device="cpu")
    ids = np.array([c.id for c in model.classes])
    best = np.sort(whole, axis=0)
    clear = best[-1] - best[-2] > close
    assert (labels == ids[whole.argmax(0)])[clear].all()
    assert set(np.unique(labels)) <= set(ids.tolist())


@settings(max_examples=30)
@given(**CASES, data=st.data())
def test_a_region_is_a_part_of_the_whole(data, **case):
    model, image, tile = make_case(**case)
    opened = fs.Image(image, "CYX")
    region = []
    for n in opened.kept_shape:
        start = data.draw(st.integers(0, n - 1))
        region.append((start, data.draw(st.integers(start + 1, n))))
    out = np.zeros([len(model.classes), *(b - a for a, b in region)], np.float32)
    fs.predict(
        model, opened, out, output="probabilities", region=tuple(region), tile=tile + 16
    ).wait()
    part = untiled(model, image)[(slice(None), *(slice(*span) for span in region))]
    assert np.abs(out - part).max() <= CLOSE


def test_stacks_series_and_any_order_of_axes(model, grey):
    planes = np.stack([fs.segment(model, plane) for plane in grey])
    assert np.array_equal(fs.segment(model, grey, axes="ZYX"), planes)
    assert np.array_equal(fs.segment(model, grey[:, None, None], axes="TCZYX"), planes[:, None])
    turned = fs.segment(model, grey.transpose(2, 1, 0), axes="XYZ")
    assert np.array_equal(turned, planes.transpose(2, 1, 0))
    odd = np.stack([grey, grey[::-1]])  # Z before T
    assert np.array_equal(fs.segment(model, odd, axes="ZTYX"), np.stack([planes, planes[::-1]]))
    soft = fs.segment(model, grey.transpose(2, 1, 0), "probabilities", axes="XYZ")
    assert soft.shape == (2, 90, 70, 3)


def test_labels_are_the_ids_that_were_painted(model, grey):
    found = fs.segment(model, grey[0])
    assert found.dtype == np.uint8
    assert set(np.unique(found)) == {1, 7}


@pytest.mark.parametrize("chunks", [(1, 20, 30), (3, 70, 90), (2, 33, 11)])
@pytest.mark.parametrize("output", ["labels", "probabilities"])
def test_lazy_is_the_same_and_computes_only_what_is_asked(model, grey, chunks, output):
    whole = fs.segment(model, grey, output, axes="ZYX", tile=72)
    read = []

    def note(block):
        read.append(block.shape)
        return block

    source = da.from_array(grey, chunks=chunks)
    lazy = fs.segment_lazy(model, source, output, axes="ZYX", tile=72)
    assert (lazy.shape, lazy.dtype) == (whole.shape, whole.dtype)
    assert np.abs(lazy.compute().astype(float) - whole).max() <= CLOSE
    noted = source.map_blocks(note, dtype=np.uint8, meta=np.zeros((0, 0, 0), np.uint8))
    lazy = fs.segment_lazy(model, noted, output, axes="ZYX", tile=72)
    part = lazy[..., 1, :5, :5].compute()
    assert np.abs(part.astype(float) - whole[..., 1, :5, :5]).max() <= CLOSE
    if chunks == (1, 20, 30):
        assert 0 < len(read) < 36


def test_lazy_arrays_need_axes(model):
    with pytest.raises(AxesError, match="the dask array"):
        fs.segment_lazy(model, da.zeros((3, 40, 40)))


@pytest.mark.parametrize("name", ["out.ome.zarr", "out.zarr", "out.ome.tif", "out.tif"])
@pytest.mark.parametrize("output", ["labels", "probabilities"])
def test_files_hold_what_memory_would(model, grey, tmp_path, name, output):
    image = fs.Image(grey, "ZYX", (5.0, 0.5, 0.5), ("micrometer",) * 3, "scan")
    expected = fs.segment(model, grey, output, axes="ZYX", tile=72)
    events = list(fs.predict(model, image, tmp_path / name, output=output, tile=72))
    assert isinstance(events[0], PredictionStarted)
    tiles = len(events[0].plan)
    assert [e.done for e in events if isinstance(e, TileDone)] == list(range(1, tiles + 1))
    out = tmp_path / name
    assert events[-1] == Predicted(out, tiles, events[-1].elapsed, (out,))
    found = fs.open_image(tmp_path / name)
    assert found.axes == ("ZYX" if output == "labels" else "CZYX")
    assert found.scale[-3:] == (5.0, 0.5, 0.5)
    assert found.units[-1] == "micrometer"
    assert np.abs(found.read({}).reshape(expected.shape).astype(float) - expected).max() <= CLOSE


def test_probabilities_over_time_have_the_order_of_ngff(model, grey, tmp_path):
    fs.predict(model, fs.Image(grey, "TYX"), tmp_path / "p.ome.zarr", output="probabilities").wait()
    found = fs.open_image(tmp_path / "p.ome.zarr")
    assert (found.axes, found.shape) == ("TCYX", (3, 2, 70, 90))
    expected = fs.segment(model, grey, "probabilities", axes="TYX")
    assert np.abs(found.read({}) - expected).max() <= CLOSE


def test_classes_and_provenance_are_written(model, grey, tmp_path):
    fs.predict(model, fs.Image(grey, "ZYX", name="scan"), tmp_path / "a.ome.zarr").wait()
    attributes = zarr.open_group(tmp_path / "a.ome.zarr").attrs
    assert attributes["ome"]["image-label"]["properties"][1] == {"label-value": 7, "class": "cell"}
    assert attributes["napari-fcnseg"]["image"] == "scan"


def test_bytes_do_not_depend_on_the_run(model, grey, tmp_path):
    for name in ("a", "b"):
        fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / f"{name}.ome.zarr", tile=72).wait()
    files = [
        sorted(p for p in (tmp_path / f"{n}.ome.zarr").rglob("*") if p.is_file()) for n in "ab"
    ]
    assert len(files[0]) > 10
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", ["out.ome.zarr", "out.ome.tif"])
def test_closing_leaves_nothing_that_looks_whole(model, grey, tmp_path, name):
    job = fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / name, tile=72)
    for event in job:
        if isinstance(event, TileDone):
            break
    job.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{name}.journal", f"{name}.partial"]
    with pytest.raises(OutputError, match="left of an unfinished run"):
        fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / name)
    fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / name, overwrite=True).wait()
    assert sorted(p.name for p in tmp_path.iterdir()) == [name, f"{name}.journal"]


def test_an_existing_output_is_refused_before_anything_runs(model, grey, tmp_path):
    (tmp_path / "a.ome.tif").write_text("thesis")
    with pytest.raises(OutputError, match=r"a.ome.tif exists already.*overwrite"):
        fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / "a.ome.tif")
    assert (tmp_path / "a.ome.tif").read_text() == "thesis"


def test_outputs_of_no_known_kind_and_wrong_arrays(model, grey, tmp_path):
    with pytest.raises(OutputError, match="ends in .ome.zarr or .ome.tif"):
        fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / "a.png")
    with pytest.raises(OutputError, match=r"has the shape \(2, 2\)"):
        fs.predict(model, fs.Image(grey, "ZYX"), np.zeros((2, 2))).wait()


def test_channels_must_be_those_of_the_training(model, grey):
    with pytest.raises(ModelError, match=r"has 3 channels .CYX.*trained on 1.*--grey"):
        fs.segment(model, grey, axes="CYX")
    colour = make_model(in_channels=3)
    with pytest.raises(ModelError, match="has 1 channel .*same channels in the same order"):
        fs.segment(colour, grey[0])


def test_a_damaged_slice_stops_the_run_and_is_named(model, grey, tmp_path):
    for i, plane in enumerate(grey):
        tifffile.imwrite(tmp_path / f"{i}.tif", plane)
    image = fs.open_image(tmp_path, axes="ZYX")
    (tmp_path / "2.tif").write_bytes(b"gone")
    out = tmp_path / "out" / "a.ome.zarr"
    with pytest.raises(ImageError, match="2.tif"):
        fs.predict(model, image, out).wait()
    assert not out.exists()


def test_a_full_disk_is_told(model, grey, tmp_path, monkeypatch):
    from napari_fcnseg.images.write_zarr import OmeZarrOutput

    def full(self, spans, block):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OmeZarrOutput, "write", full)
    job = fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / "a.ome.zarr")
    with pytest.raises(OutputError, match="cannot write .*a.ome.zarr.*No space left.*0 of 3 tiles"):
        job.wait()


def test_a_disk_that_is_too_small_is_told_before_the_start(model, grey, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 100))
    job = fs.predict(model, fs.Image(grey, "ZYX"), tmp_path / "a.ome.zarr")
    with pytest.raises(OutputError, match=r"a.ome.zarr will take at least .* GB left: make room"):
        job.wait()
    assert not list(tmp_path.glob("*.partial"))


def test_predicting_leaves_the_model_as_it_was(model, grey):
    model.net.train()
    before = [p.clone() for p in model.net.state_dict().values()]
    fs.segment(model, grey[0])
    assert model.net.training
    assert all((a == b).all() for a, b in zip(before, model.net.state_dict().values(), strict=True))


def test_memory_does_not_grow_with_the_stack(model):
    """Peak of what Python and numpy hold, for a short and a long lazily generated stack."""
    import tracemalloc

    class Generated:
        dtype = np.dtype(np.uint8)

        def __init__(self, planes):
            self.shape = (planes, 256, 256)

        def __getitem__(self, region):
            return np.full([s.stop - s.start for s in region], 100, np.uint8)

    class Forgetful:
        """Takes blocks and keeps nothing."""

        def __init__(self, shape):
            self.shape, self.written = shape, 0

        def __setitem__(self, region, block):
            self.written += block.size

    peaks = []
    for planes in (8, 80):
        image, out = fs.Image(Generated(planes), "ZYX"), Forgetful((planes, 256, 256))
        tracemalloc.start()
        fs.predict(model, image, out).wait()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert out.written == planes * 256 * 256
    assert peaks[1] < 1.5 * peaks[0]


def test_another_pixel_size_is_told(model, grey, capsys):
    def notes(learned, scale, unit):
        trained = replace(model, pixel_size=learned, name="m")
        image = fs.Image(grey[0], "YX", (scale, scale), (unit, unit), "cells")
        events = list(follow(fs.predict(trained, image, np.zeros((70, 90), np.uint8)), quiet=True))
        assert isinstance(events[0], PredictionStarted)
        assert all(f"note: {note}" in capsys.readouterr().err for note in events[0].notes)
        return events[0].notes

    four = PixelSize(4, 4, "nanometer")
    assert notes(None, 8, "nm") == notes(four, 1, "pixel") == notes(four, 0.0041, "um") == ()
    (note,) = notes(four, 8, "nm")
    assert note.startswith("the model m was trained at 4 nm per pixel, cells has 8 nm: ")
