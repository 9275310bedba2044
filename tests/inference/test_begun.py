"""Outputs that a process left behind are found by the next one, and gone on with."""

import json

import numpy as np
import pytest
from filelock import FileLock
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError, OutputError
from napari_fcnseg.events import TileDone
from napari_fcnseg.inference.begun import Begun, BegunOutputs
from napari_fcnseg.inference.finding import with_own_values
from napari_fcnseg.inference.resumed_model import resumed_model
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.library import Library

STACK = np.random.default_rng(0).integers(0, 256, (6, 80, 90), dtype=np.uint8)


@pytest.fixture
def begun():
    return BegunOutputs()


def leave(out, model, tiles=2):
    """Predict until some tiles are done."""
    job = fs.predict(model, fs.Image(STACK, "ZYX"), out)
    for event in job:
        if isinstance(event, TileDone) and event.done == tiles:
            job.close()
            break
    return Begun(out, "stack", model.name, 1.0)


def test_what_is_there_is_told(begun, model, tmp_path):
    assert begun.unfinished() == []
    begun.add(leave(tmp_path / "a.ome.zarr", model))
    (found,) = BegunOutputs().unfinished()  # of another process
    assert found.begun.out == tmp_path / "a.ome.zarr"
    assert (found.done >= 2, found.tiles) == (True, 6)
    assert found.model == fingerprint(model)
    assert found.region == ((0, 6), (0, 80), (0, 90))
    begun.forget(found.begun.out)
    assert begun.unfinished() == []
    assert (tmp_path / "a.ome.zarr.partial").exists()


def test_what_is_finished_in_work_or_gone_is_not_offered(begun, model, tmp_path):
    begun.add(leave(tmp_path / "a.ome.tif", model))
    begun.add(Begun(tmp_path / "gone.ome.zarr", "stack", "m", 2.0))
    with FileLock(tmp_path / "a.ome.tif.lock"):
        assert begun.unfinished() == []
    assert [f.begun.out.name for f in begun.unfinished()] == ["a.ome.tif"]
    fs.predict(model, fs.Image(STACK, "ZYX"), tmp_path / "a.ome.tif", resume=True).wait()
    assert begun.unfinished() == []


def test_what_lies_on_a_disk_that_is_not_there_is_not_forgotten(begun, tmp_path):
    away = tmp_path / "disk" / "a.ome.zarr"
    begun.add(Begun(away, "stack", "m", 1.0))
    begun.add(Begun(tmp_path / "gone.ome.zarr", "stack", "m", 1.0))
    begun.forget(tmp_path / "other.ome.zarr")
    kept = json.loads(begun.path.read_text())["outputs"]
    assert [row["out"] for row in kept] == [str(away)]


def test_a_damaged_list_is_told_and_kept(begun, tmp_path):
    begun.path.parent.mkdir(parents=True, exist_ok=True)
    begun.path.write_text("{")
    for act in (begun.unfinished, lambda: begun.add(Begun(tmp_path, "a", "b", 0.0))):
        with pytest.raises(OutputError, match="cannot be read"):
            act()
    assert begun.path.read_text() == "{"


def test_a_damaged_journal_is_a_problem_of_its_output_alone(begun, model, tmp_path):
    begun.add(leave(tmp_path / "a.ome.zarr", model))
    begun.add(leave(tmp_path / "b.ome.zarr", model))
    (tmp_path / "b.ome.zarr.journal").write_text("nonsense\n")
    found = {f.begun.out.name: f for f in begun.unfinished()}
    assert not found["a.ome.zarr"].problem
    assert "is not the journal of a prediction" in found["b.ome.zarr"].problem


def test_the_model_is_found_in_the_session_its_file_or_among_the_kept(begun, model, tmp_path):
    begun.add(leave(tmp_path / "a.ome.zarr", model))
    (found,) = begun.unfinished()
    other, library = make_model(seed=1), Library()
    assert resumed_model(found, [other, model], library) is model
    with pytest.raises(ModelError, match="load it from its file, then continue"):
        resumed_model(found, [other], library)
    library.keep(other)
    library.keep(model)
    assert fingerprint(resumed_model(found, [], library)) == found.model


def test_the_copy_for_own_grey_values_is_made_again(begun, model, tmp_path):
    own = with_own_values(model)
    begun.add(leave(tmp_path / "a.ome.zarr", own))
    (found,) = begun.unfinished()
    again = resumed_model(found, [model], Library())
    assert again.normalisation == own.normalisation
    assert fingerprint(again) == fingerprint(own)


def test_the_command_tells_findings(model, tmp_path, capsys):
    from napari_fcnseg.cli import main

    np_path, model_path = tmp_path / "bright.tif", model.save(tmp_path / "m.zip")
    import tifffile

    tifffile.imwrite(np_path, STACK // 8 + 220, photometric="minisblack", metadata={"axes": "ZYX"})
    command = ["check", str(model_path), str(np_path), "--device", "cpu"]
    assert main(command) == 0
    assert "warning: bright has grey values of 220 to 251" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)[str(np_path)]
    assert row["kind"] == "grey values"
    assert row["fixes"][0]["kind"] == "own values"
