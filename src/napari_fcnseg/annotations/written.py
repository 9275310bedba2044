"""Labels that are written rather than painted: points in a file, or a class for all."""

import re
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.everywhere import Everywhere
from napari_fcnseg.annotations.points import RADIUS
from napari_fcnseg.annotations.points_file import read_points

ALL = re.compile(r"all=(\d+)")  # as it is written on the command line


def is_written(labels: str | Path) -> bool:
    """Whether `labels` are a text like ``"all=1"`` rather than a path."""
    return bool(ALL.fullmatch(str(labels)))


def read_written(labels: Any, radius: float | None = None) -> Any:
    """Read points where `labels` is the path of a ``.csv``, `Everywhere` where it is ``"all=1"``.

    Anything else is returned as it is.
    """
    if not isinstance(labels, str | Path):
        return labels
    if is_written(labels):
        return Everywhere(int(str(labels).partition("=")[2]))
    if Path(labels).suffix.lower() == ".csv":
        return read_points(labels, RADIUS if radius is None else radius)
    return labels
