"""What the Models widget does in a thread: each a generator of events."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_fcnseg.errors import FcnsegError, ModelError, UntrustedCodeError
from napari_fcnseg.events import Event
from napari_fcnseg.gui.export_dialog import Wanted
from napari_fcnseg.models.card import Card
from napari_fcnseg.models.fetch import fetch, is_elsewhere
from napari_fcnseg.models.library import Library
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model

Work = Callable[[], Generator[Event, None, None]]


@dataclass(frozen=True)
class Done(Event):
    """Something was done: with the model that lies at `path` now, or that was loaded."""

    text: str
    path: Path | None = None
    model: Model | None = None


@dataclass(frozen=True)
class NeedsCode(Event):
    """A model can only be run by its own code; with consent `again` does what was asked."""

    danger: str
    again: Work


def loading(path: Path, trust_code: bool = False) -> Work:
    """Load a model to segment with."""

    def work() -> Generator[Event, None, None]:
        try:
            model = load_model(path, trust_code=trust_code)
        except UntrustedCodeError as error:
            yield NeedsCode(error.danger, loading(path, trust_code=True))
        else:
            yield Done(f"{model.name} is chosen in Segment", model=model)

    return work


def checking(card: Card, trust_code: bool = False) -> Work:
    """Compare what a model gives with its stored test output."""

    def work() -> Generator[Event, None, None]:
        try:
            load_model(card.path, check=True, trust_code=trust_code)
        except UntrustedCodeError as error:
            yield NeedsCode(error.danger, checking(card, trust_code=True))
        else:
            yield Done(f"{card.name} gives its stored test output, to 1e-4")

    return work


def adding(library: Library, paths: Sequence[Path]) -> Work:
    """Keep copies of packages; what is wrong with some does not stop the others."""

    def work() -> Generator[Event, None, None]:
        wrong = []
        for path in paths:
            try:
                kept = library.add(path)
            except FcnsegError as error:
                wrong.append(str(error))
            else:
                yield Done(f"{path.name} is kept", kept)
        if wrong:
            raise ModelError("\n".join(wrong))

    return work


def fetching(library: Library, source: str) -> Work:
    """Download a model, and keep it."""

    def work() -> Generator[Event, None, None]:
        path = fetch(source, download=True) if is_elsewhere(source) else Path(source)
        yield Done(f"{source} is kept", library.add(path))

    return work


def keeping(library: Library, model: Model) -> Work:
    """Save a model that was trained."""

    def work() -> Generator[Event, None, None]:
        path = library.keep(model)
        yield Done(f"kept in Models as {path.name}", path)

    return work


def renaming(library: Library, card: Card, name: str) -> Work:
    """Give a model another name."""

    def work() -> Generator[Event, None, None]:
        path = library.rename(card.path, name)
        yield Done(f"it is {path.name} now", path)

    return work


def named_zip(path: str) -> tuple[Path, bool]:
    """Return what was typed as the name of a ``.zip``, and whether that name was asked about."""
    typed = Path(path)
    if typed.suffix.lower() == ".zip":
        return typed, True
    return typed.with_name(f"{typed.name}.zip"), False


def exporting(card: Card, path: Path, wanted: Wanted, overwrite: bool) -> Work:
    """Write a model for other tools, after its test."""

    def work() -> Generator[Event, None, None]:
        model = replace(load_model(card.path, check=True), about=wanted.about)
        saved = model.save(path, overwrite=overwrite, formats=wanted.formats)
        yield Done(f"exported to {saved}")

    return work
