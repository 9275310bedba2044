"""The folder in which a person's models are kept."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from filelock import FileLock
from platformdirs import user_data_path

from napari_fcnseg.errors import MAKE_ROOM, ModelError, OutputError, UntrustedCodeError
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.models.card import Card, read_card
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.rename import legal_name, plain_letters, rename

VARIABLE = "FCNSEG_MODELS"
LONGEST = 100  # bytes of a file's name, without its ending


class Library:
    """Models in a folder: one ``.zip`` each.

    Parameters
    ----------
    folder
        By default what ``$FCNSEG_MODELS`` names, else the user's data folder: on Linux
        ``~/.local/share/napari-fcnseg/models``. It need not exist yet.
    """

    def __init__(self, folder: Path | None = None) -> None:
        told = os.environ.get(VARIABLE)
        usual = user_data_path("napari-fcnseg", appauthor=False) / "models"
        self.folder = folder or (Path(told) if told else usual)
        self._known: dict[tuple[Path, int, int], Card] = {}

    def cards(self) -> Iterator[Card]:
        """Read what its models say of themselves, the newest first; broken ones tell why."""
        found = []
        for path in self.folder.glob("*.zip"):
            with suppress(FileNotFoundError):  # deleted meanwhile, or a link to nowhere
                known = path.stat()
                found.append((known.st_mtime_ns, known.st_size, path))
        for written, size, path in sorted(found, reverse=True):
            if path.name.startswith("."):  # of macOS
                continue
            key = (path, written, size)
            with suppress(FileNotFoundError):
                self._known[key] = self._known.get(key) or read_card(path)
                yield self._known[key]

    def keep(self, model: Model) -> Path:
        """Save a model of ours under a name that is free; errors as `save_model`."""
        with self._changing(f"keep {model.name}"):
            return model.save(self._free(model.name))

    def add(self, path: Path) -> Path:
        """Copy a package into the folder, after it was loaded once.

        Raises
        ------
        ModelError
            If it cannot be loaded. One that only its own code can run is taken: that is asked
            when it is used.
        OutputError
            If it cannot be copied.
        """
        if path.is_dir():
            raise ModelError(f"{path} is a folder: pack it as a .zip to keep it with the others")
        with suppress(UntrustedCodeError):  # nothing of it has run
            load_model(path)
        with self._changing(f"keep a copy of {path}"):
            target = self._free(read_card(path).name)
            partial = partial_path(target)
            try:
                shutil.copyfile(path, partial)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        return target

    def rename(self, path: Path, name: str) -> Path:
        """Give a model another name, and its file with it.

        Returns
        -------
        Path
            Where it is now.

        Raises
        ------
        ModelError
            If the name has no letters, or the package is damaged.
        OutputError
            If it cannot be written; then it is as it was.
        """
        if not any(c.isalnum() for c in plain_letters(name)):
            raise ModelError(
                f"the name {name!r} has no plain letter or digit, which other tools need: give "
                "one with some of A to Z"
            )
        with self._changing(f"rename {path}"):
            same = path.stem == file_stem(legal_name(name))
            target = path if same else self._free(legal_name(name))
            rename(path, name, target)
        return target

    @contextmanager
    def _changing(self, what: str) -> Iterator[None]:
        """Change the folder: one at a time, also of several windows."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock"):
                yield
        except OSError as error:
            raise OutputError(f"cannot {what} in {self.folder}: {error}; {MAKE_ROOM}") from error

    def _free(self, name: str) -> Path:
        """Path for a model of a name that no other has."""
        return next(p for p in file_names(self.folder, name, ".zip") if not p.exists())


def file_names(folder: Path, name: str, suffix: str) -> Iterator[Path]:
    """Yield paths for what is called `name`: without a number, then with 2, 3, and so on."""
    stem = file_stem(name)
    yield folder / f"{stem}{suffix}"
    yield from (folder / f"{stem}-{number}{suffix}" for number in count(2))


def file_stem(name: str) -> str:
    """Name of a file, without its ending, that tells what is called `name`."""
    found = re.sub(r"[^\w+-]+", "-", name).encode()[:LONGEST].decode(errors="ignore")
    return found.strip("-") or "model"
