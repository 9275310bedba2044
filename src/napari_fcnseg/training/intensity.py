"""Random changes of grey values, of sharpness and of noise; patches stay where they are."""

import math
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from napari_fcnseg.training.recipe import Recipe

BLUR = (0.5, 1.0)  # standard deviations, in pixels
TAPS = 3  # of the blur, to each side
COARSER = (1.5, 2.5)  # how many times fewer pixels along Y and X


def change_intensity(images: Tensor, recipe: Recipe, rng: torch.Generator) -> Tensor:
    """Change what a patch looks like, each in its own way.

    Parameters
    ----------
    images
        Normalised patches, shape ``(N, channels, *space)``, on any device.
    recipe
        Strengths and probabilities.
    rng
        Generator on the CPU, so that every device draws the same numbers.
    """
    uniform = partial(_uniform, images, rng)
    if recipe.gamma:
        images = _gamma(images, uniform(-recipe.gamma, recipe.gamma).exp())
    if recipe.blur:
        chosen, widths = _chosen(images, recipe.blur, rng), uniform(*BLUR)
        if chosen.any():
            images = _replaced(images, chosen, _blurred(images[chosen], widths[chosen]))
    if recipe.low_resolution:
        chosen = _chosen(images, recipe.low_resolution, rng)
        factor = float(torch.empty(1).uniform_(*COARSER, generator=rng))
        if chosen.any():
            images = _replaced(images, chosen, _coarser(images[chosen], factor))
    gain = 1 + uniform(-recipe.contrast, recipe.contrast)
    shift = uniform(-recipe.brightness, recipe.brightness)
    changed = images * gain + shift
    if recipe.noise:
        noise = torch.randn(images.shape, generator=rng).to(images.device)
        changed = changed + noise * uniform(0, recipe.noise)
    return changed


def _uniform(images: Tensor, rng: torch.Generator, low: float, high: float) -> Tensor:
    """One number for each patch."""
    drawn = torch.rand(len(images), *[1] * (images.ndim - 1), generator=rng)
    return (drawn * (high - low) + low).to(images.device)


def _chosen(images: Tensor, probability: float, rng: torch.Generator) -> Tensor:
    return (torch.rand(len(images), generator=rng) < probability).to(images.device)


def _replaced(images: Tensor, chosen: Tensor, by: Tensor) -> Tensor:
    changed = images.clone()
    changed[chosen] = by
    return changed


def _gamma(images: Tensor, exponent: Tensor) -> Tensor:
    """Bend the grey values of each channel between its darkest and its brightest."""
    space = tuple(range(2, images.ndim))
    low, high = images.amin(space, keepdim=True), images.amax(space, keepdim=True)
    span = (high - low).clamp(min=1e-6)
    return ((images - low) / span) ** exponent * span + low


def _blurred(images: Tensor, widths: Tensor) -> Tensor:
    """Blur along Y and X by a Gaussian of the given standard deviations."""
    along = torch.arange(-TAPS, TAPS + 1, device=images.device, dtype=images.dtype)
    kernels = torch.exp(-0.5 * (along / widths.reshape(-1, 1)) ** 2)
    kernels = kernels / kernels.sum(1, keepdim=True)
    planes = images.reshape(1, -1, *images.shape[-2:])
    each = kernels.repeat_interleave(planes.shape[1] // len(images), 0)[:, None]
    padded = F.pad(planes, (TAPS,) * 4, "reflect")
    rows = F.conv2d(padded, each[:, :, :, None], groups=len(each))
    return F.conv2d(rows, each[:, :, None, :], groups=len(each)).reshape(images.shape)


def _coarser(images: Tensor, factor: float) -> Tensor:
    """Show an image as if it had been taken with fewer pixels along Y and X."""
    size = images.shape[-2:]
    planes = images.reshape(1, -1, *size)
    small = F.interpolate(planes, size=[max(1, math.floor(n / factor)) for n in size], mode="area")
    return F.interpolate(small, size=size, mode="bilinear").reshape(images.shape)
