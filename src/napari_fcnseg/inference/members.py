"""The models of a prediction, mostly one, and their plans, which share their cores."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from napari_fcnseg.errors import ModelError, OutputError, PlanError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.budget import make_plan
from napari_fcnseg.inference.encode import has_opinions
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.views import views
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.geometry import AxisGeometry

Models = Model | Sequence[Model]


@dataclass(frozen=True)
class Member:
    """A model and its plan."""

    model: Model
    tiles: Plan


def as_models(models: Models) -> tuple[Model, ...]:
    """Return models as a tuple.

    Raises
    ------
    ModelError
        If there is none, or they do not have the same classes in the same order; or if it is a
        method without a network.
    """
    if isinstance(models, PlaneMethod):
        raise ModelError(
            f"{models.name} is a method without a network: it labels whole planes with predict and "
            "segment; for anything else train a network"
        )
    several = (models,) if isinstance(models, Model) else tuple(models)
    if not several:
        raise ModelError("there is no model: give one, or several with the same classes")
    classes = [[(c.id, c.name) for c in model.classes] for model in several]
    if any(other != classes[0] for other in classes):
        told = "; ".join(
            f"{model.name}: {', '.join(f'{i}={name}' for i, name in found)}"
            for model, found in zip(several, classes, strict=True)
        )
        raise ModelError(
            f"models that vote together need the same classes in the same order ({told})"
        )
    return several


def plan_members(
    models: Sequence[Model],
    image: Image,
    tile: int | None = None,
    region: Spans | None = None,
    memory: int | str | None = None,
    core: Sequence[int] | None = None,
    halo: int | None = None,
    augment: str = "none",
    context: str = "slice",
) -> tuple[Member, ...]:
    """Plan the prediction of an image by one or more models.

    Parameters
    ----------
    models
        With the same classes.
    image, tile, region, memory, halo, augment, context
        As in `napari_fcnseg.predict`.
    core
        Size of the cores, where it is decided already.

    Raises
    ------
    FcnsegError
        If a model does not fit the image, or its tiles do not fit into memory.
    """
    plans = []
    for model in models:
        check_fits(model, image)
        geometry = _geometry(model, halo, augment)
        plans.append(make_plan(model.net, geometry, image, tile, region, memory))
    least = min((tiles.core for tiles in plans), key=math.prod)
    shared = tuple(core) if core and len(core) == len(least) else least
    return tuple(
        Member(model.on(image), certified(model, replace(tiles, core=shared), context))
        for model, tiles in zip(models, plans, strict=True)
    )


def certified(model: Model, tiles: Plan, context: str) -> Plan:
    """Return the plan with what was measured on the network; tiles that do not agree fade."""
    certificate, net = model.net.certificate, model.net
    if certificate.exact or (net.freezes and context == "slice"):
        return replace(tiles, certificate=certificate)
    seen = slice(-net.ndim, None)
    along = zip(tiles.geometry[seen], tiles.core[seen], strict=True)
    fade = min((min(axis.room, n // 2) for axis, n in along if axis.room), default=0)
    return replace(tiles, certificate=certificate, fade=fade)


def check_fits(model: Model, image: Image) -> None:
    """Raise `FcnsegError` unless `image` has the axes and channels that `model` needs."""
    model.net.check_axes(image.kept, image.name)
    if image.channels == model.net.in_channels:
        return
    wanted = model.net.in_channels
    raise ModelError(
        f"{image.name} has {image.channels} channel{'s' * (image.channels > 1)} "
        f"({image.axes} {image.shape}), the model was trained on {wanted}. "
        + (
            "If all its channels are equal, open it with grey=True (--grey)"
            if wanted == 1
            else "Give it an image with the same channels in the same order"
        )
    )


def check_opinions(kinds: Iterable[str], models: Sequence[Model], augment: str = "none") -> None:
    """Raise `OutputError` if one opinion, of one model in one view, is to disagree with itself."""
    if any(map(has_opinions, kinds)) and len(models) * len(views(augment)) == 1:
        raise OutputError(
            "disagreement is that of several views or models: take augment='all' (--augment all), "
            "give more models (--ensemble), or take the entropy"
        )


def _geometry(model: Model, halo: int | None, augment: str) -> tuple[AxisGeometry, ...]:
    """Geometry of a network as it is used."""
    if halo is not None and halo < 0:
        raise PlanError(f"a halo of {halo} pixels is none; give 0 or more")
    geometry = model.net.geometry
    if halo is not None:
        geometry = tuple(axis.limited(halo) for axis in geometry)
    seen = views(augment)
    if len(seen) > 1:
        geometry = (*geometry[:-2], *(axis.symmetric for axis in geometry[-2:]))
    if any(view.exchanged for view in seen) and geometry[-1] != geometry[-2]:
        raise PlanError(
            f"{model.net.name} sees Y and X differently, so that tiles cannot be turned: take "
            "augment='flips'"
        )
    return geometry
