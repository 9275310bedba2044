"""Nothing is left of a window that was closed."""

import json
import os
import subprocess
import sys
from pathlib import Path

CYCLES, WARM = 10, 3  # from the third on everything has been loaded
ZARR = "asyncio_"  # threads that read and write chunks, one more when all others are busy
ROOT = Path(__file__).parents[2]
# Each new thread may get an arena of its own from glibc: that is no leak, and hides them.
ONE_ARENA = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}


def test_ten_windows_leave_nothing_behind(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.cycles", str(CYCLES)],
        cwd=ROOT,
        env=os.environ
        | ONE_ARENA
        | {"XDG_CONFIG_HOME": str(tmp_path), "NAPARI_CONFIG": str(tmp_path / "napari.yaml")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    alive, threads, memory = zip(*map(json.loads, done.stdout.splitlines()), strict=True)
    assert len(alive) == CYCLES
    assert not any(alive), alive
    pools = [[name for name in names if name.startswith(ZARR)] for names in threads]
    counts = [len(names) - len(pool) for names, pool in zip(threads, pools, strict=True)]
    assert max(counts[WARM:]) <= counts[WARM - 1], threads
    assert max(map(len, pools)) <= (os.cpu_count() or 1) + 4, threads  # as many as Python allows
    grown = max(memory[WARM:]) - memory[WARM - 1]
    assert grown < 20, memory  # MB; one image, its strokes, preview and labels are 10 a window
