"""The network that a training run starts with."""

from collections.abc import Sequence

import torch

from napari_fcnseg.annotations.classes import SegClass, default_class
from napari_fcnseg.errors import ModelError, RecipeError
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.fcn import FCN, refine_fcn
from napari_fcnseg.nets.registry import build_net
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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        channels, classes = data.images[0].channels, len(data.classes)
        net = build_net(recipe.net, channels, classes, **recipe.net_options)
    if start:
        take_weights(net, start, data.classes)
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

    The two have the same network. Or `start` is an FCN and `net` a finer one of the same
    backbone: FCN-16s after FCN-32s and FCN-8s after FCN-16s, stage by stage as Long et al.
    2015, section 4.2.

    Raises
    ------
    ModelError
        If the networks, their channels or their classes differ.
    """
    theirs = start.net
    if [c.id for c in classes] != [c.id for c in start.classes] or not all(
        map(_agree, classes, start.classes)
    ):
        raise ModelError(
            f"the model {start.name} knows the classes {_listed(start.classes)}, but "
            f"{_listed(classes)} are painted: it can be trained further on just these classes, "
            "with the same ids; names of points find their ids with classes=model.classes "
            "(--classes 1=name,2=other)"
        )
    if net.in_channels != theirs.in_channels:
        raise ModelError(
            f"the model {start.name} was trained on {theirs.in_channels} channels, the images have "
            f"{net.in_channels}: give it images of its own kind"
        )
    if isinstance(net, FCN) and isinstance(theirs, FCN) and net.finest < theirs.finest:
        refine_fcn(theirs, net)
        return
    if _key(net) != _key(theirs):
        raise ModelError(
            f"the model {start.name} is {theirs.name} {_options(theirs)}, the recipe asks for "
            f"{net.name} {_options(net)}: start with a model of the same network, or an FCN with a "
            "coarser one"
        )
    net.load_state_dict(theirs.state_dict())


def _agree(one: SegClass, other: SegClass) -> bool:
    """Whether two classes of one id may be the same: a default name says nothing."""
    nameless = default_class(one.id).name
    return one.name == other.name or nameless in (one.name, other.name)


def _key(net: SegmentationNet) -> tuple[str, dict[str, object]]:
    return net.name, {k: v for k, v in net.options.items() if k != "pretrained"}


def _options(net: SegmentationNet) -> str:
    return "(" + ", ".join(f"{k} = {v!r}" for k, v in net.options.items()) + ")"


def _listed(classes: Sequence[SegClass]) -> str:
    return ", ".join(f"{c.id} {c.name}" for c in classes)
