"""Ctrl-C in the middle of a job whose steps are not to be cut in two."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def gently(what: str) -> Iterator[Callable[[], bool]]:
    """Take the first Ctrl-C as a wish; the second one interrupts as ever.

    Where Ctrl-C is ignored, as by a job in the background of a shell, it stays so.

    Parameters
    ----------
    what
        Is still done after the first, for people.

    Yields
    ------
    callable
        Tells whether there was one.
    """
    asked = False

    def ask(*_: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        print(f"\nends after {what}; Ctrl-C again ends it at once", file=sys.stderr)

    before = signal.getsignal(signal.SIGINT)
    apart = threading.current_thread() is not threading.main_thread()  # only that one has signals
    if apart or before is signal.SIG_IGN:
        yield lambda: False
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
