"""A prediction that was cut off goes on, and what it leaves is what it would have left."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError, OutputError
from napari_fcnseg.events import TileDone, Verified
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.inference.journal import Journal

NAMES = ["a.ome.zarr", "a.ome.tif"]
TILE = 112


@pytest.fixture(scope="module")
def stack():
    return np.random.default_rng(0).integers(0, 256, (5, 130, 150), dtype=np.uint8)


@pytest.fixture
def job(model, stack, tmp_path):
    """Starts the same prediction with other settings on top."""

    def start(name, image=stack, model=model, **settings):
        settings = {"tile": TILE} | settings
        return fs.predict(model, fs.Image(image, "ZYX"), tmp_path / name, **settings)

    return start


def run_until(job, tiles):
    for event in job:
        if isinstance(event, TileDone) and event.done == tiles:
            job.close()
            return


def files(path):
    """Bytes of an output, by name."""
    if path.is_file():
        return {"": path.read_bytes()}
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def tiles_of(job):
    return sum(isinstance(event, TileDone) for event in job)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("output", ["labels", "probabilities"])
def test_a_cancelled_run_goes_on_to_the_same_bytes(job, tmp_path, name, output):
    job("whole." + name, output=output).wait()
    run_until(job(name, output=output), 7)
    recorded = len(Journal(tmp_path / f"{name}.journal"))
    assert 7 <= recorded < 10
    events = list(job(name, output=output, resume=True))
    assert events[0].done == recorded
    done = [event.done for event in events if isinstance(event, TileDone)]
    assert done == list(range(recorded + 1, len(events[0].plan) + 1))
    assert files(tmp_path / name) == files(tmp_path / f"whole.{name}")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(name)) == [
        name,
        f"{name}.journal",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_resume_starts_where_there_is_nothing_and_rests_where_all_is_done(job, tmp_path, name):
    assert tiles_of(job(name, resume=True)) == 45
    before = fs.open_image(tmp_path / name).read({})
    assert tiles_of(job(name, resume=True)) == 0
    assert np.array_equal(fs.open_image(tmp_path / name).read({}), before)


def test_something_else_is_refused_and_told(job, stack, tmp_path):
    run_until(job("a.ome.zarr"), 3)
    before = files(tmp_path / "a.ome.zarr.partial")
    other = stack.copy()
    other[0, 0, 0] += 1
    for settings, told in (
        ({"model": make_model(seed=1)}, "another model"),
        ({"image": other}, "another image"),
        ({"output": "probabilities"}, "another .*output"),
        ({"tile": 96}, "another core"),
        ({"region": ((0, 2), (0, 130), (0, 150))}, "another region"),
    ):
        with pytest.raises(OutputError, match=rf"a.ome.zarr was begun with {told}.*--overwrite"):
            job("a.ome.zarr", resume=True, **settings)
    assert files(tmp_path / "a.ome.zarr.partial") == before
    with pytest.raises(OutputError, match="resume=True"):
        job("a.ome.zarr")
    with pytest.raises(OutputError, match="not both"):
        job("a.ome.zarr", resume=True, overwrite=True)


def test_the_size_of_tiles_is_that_of_the_beginning(job, tmp_path):
    run_until(job("a.ome.zarr"), 3)
    assert tiles_of(job("a.ome.zarr", resume=True, tile=None)) <= 42
    assert fs.verify(tmp_path / "a.ome.zarr").wait().checked == 45


def test_overwriting_starts_anew(job, tmp_path):
    run_until(job("a.ome.zarr"), 3)
    assert tiles_of(job("a.ome.zarr", overwrite=True, tile=400)) == 5
    assert tiles_of(job("a.ome.zarr", overwrite=True)) == 45


def test_a_journal_without_its_output_counts_for_nothing(job, tmp_path):
    job("a.ome.zarr").wait()
    (tmp_path / "a.ome.zarr").rename(tmp_path / "moved")
    assert tiles_of(job("a.ome.zarr", resume=True)) == 45


def test_an_older_journal_never_vouches_for_a_new_output(job, tmp_path, monkeypatch):
    job("a.ome.zarr").wait()

    def cut(*_):
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "start", cut)
        with pytest.raises(OutputError, match="power cut"):
            job("a.ome.zarr", overwrite=True).wait()
    assert tiles_of(job("a.ome.zarr", resume=True)) == 45


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_overwrite_goes_on(job, tmp_path, name):
    job(name, tile=400).wait()
    run_until(job(name, overwrite=True), 7)
    finished = len(Journal(tmp_path / f"{name}.journal"))
    assert tiles_of(job(name, resume=True)) == 45 - finished
    job("whole." + name).wait()
    assert files(tmp_path / name) == files(tmp_path / f"whole.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_without_its_journal_a_finished_output_is_left_alone(job, tmp_path, name):
    job(name).wait()
    (tmp_path / f"{name}.journal").unlink()
    with pytest.raises(OutputError, match="whether it is whole cannot be told"):
        job(name, resume=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_ruin_is_done_again(job, tmp_path, name):
    job(name).wait()
    whole = fs.open_image(tmp_path / name).read({})
    ruined = tmp_path / name / "zarr.json" if name.endswith("zarr") else tmp_path / name
    ruined.write_bytes(b"thesis")
    assert tiles_of(job(name, resume=True)) == 45
    assert np.array_equal(fs.open_image(tmp_path / name).read({}), whole)


def test_one_process_at_a_time(job, tmp_path):
    with (
        FileLock(tmp_path / "a.ome.zarr.lock"),
        pytest.raises(OutputError, match="another process is writing .*a.ome.zarr"),
    ):
        job("a.ome.zarr").wait()
    assert tiles_of(job("a.ome.zarr")) == 45


@pytest.mark.parametrize("name", NAMES)
def test_verify_finds_what_is_damaged_and_resume_mends_it(job, model, tmp_path, name):
    job(name).wait()
    whole = fs.open_image(tmp_path / name).read({})
    found = fs.verify(tmp_path / name).wait()
    assert (found.checked, found.tiles, found.damaged) == (45, 45, ())
    if name.endswith("zarr"):
        (tmp_path / name / "0" / "c" / "1" / "0" / "2").unlink()
        other = tmp_path / name / "0" / "c" / "3" / "1" / "0"
        other.write_bytes(other.read_bytes()[:-4] + b"gone")
        expected = {((1, 2), (0, 64), (128, 150)), ((3, 4), (64, 128), (0, 64))}
    else:
        import tifffile

        with tifffile.TiffFile(tmp_path / name) as file:
            offset = file.pages[2].dataoffsets[0] + 10
        with open(tmp_path / name, "r+b") as file:
            file.seek(offset)
            file.write(b"thesis")
        expected = None
    found = fs.verify(tmp_path / name).wait()
    assert isinstance(found, Verified)
    spans = {tile.spans for tile in found.damaged}
    if expected:
        assert len(found.damaged) == 2
    else:
        assert {s[0] for s in spans} == {(2, 3)}
    assert tiles_of(job(name, resume=True)) == len(found.damaged)
    assert np.array_equal(fs.open_image(tmp_path / name).read({}), whole)
    assert fs.verify(tmp_path / name).wait().damaged == ()


def test_verify_looks_at_every_level(model, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (600, 700), dtype=np.uint8)
    fs.predict(model, fs.Image(image, "YX"), tmp_path / "a.ome.zarr", tile=200).wait()
    level = tmp_path / "a.ome.zarr" / "1" / "c" / "0" / "0"
    level.unlink()
    (damaged,) = fs.verify(tmp_path / "a.ome.zarr").wait().damaged
    assert "level 1 of its pyramid" in damaged.problem


def test_verify_needs_an_output_and_its_journal(tmp_path, job):
    with pytest.raises(OutputError, match="is not there"):
        fs.verify(tmp_path / "no.ome.zarr")
    job("a.ome.zarr").wait()
    (tmp_path / "a.ome.zarr.journal").unlink()
    with pytest.raises(OutputError, match="has no journal"):
        fs.verify(tmp_path / "a.ome.zarr")


def test_tiles_that_were_done_before_an_error_stay(job, model, stack, tmp_path):
    class Damaged:
        shape, dtype = stack.shape, stack.dtype
        broken = False

        def __getitem__(self, region):
            if self.broken and region[0].start == 3:
                raise ImageError("slice 3 cannot be read")
            return stack[region]

    image = Damaged()
    opened, out = fs.Image(image, "ZYX"), tmp_path / "a.ome.zarr"
    run = fs.predict(model, opened, out, tile=TILE)
    image.broken = True
    with pytest.raises(ImageError, match="slice 3"):
        run.wait()
    assert not out.exists()
    assert len(Journal(tmp_path / "a.ome.zarr.journal")) >= 27
    image.broken = False
    assert tiles_of(fs.predict(model, opened, out, tile=TILE, resume=True)) <= 18
    job("b.ome.zarr").wait()
    assert files(out) == files(tmp_path / "b.ome.zarr")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_what_may_not_be_read_is_not_taken_for_damaged(job, tmp_path, monkeypatch):
    job("a.ome.zarr").wait()
    before = (tmp_path / "a.ome.zarr.journal").read_bytes()

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("napari_fcnseg.inference.session.open_levels", refuse)
    with pytest.raises(OutputError, match="cannot go on with .*a.ome.zarr.*Permission denied"):
        job("a.ome.zarr", resume=True).wait()
    assert (tmp_path / "a.ome.zarr.journal").read_bytes() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_told_and_gone_on_with(model, small_disk, tmp_path, monkeypatch, name):
    rng = np.random.default_rng(0)
    image = fs.Image(rng.integers(0, 256, (40, 130, 150), dtype=np.uint8), "ZYX")
    settings = {"output": "probabilities", "tile": TILE}
    monkeypatch.setattr("napari_fcnseg.images.output.check_space", lambda *_: None)
    with pytest.raises(OutputError, match=r"No space left on device.*go on with resume=True"):
        fs.predict(model, image, small_disk / name, **settings).wait()
    assert not (small_disk / name).exists()
    before = len(Journal(small_disk / f"{name}.journal"))
    assert 0 < before < 360
    subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
    job = fs.predict(model, image, small_disk / name, resume=True, **settings)
    assert tiles_of(job) == 360 - before
    fs.predict(model, image, tmp_path / name, **settings).wait()
    assert files(small_disk / name) == files(tmp_path / name)


def test_a_half_written_chunk_is_not_left_behind(job, tmp_path, monkeypatch):
    job("whole.ome.zarr").wait()
    run, out = job("a.ome.zarr"), tmp_path / "a.ome.zarr"

    move = Path.replace

    def cut(self, target):
        if target.name.isdigit():  # a chunk
            raise OSError("power cut")
        return move(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(OutputError, match="power cut"):
            run.wait()
    assert any(name.endswith(".partial") for name in files(partial_path(out)))
    job("a.ome.zarr", resume=True).wait()
    assert files(out) == files(tmp_path / "whole.ome.zarr")


KILLED = """
import sys
import numpy as np
import torch
from tests.conftest import make_model
import napari_fcnseg as fs
torch.set_num_threads(1)
stack = np.random.default_rng(0).integers(0, 256, (5, 130, 150), dtype=np.uint8)
job = fs.predict(make_model(), fs.Image(stack, "ZYX"), sys.argv[1], tile=112, resume=True)
for event in job:
    print(event.done if hasattr(event, "tiles") and hasattr(event, "done") else -1, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_random_moments_nothing_recorded_is_computed_again(job, tmp_path):
    job("whole.ome.zarr").wait()
    rng, out = random.Random(0), tmp_path / "a.ome.zarr"
    kills = 0
    while not out.exists():
        before = Journal(tmp_path / "a.ome.zarr.journal")
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, out], stdout=subprocess.PIPE, text=True
        )
        assert int(process.stdout.readline()) == -1  # it has begun
        last = int(process.stdout.readline() or 0)
        assert last <= 0 or last > len(before)  # it goes on
        time.sleep(rng.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        kills += 1
        after = Journal(tmp_path / "a.ome.zarr.journal")
        kept = [n for n in range(45) if before.identity and n in before]
        assert all(after[n] == before[n] for n in kept)
        assert kills < 46
    assert kills > 1
    assert files(out) == files(tmp_path / "whole.ome.zarr")
