"""Python's search for garbage, which stops all threads while it looks at what is loaded."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_busy = 0  # how many work


@contextmanager
def only_new_garbage() -> Iterator[None]:
    """Look for garbage among new objects only, as long as something is worked on.

    With napari, torch and scikit-learn there are 700,000 objects: looking at all of them takes a
    third of a second, in which the window does not answer, and who makes many objects has it done
    every now and then. What was there before is looked at again when nothing is worked on any more.
    Who has set objects aside already, by ``gc.freeze``, knows better: nothing is done then.
    """
    global _busy
    with _lock:
        ours = _busy > 0 or gc.get_freeze_count() == 0
        if ours and not _busy:
            gc.freeze()
        _busy += ours
    try:
        yield
    finally:
        with _lock:
            _busy -= ours
            if ours and not _busy:
                gc.unfreeze()
