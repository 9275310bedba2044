"""Augmentation on the training device, in one resampling."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.nets.geometry import AxisGeometry, legal_size
from napari_fcnseg.training.defects import add_defects
from napari_fcnseg.training.intensity import change_intensity
from napari_fcnseg.training.recipe import Recipe

ELASTIC_GRID = 3  # random displacements on a coarse 3 x 3 grid with a standard deviation
ELASTIC_SD = 10.0  # of 10 pixels, as Ronneberger et al. 2015, section 3.1


def patch_size(geometry: Sequence[AxisGeometry], recipe: Recipe) -> tuple[int, ...]:
    """Legal size of what a training patch shows, ``(Y, X)`` or ``(Z, Y, X)``; Y and X are equal."""
    *slices, rows, _ = geometry
    asked = [recipe.slices or (1 if a.margin else max(a.field)) for a in slices]
    along = zip([*asked, recipe.patch, recipe.patch], [*slices, rows, rows], strict=True)
    return tuple(legal_size(n + 2 * a.margin, a.min_size, a.stride) for n, a in along)


def window_size(patch: int, recipe: Recipe) -> int:
    """Edge of the window that a warped patch of edge `patch` is cut from."""
    reach = patch * (1 + recipe.scale) * (math.sqrt(2) if recipe.rotate == "any" else 1)
    if recipe.elastic:
        reach += 2 * ELASTIC_SD
    return patch + 2 * math.ceil((reach - patch) / 2)  # an even margin keeps the centre


def augment(
    images: Tensor,
    targets: Tensor,
    patch: int,
    recipe: Recipe,
    rng: torch.Generator,
    borders: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Warp and change a batch; the centre `patch` of each window is returned.

    Parameters
    ----------
    images
        Normalised windows, shape ``(N, channels, size, size)``, on any device; of a stack
        ``(N, channels, Z, size, size)``: all slices are warped alike, and mirrored in Z.
    targets
        Class indices, shape ``(N, size, size)`` or ``(N, Z, size, size)``; -1 where
        unlabelled.
    patch
        Edge of the result in pixels.
    recipe
        Strengths and probabilities.
    rng
        Generator on the CPU, so that every device draws the same numbers.
    borders
        What border weights add, of the shape of `targets`, if wanted.

    Returns
    -------
    images, targets, borders : Tensor
        As they went in, Y and X of `patch` pixels. Images and borders are resampled bilinearly,
        targets by the nearest pixel; from outside the window come -1 and no added weight, and -1
        where a defect leaves nothing to see.
    """
    grid = _grid(len(images), patch, recipe, rng).to(images.device) / (images.shape[-1] / 2)
    space = (*images.shape[2:-2], patch, patch)
    planes = F.grid_sample(
        images.flatten(1, -3), grid, padding_mode="reflection", align_corners=False
    )
    x = planes.view(*images.shape[:2], *space)
    shifted = (targets - IGNORE).to(x.dtype)  # 0 is what grid_sample pads with
    shifted = shifted.view(len(x), -1, *targets.shape[-2:])
    shifted = F.grid_sample(shifted, grid, mode="nearest", align_corners=False)
    y = shifted.view(-1, *space).round().long() + IGNORE
    if borders is not None:
        stacked = borders.view(len(x), -1, *borders.shape[-2:])
        borders = F.grid_sample(stacked, grid, align_corners=False).view(-1, *space)
    if len(space) == 3 and recipe.flip:
        turned = torch.randint(0, 2, (len(x),), generator=rng).bool().to(x.device)
        x = torch.where(turned.view(-1, 1, 1, 1, 1), x.flip(2), x)
        y = torch.where(turned.view(-1, 1, 1, 1), y.flip(1), y)
        if borders is not None:
            borders = torch.where(turned.view(-1, 1, 1, 1), borders.flip(1), borders)
    if recipe.defects:
        x, y = add_defects(x, y, recipe.defects, rng)
    return change_intensity(x, recipe, rng), y, borders


def _grid(count: int, patch: int, recipe: Recipe, rng: torch.Generator) -> Tensor:
    """Place the samples: ``(N, patch, patch, 2)``, x first, in pixels from the window's centre."""
    line = torch.arange(patch) - (patch - 1) / 2
    points = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1).expand(
        count, -1, -1, -1
    )
    angle = torch.zeros(count)
    if recipe.rotate == "right":
        angle = torch.randint(0, 4, (count,), generator=rng) * (math.pi / 2)
    elif recipe.rotate == "any":
        angle = torch.rand(count, generator=rng) * (2 * math.pi)
    mirror = torch.ones(count)
    if recipe.flip:
        mirror = 1 - 2 * torch.randint(0, 2, (count,), generator=rng).float()
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos * mirror, -sin, sin * mirror, cos], dim=-1).view(count, 1, 2, 2)
    points = (turn[:, None] @ points[..., None])[..., 0]
    if recipe.scale:
        zoom = torch.rand(count, generator=rng).mul_(2).sub_(1) * math.log1p(recipe.scale)
        points = points * zoom.exp().view(-1, 1, 1, 1)
    if recipe.elastic:
        bent = torch.rand(count, generator=rng) < recipe.elastic
        coarse = torch.randn(count, 2, ELASTIC_GRID, ELASTIC_GRID, generator=rng) * ELASTIC_SD
        shift = F.interpolate(coarse, size=(patch, patch), mode="bicubic", align_corners=True)
        points = points + shift.movedim(1, -1) * bent.view(-1, 1, 1, 1)
    return points
