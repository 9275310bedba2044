"""The folder in which a person's models are kept."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from platformdirs import user_data_path

from napari_fcnseg.errors import ModelError, OutputError, UntrustedCodeError
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.models.card import Card, read_card
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.rename import legal_name, rename

VARIABLE = "FCNSEG_MODELS"


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

    def cards(self) -> Iterator[Card]:
        """Read what its models say of themselves, the newest first; broken ones tell why."""
        found = [(p.stat().st_mtime, p) for p in self.folder.glob("*.zip") if p.name[0] != "."]
        for _, path in sorted(found, reverse=True):
            try:
                card = read_card(path)
            except FileNotFoundError:  # deleted meanwhile
                continue
            yield card

    def keep(self, model: Model) -> Path:
        """Save a model of ours under a name that is free; errors as `save_model`."""
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
        target = self._free(read_card(path).name)
        partial = partial_path(target)
        try:
            shutil.copyfile(path, partial)
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise OutputError(f"cannot copy {path} to {self.folder}: {error}") from error
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
            If the name has no letters, or the package no name.
        OutputError
            If it cannot be written; then it is as it was.
        """
        if not any(c.isalnum() for c in name):
            raise ModelError("a name has at least one letter or digit")
        target = path if path.stem == _stem(legal_name(name)) else self._free(legal_name(name))
        try:
            rename(path, name, target)
        except OSError as error:
            raise OutputError(f"cannot rename {path}: {error}") from error
        return target

    def _free(self, name: str) -> Path:
        """Path for a model of a name that no other has."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stem, number = _stem(name), 1
        while (path := self.folder / f"{stem}{f'-{number}' * (number > 1)}.zip").exists():
            number += 1
        return path


def _stem(name: str) -> str:
    return re.sub(r"[^\w+-]+", "-", name).strip("-") or "model"
