"""Widgets in a process that has imported nothing before, as a person's has."""

import subprocess
import sys

import pytest

OPEN = """
import time, napari
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer()
QApplication.processEvents()
_, widget = viewer.window.add_plugin_dock_widget("napari-fcnseg", "{widget}")
facts = getattr(widget, "facts", None)
ends = time.monotonic() + 60
while facts is not None and not facts.text() and time.monotonic() < ends:
    QApplication.processEvents()
print("opened", facts and facts.text())
viewer.close()
"""


@pytest.mark.parametrize(("widget", "said"), [("Train", "sees 92-100 px"), ("Segment", "opened")])
def test_a_widget_opens_beside_the_window(qtbot, widget, said):
    """Mesa and Triton must not meet in one process, in whatever order things are imported."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN.format(widget=widget)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert said in done.stdout
