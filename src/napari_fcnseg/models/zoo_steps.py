"""What a bioimage.io model does before and after its network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.errors import TAKE_ANOTHER, ImageError, ModelError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import sample_pixels

Described = tuple[str, dict[str, Any]]  # name and options of a step, in the words of the spec
Step = Callable[[Tensor], Tensor]  # of shape (channels, ...) to the same shape
POINTWISE: dict[str, Callable[[dict[str, Any]], Step]] = {
    "sigmoid": lambda _: torch.sigmoid,
    "softmax": lambda _: lambda x: x.softmax(0),
    "ensure_dtype": lambda k: _as_type(k["dtype"]),
    "binarize": lambda k: lambda x: (x > _per_channel(k["threshold"], x)).float(),
    "clip": lambda k: _clip(k.get("min"), k.get("max")),
    "scale_linear": lambda k: (
        lambda x: _per_channel(k["gain"], x) * x + _per_channel(k["offset"], x)
    ),
    "fixed_zero_mean_unit_variance": lambda k: (
        lambda x: (x - _per_channel(k["mean"], x)) / _per_channel(k["std"], x)
    ),
}


@dataclass(frozen=True)
class Preprocessing:
    """The steps of a model before its network, with the numbers of an image.

    It stands in for a `Normalisation`. Steps that need the mean or the percentiles of an image
    take those of all of it (of 4 million pixels at most), never of a tile; of stacks too, where
    other tools take those of each slice.

    Attributes
    ----------
    steps
        Each as its name and its options in the words of the spec.
    channels
        Of the images.
    kind, each
        As of a `Normalisation`.
    fitted
        The steps as functions, after `of`.
    """

    steps: tuple[Described, ...]
    channels: int
    kind: str = "bioimage.io"
    each: bool = True
    fitted: tuple[Step, ...] = field(default=(), compare=False, repr=False)

    def plain(self) -> dict[str, Any]:
        """Return the steps as plain data; what was fitted to an image is left out."""
        return {"kind": self.kind, "each": self.each, "steps": [list(s) for s in self.steps]}

    def of(self, image: Image) -> "Preprocessing":
        """Return the steps with the numbers of an image.

        Raises
        ------
        ImageError
            If a channel has no finite pixel.
        """
        if all(_is_fixed(name, options) for name, options in self.steps):  # nothing to look at
            return replace(self, fitted=tuple(POINTWISE[n](options) for n, options in self.steps))
        pixels = sample_pixels(image).astype(np.float32)
        pixels[~np.isfinite(pixels)] = np.nan
        if np.isnan(pixels).all(axis=1).any():
            raise ImageError(f"a channel of {image.name} has no finite pixel")
        seen = torch.from_numpy(pixels)
        fitted: list[Step] = []
        for name, options in self.steps:
            fixed = _is_fixed(name, options)
            fitted.append(POINTWISE[name](options) if fixed else _fit(name, options, seen))
            seen = fitted[-1](seen)
        return replace(self, fitted=tuple(fitted))

    def __call__(self, block: NDArray[Any]) -> NDArray[np.float32]:
        """Prepare raw pixels, shape ``(channels, ...)``; what is not finite becomes 0."""
        assert len(self.fitted) == len(self.steps), "it was not fitted to an image"
        x = torch.from_numpy(block.astype(np.float32))
        for step in self.fitted:
            x = step(x)
        out: NDArray[np.float32] = x.float().nan_to_num(0.0, 0.0, 0.0).numpy()
        return out


def read_steps(described: Sequence[Any], space: str, where: str) -> tuple[Described, ...]:
    """Read the steps before a network.

    Parameters
    ----------
    described
        In the words of the spec.
    space
        Axes of space of the tensor, ``"yx"`` or ``"zyx"``.
    where
        Of what model, for messages.

    Raises
    ------
    ModelError
        If one of them is not known, or takes the numbers of lines of an image, or of another.
    """
    found = []
    for step in described:
        name, options = str(step.id), _options(step)
        if name not in (*POINTWISE, "zero_mean_unit_variance", "scale_range"):
            raise ModelError(
                f"{where} needs the step {name!r}, which is not known here; {TAKE_ANOTHER}"
            )
        if options.get("reference_tensor"):
            raise ModelError(
                f"{where}: {name} takes its numbers from another tensor; {TAKE_ANOTHER}"
            )
        axes = options.pop("axes", None)
        if axes is not None and not set(space) <= set(axes):
            raise ModelError(f"{where}: {name} takes numbers along {', '.join(axes)} only")
        _check_axis(name, options, where)
        options["own"] = axes is not None and "channel" not in axes
        found.append((name, options))
    return tuple(found)


def read_after(described: Sequence[Any], where: str) -> tuple[Described, ...]:
    """Read the steps behind a network.

    Raises
    ------
    ModelError
        If one needs the whole output, or makes something else than scores of it.
    """
    steps = tuple((str(step.id), _options(step)) for step in described)
    for name, options in steps:
        _check_axis(name, options, where)
        if not _is_fixed(name, options):
            raise ModelError(
                f"{where} ends with {name!r}, which needs the whole output at once or makes no "
                "scores of classes: only models that give each pixel scores of classes can be run; "
                f"{TAKE_ANOTHER}"
            )
    return steps


def _check_axis(name: str, options: dict[str, Any], where: str) -> None:
    if options.get("axis", "channel") != "channel":
        raise ModelError(
            f"{where}: {name} has numbers along the axis {options['axis']}; {TAKE_ANOTHER}"
        )


def apply_steps(steps: Sequence[Described], x: Tensor) -> Tensor:
    """Take steps that need nothing but the pixel, of shape ``(channels, ...)``."""
    for name, options in steps:
        x = POINTWISE[name](options)(x)
    return x


def _is_fixed(name: str, options: dict[str, Any]) -> bool:
    """Whether a step needs nothing but the pixel."""
    if name == "clip":
        return options.get("min_percentile") is None and options.get("max_percentile") is None
    return name in POINTWISE


def _fit(name: str, options: dict[str, Any], seen: Tensor) -> Step:
    """Return a step with the numbers of pixels, ``(channels, n)``, those that are not NaN."""
    rows = (seen if options["own"] else seen.reshape(1, -1)).numpy().astype(np.float64)

    def percentiles(q: float | None, otherwise: float | None) -> Any:
        if q is None:
            return otherwise
        return np.nanpercentile(rows, q, axis=1).tolist()

    if name == "zero_mean_unit_variance":
        mean = np.nanmean(rows, axis=1).tolist()
        std = (np.nanstd(rows, axis=1) + options["eps"]).tolist()
        return lambda x: (x - _per_channel(mean, x)) / _per_channel(std, x)
    if name == "scale_range":
        low, high = np.nanpercentile(
            rows, (options["min_percentile"], options["max_percentile"]), axis=1
        )
        first, scale = low.tolist(), (high - low + options["eps"]).tolist()
        return lambda x: (x - _per_channel(first, x)) / _per_channel(scale, x)
    return _clip(
        percentiles(options["min_percentile"], options["min"]),
        percentiles(options["max_percentile"], options["max"]),
    )


def _clip(low: Any, high: Any) -> Step:
    return lambda x: torch.clip(
        x,
        None if low is None else _per_channel(low, x),
        None if high is None else _per_channel(high, x),
    )


def _per_channel(value: Any, x: Tensor) -> Tensor:
    """Lay out a number, or one for each channel, beside ``(channels, ...)``."""
    numbers = torch.tensor(value, dtype=torch.float32, device=x.device).reshape(-1)
    return numbers.reshape(-1, *[1] * (x.ndim - 1))


def _as_type(name: str) -> Step:
    """Numbers of another type are cut to it; they go on as float32."""
    kind = getattr(torch, name, torch.float32)
    return lambda x: x.to(kind).float()


def _options(step: Any) -> dict[str, Any]:
    """Options of a step as plain data."""
    found: dict[str, Any] = step.kwargs.model_dump(mode="json") if step.kwargs else {}
    return found
