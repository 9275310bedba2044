"""Many files: each has its own end, and a second start goes on."""

import errno
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

import napari_fcnseg as fs
from napari_fcnseg.batch import segment_queue
from napari_fcnseg.batch_queue import FileQueue
from napari_fcnseg.errors import AxesError, DeviceError, ImageError, ModelError, OutputError
from napari_fcnseg.events import (
    BatchDone,
    BatchStarted,
    FileDone,
    FileFailed,
    FileStarted,
    PredictionStarted,
    TileDone,
)
from napari_fcnseg.inference.tile_work import TileWork
from tests.conftest import make_model

GOOD = ["alpha 1", "größe", "zelle"]
HOW = {"device": "cpu", "tile": 112}


@pytest.fixture
def folder(tmp_path):
    """Three stacks, one broken file, one with too many channels."""
    place = tmp_path / "messung ä"
    place.mkdir()
    random = np.random.default_rng(0)
    for name in GOOD:
        write(place / f"{name}.tif", random.integers(0, 256, (2, 70, 90), np.uint8), "ZYX")
    (place / "broken.tif").write_bytes((place / "zelle.tif").read_bytes()[:900])
    write(place / "pair.tif", random.integers(0, 256, (2, 70, 90), np.uint8), "CYX")
    return place


def write(path, pixels, axes):
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": axes})


def labels(out, name):
    return out / f"{name}.labels.ome.zarr"


def files(out):
    """All bytes under a folder but journals, whose lines have the order of threads."""
    found = (path for path in out.rglob("*") if path.is_file() and path.suffix != ".journal")
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_a_bad_file_stops_no_other(model, folder, tmp_path):
    events = list(fs.segment_files(model, folder, tmp_path / "out", **HOW))
    assert events[0] == BatchStarted(5)
    assert [event.number for event in of(FileStarted, events)] == [1, 2, 3, 4, 5]
    end = events[-1]
    assert isinstance(end, BatchDone)
    assert end.rows == tuple(of((FileDone, FileFailed), events))
    assert [row.path.stem for row in end.failed] == ["broken", "pair"]
    broken, pair = (row.error for row in end.failed)
    assert isinstance(broken, ImageError)
    assert "broken.tif" in str(broken)
    assert isinstance(pair, ModelError)
    assert "2 channels" in str(pair)
    assert sorted(row.path.stem for row in end.rows if row not in end.failed) == GOOD
    for name in GOOD:
        found = fs.open_image(labels(tmp_path / "out", name))
        assert np.array_equal(found.read({})[0], fs.segment(model, folder / f"{name}.tif", **HOW))
    assert {path.name.split(".")[0] for path in (tmp_path / "out").iterdir()} == set(GOOD)


def test_a_second_start_goes_on_to_the_same_bytes(model, folder, tmp_path):
    fs.segment_files(model, folder, tmp_path / "whole", **HOW).wait()
    job, plans = fs.segment_files(model, folder, tmp_path / "out", **HOW), []
    for event in job:
        if isinstance(event, PredictionStarted):
            plans.append(event.plan)
        if isinstance(event, TileDone) and len(plans) == 2 and event.done == 3:
            job.close()
            break
    assert labels(tmp_path / "out", GOOD[0]).exists()
    assert (tmp_path / "out" / f"{GOOD[1]}.labels.ome.zarr.partial").exists()
    events = list(fs.segment_files(model, folder, tmp_path / "out", **HOW))
    first, second, third = of(FileDone, events)
    assert first.computed == 0
    assert 0 < second.computed < second.tiles
    assert third.computed == third.tiles
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_what_is_done_is_not_computed_again(model, folder, tmp_path):
    fs.segment_files(model, folder, tmp_path, **HOW).wait()
    before = files(tmp_path)
    events = list(fs.segment_files(model, folder, tmp_path, **HOW))
    assert not of(TileDone, events)
    assert [row.computed for row in of(FileDone, events)] == [0, 0, 0]
    assert files(tmp_path) == before


def test_labels_of_something_else_are_an_error_of_their_file(model, folder, tmp_path):
    paths = [folder / f"{name}.tif" for name in GOOD]
    fs.segment_files(make_model(seed=1), paths[0], tmp_path, **HOW).wait()
    labels(tmp_path, GOOD[1]).mkdir()
    (labels(tmp_path, GOOD[1]) / "thesis.txt").write_text("years of work")
    end = fs.segment_files(model, paths, tmp_path, **HOW).wait()
    other, taken = (row.error for row in end.failed)
    assert "was begun with another model" in str(other)
    assert isinstance(taken, OutputError)
    assert (labels(tmp_path, GOOD[1]) / "thesis.txt").exists()
    assert end.rows[2].computed == end.rows[2].tiles
    end = fs.segment_files(model, paths, tmp_path, overwrite=True, **HOW).wait()
    assert [row.path for row in end.failed] == [paths[1]]  # a folder of others is never replaced
    assert end.rows[0].computed == end.rows[0].tiles
    end = fs.segment_files(model, paths[2], tmp_path, resume=False, **HOW).wait()
    assert "exists already" in str(end.failed[0].error)


