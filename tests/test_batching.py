"""``fcnseg batch`` as a person types it."""

import json

import numpy as np
import pytest
import tifffile

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.inference.tile_work import TileWork
from tests.conftest import make_model

GOOD = ["alpha", "größe 2"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A model, and a folder with two stacks, a broken file and one with two channels."""
    make_model().save(tmp_path / "m.zip")
    (tmp_path / "in").mkdir()
    random = np.random.default_rng(0)
    for name, axes in ((GOOD[0], "ZYX"), (GOOD[1], "ZYX"), ("pair", "CYX")):
        pixels, how = random.integers(0, 256, (2, 70, 90), np.uint8), {"axes": axes}
        tifffile.imwrite(
            tmp_path / "in" / f"{name}.tif", pixels, photometric="minisblack", metadata=how
        )
    (tmp_path / "in" / "broken.tif").write_text("no image")
    (tmp_path / "in" / "notes.txt").write_text("no image")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def batch(*more):
    return main(["batch", "m.zip", *map(str, more), "--out", "out"])


def test_a_line_for_each_file_and_the_code_of_the_first_that_failed(folder, capsys):
    assert batch("in") == 3
    shown = capsys.readouterr()
    *lines, summary = shown.out.splitlines()
    assert [line.split()[0] for line in lines] == ["done", "failed", "done", "failed"]
    assert "in/broken.tif" in lines[1]
    assert "cannot be read as TIFF" in lines[1]
    assert "out/größe 2.labels.ome.zarr" in lines[2]
    assert "2 channels" in lines[3]
    assert summary == "2 of 4 done, 2 failed"
    assert "notes.txt" in shown.err
    assert "in/alpha.tif (1 of 4)" in shown.err
    assert batch("in/pair.tif", "in/alpha.tif") == 6  # a model that does not fit
    for name in GOOD:
        found = fs.open_image(folder / "out" / f"{name}.labels.ome.zarr").read({})[0]
        expected = fs.segment(fs.load_model(folder / "m.zip"), folder / "in" / f"{name}.tif")
        assert np.array_equal(found, expected)


def test_all_done_is_0_and_again_is_recognised(folder, capsys):
    assert batch("in/[ag]*.tif", "--json") == 0  # the shell did not expand it
    found = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in found["files"]] == [f"in/{name}.tif" for name in GOOD]
    assert all(row["status"] == "done" and row["computed"] == 2 for row in found["files"])
    assert batch("in/alpha.tif") == 0
    out = capsys.readouterr().out.splitlines()
    assert "was done already" in out[0]
    assert out[1] == "1 of 1 done"
    assert batch("in/alpha.tif", "--overwrite") == 0
    assert "was done already" not in capsys.readouterr().out


def test_failures_in_json(folder, capsys):
    assert batch("in/broken.tif", "in/notes.txt", "--json") == 3
    found = json.loads(capsys.readouterr().out)
    (row,) = found["files"]
    assert (row["status"], row["code"]) == ("failed", 3)
    assert "cannot be read" in row["error"]
    assert found["left_out"] == ["left out, no images: notes.txt"]


def test_interrupted(folder, capsys, monkeypatch):
    work = TileWork.__call__

    def interrupted(self, number):
        if self.image.name != GOOD[0]:
            raise KeyboardInterrupt
        return work(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(TileWork, "__call__", interrupted)
        assert batch("in/[ag]*.tif") == 130
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1] == "1 of 2 done"
    assert "the same command goes on" in shown.err
    assert batch("in/[ag]*.tif") == 0
    assert "alpha.labels.ome.zarr (was done already)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["in/*.lsm"], 3, "match nothing"),
        (["in", "--pattern", "all.ome.zarr"], 8, "would both go to"),
        (["in", "--device", "cuda:9"], 7, "not there"),
        (["none.tif"], 3, ""),
    ],
)
def test_exit_codes(folder, capsys, arguments, code, said):
    assert batch(*arguments) == code
    assert said in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_where_a_defect_came_from(folder, monkeypatch):
    def broken(self, number):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(TileWork, "__call__", broken)
    assert batch("in/alpha.tif") == 1
    with pytest.raises(fs.FcnsegError, match="a bug") as error:
        batch("in/alpha.tif", "--debug")
    assert isinstance(error.value.__cause__, ZeroDivisionError)
