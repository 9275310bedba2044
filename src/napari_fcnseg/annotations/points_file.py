"""Points in files that napari saved."""

import csv
from pathlib import Path

from napari_fcnseg.annotations.points import RADIUS, Points
from napari_fcnseg.errors import COPY_AGAIN, AnnotationError


def read_points(path: str | Path, radius: float = RADIUS) -> Points:
    """Read points that napari saved from a Points layer.

    Parameters
    ----------
    path
        A CSV with the columns ``axis-0``, ``axis-1``, ... and ``class``: names or ids. The
        class may have another name if it is the only further column.
    radius
        See `Points`.

    Returns
    -------
    Points
        Positions in pixels, shape ``(n, axes)``; known by names if the file has names.

    Raises
    ------
    AnnotationError
        If it cannot be read so.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnnotationError(f"cannot read the points {path}: {error}; {COPY_AGAIN}") from error
    columns = [c for c in rows[0] if c is not None] if rows else []
    if any(None in row for row in rows):
        raise AnnotationError(
            f"{path} has a row with more values than its {len(columns)} columns: put names with a "
            "comma in quotes"
        )
    axes = [f"axis-{i}" for i in range(sum(c.startswith("axis-") for c in columns))]
    if missing := [a for a in axes if a not in columns]:
        raise AnnotationError(
            f"{path} has the columns {', '.join(columns)}, without {missing[0]}: axes are counted "
            "from axis-0 on, and none is left out"
        )
    others = [c for c in columns if c not in (*axes, "index")]
    column = "class" if "class" in others else others[0] if len(others) == 1 else None
    if len(axes) < 2 or column is None:
        raise AnnotationError(
            f"{path} has {len(rows)} rows with the columns {', '.join(columns) or 'none'}; points "
            "need axis-0, axis-1, ... and class. In napari, give the Points layer a feature "
            "'class' before it is saved"
        )
    try:
        positions = [[float(row[a]) for a in axes] for row in rows]
    except (TypeError, ValueError) as error:
        raise AnnotationError(
            f"{path} has a coordinate that is no number ({error}): mend the file, or save it from "
            "napari again"
        ) from error
    return Points.named(positions, [row[column] or "" for row in rows], radius, str(path))
