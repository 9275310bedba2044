"""Outputs that were left unfinished are offered, and gone on with."""

import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from tests.conftest import make_model
from tests.gui.conftest import MINUTE

import napari_fcnseg as fs
from napari_fcnseg.events import TileDone
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.inference.begun import Begun, BegunOutputs

PIXELS = np.random.default_rng(0).integers(64, 193, (5, 48, 56), np.uint8)
KILLED = """
import os, signal, sys
from pathlib import Path
import napari_fcnseg as fs
from napari_fcnseg.gui.segment_task import Task

model_file, image, out = map(Path, sys.argv[1:])
model = fs.load_model(model_file)
task = Task(
    image.name, lambda: fs.open_image(image), lambda _: model,
    out=out, device="cpu", file=image, model_file=model_file,
)
for event in task.steps():
    if isinstance(event, fs.events.TileDone) and event.done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def net():
    return make_model()


@pytest.fixture
def offered(qtbot):
    """Wait for what a widget offers."""

    def offered(segment):
        qtbot.waitUntil(lambda: bool(segment.unfinished.rows), timeout=MINUTE)
        return segment.unfinished.rows

    return offered


def leave(out, net, name="stack"):
    """Leave an output unfinished, as a cancelled run of a layer does."""
    job = fs.predict(net, fs.Image(PIXELS, "ZYX"), out)
    for event in job:
        if isinstance(event, TileDone) and event.done == 2:
            job.close()
            break
    BegunOutputs().add(Begun(out, name, net.name, 1.0, axes="ZYX"))


def test_what_a_killed_process_left_is_gone_on_with(
    dock, viewer, net, press, ended, offered, told, tmp_path
):
    image, out = tmp_path / "stack.tif", tmp_path / "labels.ome.zarr"
    tifffile.imwrite(image, PIXELS, photometric="minisblack", metadata={"axes": "ZYX"})
    model_file = net.save(tmp_path / "net.zip")
    command = [sys.executable, "-c", KILLED, str(model_file), str(image), str(out)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not out.exists()
    segment = dock("Segment")
    (row,) = offered(segment)
    # the next tile may have been written before its event was told
    assert re.match("unfinished: labels.ome.zarr, [345] of 5 tiles, from ", row.about.text())
    press(row.go_on_button)
    assert segment.form.input.value == "file"
    ended(segment)
    assert not told
    found = fs.open_image(out).read({})[0]
    assert np.array_equal(found, fs.segment(net, PIXELS, axes="ZYX"))
    assert len(trained_models(viewer).models) == 1  # it was found in its file
    assert BegunOutputs().unfinished() == []


def test_forget_offers_it_no_more_and_leaves_its_file(
    dock, net, press, offered, qtbot, tmp_path, told
):
    leave(tmp_path / "p.ome.zarr", net)
    segment = dock("Segment")
    (row,) = offered(segment)
    press(row.forget_button)
    qtbot.waitUntil(lambda: not segment.unfinished.rows, timeout=MINUTE)
    assert (tmp_path / "p.ome.zarr.partial").exists()
    assert not told


def test_what_is_not_there_or_not_the_same_is_said(
    dock, viewer, net, press, ended, offered, told, tmp_path
):
    leave(tmp_path / "p.ome.zarr", net)
    segment = dock("Segment")
    (row,) = offered(segment)
    press(row.go_on_button)
    assert "begun from the image stack, which is not open" in told[-1]
    viewer.add_image(PIXELS // 2, name="stack")
    press(row.go_on_button)
    ended(segment)
    assert "loaded nor among the kept ones" in told[-1]
    trained_models(viewer).add(net)
    press(offered(segment)[0].go_on_button)
    ended(segment)
    assert "was begun with another image" in told[-1]
    viewer.layers["stack"].data = PIXELS
    press(offered(segment)[0].go_on_button)
    ended(segment)
    found = fs.open_image(tmp_path / "p.ome.zarr").read({})[0]
    assert np.array_equal(found, fs.segment(net, PIXELS, axes="ZYX"))
