"""Defects of EM sections: folds, stains, missing parts, a section of another contrast."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from napari_fcnseg.annotations.annotation import IGNORE

NUMBERS = 9  # drawn for each patch, whatever becomes of it: whether, which, where, how
FOLD = (2.0, 10.0)  # width in pixels
EDGE = 2.0  # pixels from all to nothing of a fold
STAIN = (0.05, 0.25)  # standard deviation of a blob, in edges of the patch
MISSING = (0.25, 0.75)  # of the edges of a patch that is no stack
GAIN = (-1.0, 0.5)  # contrast of a section that differs


def add_defects(
    images: Tensor, targets: Tensor, probability: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Give some patches a defect that EM sections have, as training for those that do.

    Each of such patches gets one, with equal probabilities: a fold, which is a dark or bright
    straight band; a stain, which is a smooth blob of less contrast, and darker; a missing
    section; or, in stacks only, a section of little or inverted contrast. In a stack it is in
    one slice, and a missing section is all of that slice: neighbours tell what was there, and
    labels stay. A single slice lacks a rectangle, in which nothing can be learned: its targets
    become -1. Folds and stains are seen through and around, and keep theirs.

    Parameters
    ----------
    images
        Normalised patches, shape ``(N, channels, Y, X)`` or ``(N, channels, Z, Y, X)``, on any
        device.
    targets
        Class indices, shape ``(N, Y, X)`` or ``(N, Z, Y, X)``.
    probability
        Of a defect, for each patch.
    rng
        Generator on the CPU, so that every device draws the same numbers.

    Returns
    -------
    images, targets : Tensor
        Changed copies.

    Notes
    -----
    After Lee et al. 2017 (arXiv 1706.00120) and Funke et al. 2019 (IEEE TPAMI 41, p. 1669), who
    train on simulated defects, missing sections and faint ones among them; sizes and strengths
    are our own.
    """
    drawn = torch.rand(len(images), NUMBERS, generator=rng).tolist()
    images, targets = images.clone(), targets.clone()
    for image, target, (whether, *numbers) in zip(images, targets, drawn, strict=True):
        if whether < probability:
            _damage(
                image if image.ndim == 4 else image[:, None],
                target if target.ndim == 3 else target[None],
                numbers,
            )
    return images, targets


def _damage(image: Tensor, target: Tensor, numbers: Sequence[float]) -> None:
    """Change one slice of a patch ``(channels, Z, Y, X)`` in place."""
    kind, at, *how = numbers
    number = int(at * image.shape[1])
    plane = image[:, number]
    mean, spread = plane.mean((1, 2), keepdim=True), plane.std((1, 2), correction=0, keepdim=True)
    stack = image.shape[1] > 1
    match int(kind * (4 if stack else 3)):
        case 0:
            plane.copy_(_fold(plane, mean, spread, how))
        case 1:
            plane.copy_(_stain(plane, mean, spread, how))
        case 2:
            flat = (mean + (how[0] - 0.5) * spread).expand_as(plane)
            if stack:
                plane.copy_(flat)
            else:
                hole = _rectangle(plane, how)
                plane[hole] = flat[hole]
                target[number][hole[1:]] = IGNORE
        case _:
            plane.copy_(mean + _between(*GAIN, how[0]) * (plane - mean))


def _fold(plane: Tensor, mean: Tensor, spread: Tensor, how: Sequence[float]) -> Tensor:
    """Lay a band over a plane, through any point of it and at any angle."""
    angle, width = how[0] * math.pi, _between(*FOLD, how[1])
    rows, columns = _from(plane, how[2], how[3])
    distance = (columns * math.cos(angle) + rows * math.sin(angle)).abs()
    band = ((width / 2 - distance) / EDGE + 0.5).clamp(0, 1)
    sign = -1 if how[4] < 0.5 else 1
    return torch.lerp(plane, mean + sign * (1.5 + how[5]) * spread, band)


def _stain(plane: Tensor, mean: Tensor, spread: Tensor, how: Sequence[float]) -> Tensor:
    """Take contrast and brightness from a blob."""
    width = _between(*STAIN, how[1]) * max(plane.shape[1:])
    rows, columns = _from(plane, how[2], how[3])
    blob = torch.exp(-0.5 * (rows**2 + columns**2) / width**2)
    faded = torch.lerp(plane, mean, (0.5 + 0.5 * how[4]) * blob)
    return faded - 2 * how[5] * spread * blob


def _rectangle(plane: Tensor, how: Sequence[float]) -> tuple[slice, ...]:
    """All channels of a part of a plane."""
    spans = [slice(None)]
    for n, size, at in zip(plane.shape[1:], how[1:3], how[3:5], strict=True):
        length = max(1, round(_between(*MISSING, size) * n))
        start = int(at * (n - length + 1))
        spans.append(slice(start, start + length))
    return tuple(spans)


def _from(plane: Tensor, y: float, x: float) -> tuple[Tensor, Tensor]:
    """Rows and columns counted from a place, given in edges of the plane."""
    height, width = plane.shape[1:]
    rows = torch.arange(height, device=plane.device, dtype=plane.dtype) - y * (height - 1)
    columns = torch.arange(width, device=plane.device, dtype=plane.dtype) - x * (width - 1)
    return rows[:, None], columns


def _between(low: float, high: float, part: float) -> float:
    return low + (high - low) * part
