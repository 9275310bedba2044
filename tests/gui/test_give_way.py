"""The window goes first."""

import os
import subprocess
import sys
import threading

import pytest

from napari_fcnseg.gui import give_way
from napari_fcnseg.gui.job import Job

LOADED = "import sys, torch; from napari_fcnseg.gui.warm_up import load_training\n"
COMPILED = """
import sys
import numpy as np
from numba.core import event
from napari.layers import Labels
from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.gui import layers, warm_up
if sys.argv[1] == "warm":
    warm_up.prepare_labels()
table = layers.class_table([SegClass(1, "cell", "#ff0000"), SegClass(2, "nucleus", "#00ff00")])
with event.install_recorder("numba:compile") as compiled:
    Labels(np.zeros((40, 50), "uint8"), **table)
print(len(compiled.buffer))
"""


def nice_of_this_thread():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_what_computes_gives_way_with_all_that_it_starts(qtbot, monkeypatch):
    usual = nice_of_this_thread()
    monkeypatch.setattr(give_way, "NICE", min(usual + 3, 19))
    found = []

    def steps():
        another = threading.Thread(target=lambda: found.append(nice_of_this_thread()))
        another.start()
        another.join()
        yield from ()

    job = Job(steps, lambda event: None)
    job.start()
    qtbot.waitUntil(lambda: not job.running)
    assert found == [min(usual + 3, 19)]
    assert nice_of_this_thread() == usual


def test_a_priority_is_never_raised(monkeypatch):
    monkeypatch.setattr(give_way, "NICE", -20)
    before = nice_of_this_thread()
    give_way.give_way()
    assert nice_of_this_thread() == before


def test_what_a_training_loads_is_there_before():
    """A second optimiser, a forest: nothing is imported for them any more."""
    told = subprocess.run(
        [sys.executable, "-c", LOADED + (
            "load_training(); before = set(sys.modules)\n"
            "torch.optim.AdamW([torch.zeros(1, requires_grad=True)])\n"
            "from sklearn.ensemble import RandomForestClassifier\n"
            "print(len(set(sys.modules) - before))"
        )],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(told.stdout) == 0


@pytest.mark.parametrize(("how", "compiles"), [("cold", True), ("warm", False)])
def test_what_colours_labels_is_compiled_before(how, compiles):
    pytest.importorskip("numba")
    command = [sys.executable, "-c", COMPILED, how]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert bool(int(told.stdout)) is compiles