def test_names_that_collide_are_refused_before_anything_is_done(model, folder, tmp_path):
    Pillow.fromarray(np.zeros((70, 90), np.uint8)).save(folder / "Zelle.png")
    with pytest.raises(OutputError, match=r"(?s)Zelle\.png and .*zelle\.tif.*\{suffix\}"):
        fs.segment_files(model, folder, tmp_path / "out", **HOW)
    assert not (tmp_path / "out").exists()
    pattern = "{folder}/{name}-{suffix}.ome.tif"  # the way out
    picked = [folder / "Zelle.png", folder / "zelle.tif"]
    end = fs.segment_files(model, picked, tmp_path / "out", pattern, **HOW).wait()
    assert not end.failed
    made = {path.name for path in (tmp_path / "out" / "messung ä").glob("*.tif")}
    assert made == {"Zelle-png.ome.tif", "zelle-tif.ome.tif"}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{nam}.ome.zarr", "use the fields"),
        ("{name", "use the fields"),
        ("{name}.png", r"\.ome\.zarr"),
    ],
)
def test_a_pattern_must_make_sense(model, folder, tmp_path, pattern, said):
    with pytest.raises(OutputError, match=said):
        fs.segment_files(model, folder, tmp_path, pattern)


def test_labels_never_replace_an_image(model, folder):
    write(folder / "zelle2.tif", np.zeros((70, 90), np.uint8), "YX")
    before = files(folder)
    with pytest.raises(OutputError, match="would replace the image"):
        fs.segment_files(model, folder, folder, "{name}2.tif", overwrite=True)
    with pytest.raises(OutputError, match="no folder"):
        fs.segment_files(model, folder, folder / "zelle.tif")
    assert files(folder) == before


def test_a_device_that_is_not_there_is_no_error_of_a_file(model, folder, tmp_path):
    with pytest.raises(DeviceError):
        fs.segment_files(model, folder, tmp_path / "out", device="cuda:9")


def test_axes_are_asked_for_each_file(model, folder, tmp_path):
    tifffile.imwrite(folder / "dumb.tif", np.zeros((5, 40, 40), np.uint8), photometric="minisblack")
    picked = [folder / "dumb.tif", folder / "zelle.tif"]
    end = fs.segment_files(model, picked, tmp_path, **HOW).wait()
    assert [row.path.stem for row in end.failed] == ["dumb"]
    assert isinstance(end.failed[0].error, AxesError)
    end = fs.segment_files(model, picked, tmp_path, axes="ZYX", **HOW).wait()
    assert not end.failed


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), ValueError("a bug")])
def test_any_error_is_of_its_file(model, folder, tmp_path, monkeypatch, error):
    work = TileWork.__call__

    def failing(self, number):
        if self.image.name == "zelle":
            raise error
        return work(self, number)

    monkeypatch.setattr(TileWork, "__call__", failing)
    picked = [folder / "zelle.tif", folder / "größe.tif"]
    end = fs.segment_files(model, picked, tmp_path, **HOW).wait()
    assert [row.path.stem for row in end.failed] == ["zelle"]
    assert str(error) in str(end.failed[0].error)
    assert isinstance(end.rows[1], FileDone)
    monkeypatch.setattr(TileWork, "__call__", work)
    assert not fs.segment_files(model, picked, tmp_path, **HOW).wait().failed


def test_no_image_at_all_is_told(model, tmp_path):
    with pytest.raises(ImageError, match="there are no images in"):
        fs.segment_files(model, tmp_path, tmp_path / "out")


def test_a_queue_changes_while_it_runs(model, folder, tmp_path):
    first, second, third = (folder / f"{name}.tif" for name in GOOD)
    queue = FileQueue(tmp_path)
    queue.add([first, second])
    job = segment_queue(model, queue, {}, HOW)
    done = []
    for event in job:
        if isinstance(event, FileStarted) and event.path == first:
            assert not queue.remove(first)  # it is taken
            assert queue.remove(second)
            other = threading.Thread(target=queue.add, args=([third],))
            other.start()
            other.join()
        if isinstance(event, FileDone):
            done.append(event.path)
    assert done == [first, third]
    assert len(queue) == 2


def test_a_refused_file_leaves_the_queue_as_it_was(folder, tmp_path):
    queue = FileQueue(tmp_path)
    queue.add([folder / "zelle.tif"])
    with pytest.raises(OutputError, match="would both go to"):
        queue.add([folder / "größe.tif", folder / "zelle.png"])
    assert len(queue) == 1
    assert queue.take().path == folder / "zelle.tif"
    assert queue.take() is None


def test_what_may_not_be_read_is_told(model, folder, tmp_path, monkeypatch):
    def denied(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("napari_fcnseg.images.tiff.tifffile.TiffFile", denied)
    end = fs.segment_files(model, folder / "zelle.tif", tmp_path, **HOW).wait()
    assert "zelle.tif" in str(end.failed[0].error)
    assert "Permission denied" in str(end.failed[0].error)
