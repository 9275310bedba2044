"""What all commands share: opening images as told, and printing results."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_fcnseg.images.image import Image


def open_as_told(path: str, options: Namespace) -> "Image":
    """Open an image as the options say, and tell what was changed."""
    from napari_fcnseg.images.open import open_image

    image = open_image(
        path, axes=options.axes, level=options.level, series=options.series, grey=options.grey
    )
    for note in image.notes:
        print(f"note: {note}", file=sys.stderr)
    return image


def print_json(found: Any) -> int:
    """Print a result for programs; return the exit code of success."""
    print(json.dumps(found, indent=2))
    return 0


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of a table, the first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [value.rjust(width) for value, width in zip(others, widths[1:], strict=True)]
        print("  ".join(["", first.ljust(widths[0]), *cells]))


def print_table(found: Mapping[str, Any]) -> None:
    """Print a result for people, one line for each name."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{k}: {v}" for k, v in value.items()) or "-"
        elif isinstance(value, tuple | list):
            value = ", ".join(map(str, value))
        print(f"  {name:15} {value}")
