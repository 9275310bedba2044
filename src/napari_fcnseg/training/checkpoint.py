"""A training run on disk: stopped anywhere, it goes on as if it had never been."""

import pickle
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from napari_fcnseg.errors import OutputError
from napari_fcnseg.models.tensor_file import save_tensors

FORMAT = 1
EVERY = 30.0  # seconds from one to the next


class Checkpoint:
    """The file that a run goes on from.

    Parameters
    ----------
    path
        Of the file; ``None`` keeps nothing.
    identity
        What decides the run, as plain data.
    resume
        Whether to go on with what is there; else there must be nothing.

    Attributes
    ----------
    state
        What was read, or ``None`` for a run that begins.

    Raises
    ------
    OutputError
        If there is a file that may not be gone on with, or is none of ours.
    """

    def __init__(self, path: Path | None, identity: Mapping[str, Any], resume: bool) -> None:
        self._path, self._identity = path, _plain(identity)
        self._written = time.monotonic()
        self.state: dict[str, Any] | None = None
        if path is None or not path.exists():
            return
        if not resume:
            raise OutputError(
                f"{path} is left of an unfinished training: go on with it with resume=True "
                "(--resume), give another name, or remove it"
            )
        self.state = self._read(path)

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            found = torch.load(path, map_location="cpu", weights_only=True)
            known, theirs, state = found["format"], found["identity"], found["state"]
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, LookupError) as error:
            raise OutputError(
                f"{path} is not a checkpoint of a training, or damaged ({error}): remove it, and "
                "start again"
            ) from error
        if known > FORMAT:
            raise OutputError(f"{path} was written by a newer napari-fcnseg; update this one")
        changed = [name for name in self._identity if self._identity[name] != theirs.get(name)]
        if changed:
            told = "; ".join(
                f"{n} ({theirs.get(n)} then, {self._identity[n]} now)" for n in changed
            )
            raise OutputError(
                f"{path} was begun with another {told}: go on with what it was begun with, or "
                "remove it and start again"
            )
        return dict(state)

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self._path is not None and time.monotonic() - self._written > EVERY

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the file, whole and at once."""
        if self._path is None:
            return
        kept = {"format": FORMAT, "identity": self._identity, "state": dict(state)}
        save_tensors(kept, self._path)
        self._written = time.monotonic()


def _plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if value is None else str(value) for name, value in identity.items()}
