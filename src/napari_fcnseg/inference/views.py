"""Test-time augmentation: a tile as it is, mirrored, and turned."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from torch import Tensor

from napari_fcnseg.errors import PlanError

Augment = Literal["none", "flips", "all"]


@dataclass(frozen=True)
class View:
    """One way to look at Y and X, the last two axes: mirrored, then exchanged.

    Attributes
    ----------
    mirrored
        Axes that are mirrored, as negative numbers.
    exchanged
        Whether Y and X change places.
    """

    mirrored: tuple[int, ...] = ()
    exchanged: bool = False

    def look(self, x: Tensor) -> Tensor:
        """Return `x` as it is seen."""
        x = x.flip(self.mirrored) if self.mirrored else x
        return x.transpose(-1, -2) if self.exchanged else x

    def undo(self, x: Tensor) -> Tensor:
        """Return what was seen as it lies in the image."""
        x = x.transpose(-1, -2) if self.exchanged else x
        return x.flip(self.mirrored) if self.mirrored else x

    def window(self, window: Sequence[slice], size: Sequence[int]) -> tuple[slice, ...]:
        """Return where a window of an output of `size` lies in what is seen."""
        seen = list(window)
        for axis in self.mirrored:
            n = size[axis]
            seen[axis] = slice(n - seen[axis].stop, n - seen[axis].start)
        if self.exchanged:
            seen[-2], seen[-1] = seen[-1], seen[-2]
        return tuple(seen)


def views(augment: str) -> tuple[View, ...]:
    """Return the views of a name: ``"none"`` 1, ``"flips"`` 4, ``"all"``, with turns, 8.

    Raises
    ------
    PlanError
        If there is no such name.
    """
    if augment not in get_args(Augment):
        raise PlanError(f"augment = {augment!r}: choose one of {', '.join(get_args(Augment))}")
    if augment == "none":
        return (View(),)
    flips = [tuple(a for a, on in ((-2, y), (-1, x)) if on) for y, x in product((0, 1), repeat=2)]
    turns = (False, True) if augment == "all" else (False,)
    return tuple(View(mirrored, turned) for turned in turns for mirrored in flips)
