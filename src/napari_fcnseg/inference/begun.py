"""Outputs that were begun: what a crash leaves behind is found at the next start."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock
from platformdirs import user_state_path

from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.output import journal_path, partial_path
from napari_fcnseg.images.whole import whole_file
from napari_fcnseg.inference.journal import Journal
from napari_fcnseg.inference.session import is_being_written

VARIABLE = "FCNSEG_STATE"
FORMAT = 1


@dataclass(frozen=True)
class Begun:
    """A prediction to a file that was begun.

    Attributes
    ----------
    out
        Where the labels go.
    image
        Name of what is segmented.
    model
        Name of the model or the method.
    when
        Seconds since 1970.
    file
        That the image is read from, if it is known.
    axes
        Of the image, as they were stated; ``None``: the file says them.
    model_file
        Package of the model, if it was loaded from one.
    method
        What was chosen instead of a model, if it was.
    """

    out: Path
    image: str
    model: str
    when: float
    file: Path | None = None
    axes: str | None = None
    model_file: Path | None = None
    method: str | None = None


@dataclass(frozen=True)
class Unfinished:
    """What is there of an output.

    Attributes
    ----------
    begun
        How it was begun.
    done, tiles
        How many tiles are finished, and how many there are.
    model
        Fingerprint of the model; ``None`` for a method.
    region
        Part of the image.
    problem
        Why it cannot be gone on with, if that is known.
    """

    begun: Begun
    done: int = 0
    tiles: int = 0
    model: str | None = None
    region: Spans | None = None
    problem: str = ""


class BegunOutputs:
    """Remembers outputs from their start until they are whole, on the disk.

    Parameters
    ----------
    folder
        By default what ``$FCNSEG_STATE`` names, else the user's folder for such things: on
        Linux ``~/.local/state/napari-fcnseg``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        told = os.environ.get(VARIABLE)
        usual = user_state_path("napari-fcnseg", appauthor=False)
        self.path = (folder or (Path(told) if told else usual)) / "begun.json"

    def add(self, begun: Begun) -> None:
        """Remember an output, from now on."""
        with self._changing():
            self._write([*self._others(begun.out), begun])

    def forget(self, out: Path) -> None:
        """Forget an output; its files stay."""
        with self._changing():
            self._write(self._others(out))

    def unfinished(self) -> list[Unfinished]:
        """List what is there to be gone on with, the newest first; nothing that is in work."""
        found = [_look(b) for b in self._read() if _waits(b.out)]
        return sorted(found, key=lambda f: -f.begun.when)

    def _others(self, out: Path) -> list[Begun]:
        """Read all that is worth remembering, but for one; what is on a lost disk stays."""
        others = (b for b in self._read() if b.out != out)
        return [b for b in others if partial_path(b.out).exists() or not b.out.parent.exists()]

    def _read(self) -> list[Begun]:
        if not self.path.exists():
            return []
        try:
            return [_parse(row) for row in json.loads(self.path.read_text("utf-8"))["outputs"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.path}, which remembers unfinished outputs, cannot be read ({error}): "
                "remove it; the outputs themselves are not touched by that"
            ) from error

    def _write(self, outputs: list[Begun]) -> None:
        rows = [{k: str(v) if isinstance(v, Path) else v for k, v in asdict(b).items()}
                for b in outputs]  # fmt: skip
        with whole_file(self.path) as growing:
            growing.write_text(json.dumps({"format": FORMAT, "outputs": rows}, indent=1), "utf-8")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change the list: one at a time, also of several windows."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_name(".lock")):
                yield
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error}; {MAKE_ROOM}") from error


def _parse(row: dict[str, Any]) -> Begun:
    paths = {k: Path(row[k]) if row[k] else None for k in ("file", "model_file")}
    return Begun(**(row | paths | {"out": Path(row["out"])}))


def _waits(out: Path) -> bool:
    return partial_path(out).exists() and not is_being_written(out)


def _look(begun: Begun) -> Unfinished:
    """Read in the journal of an output how far it is."""
    try:
        journal = Journal(journal_path(begun.out))
        identity = journal.identity
    except OutputError as error:
        return Unfinished(begun, problem=str(error))
    models = identity.get("model")
    region = identity.get("region")
    return Unfinished(
        begun,
        len(journal),
        journal.tiles,
        models[0] if models else None,
        tuple((int(a), int(b)) for a, b in region) if region else None,
    )
