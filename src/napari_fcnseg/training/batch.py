"""How many patches a step has, by the memory that there is."""

import torch

from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.costs import memory
from napari_fcnseg.nets.device_memory import available_memory
from napari_fcnseg.training.augment import patch_size
from napari_fcnseg.training.recipe import Recipe

MOST = 64  # patches, where a recipe leaves it open
UNKNOWN = 8  # where nobody tells how much memory there is
SHARE = 0.8  # of what is available; a convolution needs some to work in


def choose_batch(net: SegmentationNet, recipe: Recipe, device: torch.device) -> tuple[int, int]:
    """Patches of a step, and the parts that they have to be computed in; see `Accumulation`.

    Memory is counted in float32, without numbers. A CUDA card says when it runs out, and nothing
    is counted beforehand unless the recipe asks for as many patches as fit. A processor does
    not: Linux gives out more memory than there is and ends who uses it.

    Parameters
    ----------
    net
        What learns.
    recipe
        Its batch, or 0 for the largest power of two that fits, 64 at most; and its patches.
    device
        Has the memory.

    Returns
    -------
    batch, parts : int
        The smallest number of parts that fit, or as many as the network allows.
    """
    available = None if recipe.batch and device.type == "cuda" else available_memory(device)
    if available is None:
        return recipe.batch or max(UNKNOWN, net.min_batch), 1
    size = patch_size(net.geometry, recipe)

    def fits(patches: int) -> bool:
        return memory(net, size, patches, train=True) <= SHARE * available

    if not recipe.batch:
        batch = MOST
        while batch // 2 >= net.min_batch and not fits(batch):
            batch //= 2
        return batch, 1
    parts, most = 1, recipe.batch // net.min_batch
    while parts < most and not fits(-(-recipe.batch // parts)):
        parts = min(2 * parts, most)
    return recipe.batch, parts
