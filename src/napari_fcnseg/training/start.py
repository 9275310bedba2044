"""The network that a training run starts with."""

from collections.abc import Sequence

import torch
from torch import Tensor

from napari_fcnseg.annotations.classes import SegClass, default_class
from napari_fcnseg.errors import ModelError, RecipeError
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.fcn import FCN, refine_fcn
from napari_fcnseg.nets.more_classes import take_over
from napari_fcnseg.nets.registry import build_net
from napari_fcnseg.nets.seeding import seeded
from napari_fcnseg.nets.shift import shift
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe


def make_net(data: TrainingData, recipe: Recipe, start: Model | None) -> SegmentationNet:
    """Build a network for images and recipe, with random weights or those of a model.

    Parameters
    ----------
    data
        Has the channels and classes.
    recipe
        Has the network, and the seed of its weights.
    start
        See `take_weights`.

    Raises
    ------
    FcnsegError
        If the network does not fit the images, the recipe's batch or the model.
    """
    with seeded(recipe.seed):
        channels, classes = data.images[0].channels, len(data.classes)
        net = build_net(recipe.net, channels, classes, **recipe.net_options)
    if start:
        take_weights(net, start, data.classes)
        shift(net, -shift_of_start(start, data.classes))  # it learned without
    if 0 < recipe.batch < net.min_batch:
        raise RecipeError(
            f"batch = {recipe.batch}: {recipe.net} needs at least {net.min_batch} patches "
            "per step, as it normalises maps of one pixel over the batch"
        )
    for image in data.images:
        net.check_axes(image.kept, image.name)
    return net


def take_weights(net: SegmentationNet, start: Model, classes: Sequence[SegClass]) -> None:
    """Copy the weights of `start` into `net`.

    The two have the same network; `net` may have more classes, whose outputs stay as they are.
    Or `start` is an FCN and `net` a finer one of the same backbone: FCN-16s after FCN-32s and
    FCN-8s after FCN-16s, stage by stage as Long et al. 2015, section 4.2.

    Raises
    ------
    ModelError
        If the networks or their channels differ.
    """
    theirs = start.net
    if net.in_channels != theirs.in_channels:
        raise ModelError(
            f"the model {start.name} was trained on {theirs.in_channels} channels, the images have "
            f"{net.in_channels}: give it images of its own kind"
        )
    if isinstance(net, FCN) and isinstance(theirs, FCN) and net.finest < theirs.finest:
        if net.classes != theirs.classes:
            raise ModelError(
                f"{start.name} is a coarser {theirs.name} with other classes: add classes to it in "
                "a training of the same network first"
            )
        refine_fcn(theirs, net)
        return
    if _key(net) != _key(theirs):
        raise ModelError(
            f"the model {start.name} is {theirs.name} {_options(theirs)}, the recipe asks for "
            f"{net.name} {_options(net)}: start with a model of the same network, or an FCN with a "
            "coarser one"
        )
    if net.classes == theirs.classes:
        net.load_state_dict(theirs.state_dict())
    else:
        ids = [c.id for c in classes]
        take_over(net, theirs, [ids.index(c.id) for c in start.classes])


def shift_of_start(start: Model, classes: Sequence[SegClass]) -> Tensor:
    """Return what was added to the logits of a model after it had learned, ``(classes,)``."""
    told = start.provenance.get("score_shift") or [0.0] * len(start.classes)
    try:
        by_id = dict(zip((c.id for c in start.classes), map(float, told), strict=True))
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"the model {start.name} says score_shift = {told!r:.80}, which is not a number for "
            f"each of its {len(start.classes)} classes: the file was changed, get it again"
        ) from error
    return torch.tensor([by_id.get(c.id, 0.0) for c in classes])


def join_classes(
    start: Model, painted: Sequence[SegClass]
) -> tuple[tuple[SegClass, ...], tuple[str, ...]]:
    """Classes of a model and those that are painted, by id, and what to say about it.

    Raises
    ------
    ModelError
        If an id has one name there and another here, or a name two ids.
    """
    known, here = {c.id: c for c in start.classes}, {c.id: c for c in painted}
    names = {c.name: c.id for c in start.classes}
    for c in painted:
        if not _agree(c, known.get(c.id, c)) or names.get(c.name, c.id) != c.id:
            raise ModelError(
                f"the model {start.name} knows the classes {_listed(start.classes)}, but "
                f"{_listed(painted)} are painted: give each class the id that it has there; names "
                "of points find their ids with classes=model.classes (--classes 1=name,2=other)"
            )
    named = here | {i: c for i, c in known.items() if i not in here or _nameless(here[i])}
    new = [c for i, c in here.items() if i not in known]
    gone = [c for i, c in known.items() if i not in here]
    notes = [f"new beside the classes of {start.name}: {_listed(new)}"] * bool(new)
    if gone:
        notes.append(
            f"no label of {_listed(gone)}, which {start.name} knows: it will be forgotten little "
            "by little, unless labels of it are replayed (--replay)"
        )
    return tuple(named[i] for i in sorted(named)), tuple(notes)


def _nameless(c: SegClass) -> bool:
    return c.name == default_class(c.id).name


def _agree(one: SegClass, other: SegClass) -> bool:
    """Whether two classes of one id may be the same: a default name says nothing."""
    return one.name == other.name or _nameless(one) or _nameless(other)


def _key(net: SegmentationNet) -> tuple[str, dict[str, object]]:
    return net.name, {k: v for k, v in net.options.items() if k != "pretrained"}


def _options(net: SegmentationNet) -> str:
    return "(" + ", ".join(f"{k} = {v!r}" for k, v in net.options.items()) + ")"


def _listed(classes: Sequence[SegClass]) -> str:
    return ", ".join(f"{c.id} {c.name}" for c in classes)
