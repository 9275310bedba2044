"""A table of measurements: columns with names that tell the unit."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.whole import whole_file


@dataclass(frozen=True)
class Table:
    """Measurements.

    Attributes
    ----------
    columns
        Values by the name of their column, all of one length; ``None`` where there is none.
    notes
        What a person should know of them.
    """

    columns: Mapping[str, Sequence[Any]]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Values row by row."""
        return list(zip(*self.columns.values(), strict=True))

    def to_dict(self) -> list[dict[str, Any]]:
        """Return plain data, row by row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def to_csv(self, path: str | Path | None = None, overwrite: bool = False) -> str:
        """Write the table, UTF-8 with a byte-order mark so that spreadsheets read units right.

        Parameters
        ----------
        path
            Of the file; by default none is written.
        overwrite
            Whether a file that is there may be replaced.

        Returns
        -------
        str
            The text.

        Raises
        ------
        OutputError
            If the file is there or cannot be written.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow(["" if value is None else value for value in row])
        if path is not None:
            check_free(path, overwrite)
            with whole_file(Path(path), "the table") as growing:
                growing.write_text(text.getvalue(), "utf-8-sig")
        return text.getvalue()


def check_free(path: str | Path, overwrite: bool) -> None:
    """Raise `OutputError` if a file is there and may not be replaced."""
    if Path(path).exists() and not overwrite:
        raise OutputError(
            f"{path} exists already; give another name, or allow to replace it with "
            "overwrite=True (--overwrite)"
        )
