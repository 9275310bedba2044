"""The model that an unfinished output was begun with."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from napari_fcnseg.errors import ModelError
from napari_fcnseg.inference.begun import Unfinished
from napari_fcnseg.inference.finding import with_own_values
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.library import Library
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model


def resumed_model(found: Unfinished, known: Iterable[Model], library: Library) -> Model:
    """Find the model that an output was begun with, to the last weight.

    Parameters
    ----------
    found
        The output.
    known
        Models to look through first.
    library
        Where to look next, after the file that it was loaded from.

    Raises
    ------
    ModelError
        If it is nowhere.
    """
    problems = []
    for candidate in known:
        if match := _match(found, candidate):
            return match
    for path in _files(found, library):
        try:
            match = _match(found, load_model(path))
        except ModelError as error:
            problems.append(str(error))
        else:
            if match:
                return match
    told = f" ({'; '.join(problems)})" if problems else ""
    raise ModelError(
        f"the model {found.begun.model}, with which {found.begun.out.name} was begun, is neither "
        f"loaded nor among the kept ones{told}: load it from its file, then continue"
    )


def _match(found: Unfinished, model: Model) -> Model | None:
    """Return a model, or its copy for the grey values of each image, if it is the one."""
    if fingerprint(model) == found.model:
        return model
    plain = model.normalisation.plain()
    if plain["kind"] in ("percentile", "mean_std") and not plain["each"]:
        copy = with_own_values(model)
        if fingerprint(copy) == found.model:
            return copy
    return None


def _files(found: Unfinished, library: Library) -> Iterator[Path]:
    """Yield files in which it may be: its own, then the kept ones, those of its name first."""
    own = found.begun.model_file
    if own and own.exists():
        yield own
    kept = [card for card in library.cards() if not card.problem]
    for card in sorted(kept, key=lambda card: not found.begun.model.startswith(card.name)):
        yield card.path
