"""What a person should know before a training starts."""

from collections.abc import Collection

from napari_fcnseg.annotations.extent import short_sighted
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe


def remarks(
    net: SegmentationNet, data: TrainingData, recipe: Recipe, scored: Collection[str], gap: int
) -> tuple[str, ...]:
    """Say what is not as it may seem.

    Parameters
    ----------
    net, data, recipe
        Of the training.
    scored
        Classes with enough held-out labels.
    gap
        Pixels between held-out labels and others.
    """
    short = short_sighted(net.geometry[-1].field[0], data.annotations)
    return (*data.notes, *short, *_unscored(data, recipe, scored), *_flattered(net, scored, gap))


def _unscored(data: TrainingData, recipe: Recipe, scored: Collection[str]) -> list[str]:
    """Name the classes that cannot be validated, and what does not work without their scores."""
    unscored = [c.name for c in data.classes if c.name not in scored]
    if not unscored:
        return []
    found = []
    if recipe.validation and not scored:
        found.append("too few strokes to hold any out: there will be no validation scores")
    elif recipe.validation:
        found.append(f"too few strokes to validate {', '.join(unscored)}: paint it in more places")
    if recipe.patience:
        found.append("without scores of all classes, patience does nothing")
    return found


def _flattered(net: SegmentationNet, scored: Collection[str], gap: int) -> list[str]:
    """Say so if held-out labels lie within sight of labels that train."""
    sees = max(net.geometry[-1].field)
    if not scored or gap >= sees // 2:
        return []
    return [
        f"held-out labels lie as near as {gap} px to labels that train, and the network sees "
        f"{sees} px: the scores may flatter. Paint in more places, or take a network that sees "
        "less"
    ]
