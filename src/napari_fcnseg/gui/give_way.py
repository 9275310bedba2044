"""Threads that compute give way to the window's."""

import os
import sys
from contextlib import suppress
from threading import get_native_id

NICE = 5  # a third of the weight of the window's thread, where both want the same core
TURN = 1e-3  # seconds after which a thread passes on Python's lock if another waits for it


def give_way() -> None:
    """Let the window go first from now on; called by a thread that is going to compute.

    Threads that it starts do as it does. Python's lock is passed on every millisecond instead of
    five: what a window does in one go asks for it hundreds of times. Only Linux has a priority for
    each thread; elsewhere, and where it may not be changed, it stays.
    """
    sys.setswitchinterval(min(TURN, sys.getswitchinterval()))
    if sys.platform == "linux":
        thread = os.PRIO_PROCESS, get_native_id()
        with suppress(PermissionError):
            os.setpriority(*thread, max(NICE, os.getpriority(*thread)))
