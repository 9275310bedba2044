"""PyTorch's own random numbers, which all threads of a process share, for one at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ALONE = RLock()  # held by whoever draws from them


@contextmanager
def seeded(seed: int, devices: "Sequence[torch.device]" = ()) -> Iterator[None]:
    """Draw from a seed within a block; afterwards the generators are as they were.

    Other threads that draw from them, too, wait: a window counts what networks cost while it
    trains one.

    Parameters
    ----------
    seed
        Of all generators.
    devices
        CUDA devices whose generators are used beside the processor's.
    """
    import torch

    with ALONE, torch.random.fork_rng(devices=list(devices)):
        torch.manual_seed(seed)
        yield
