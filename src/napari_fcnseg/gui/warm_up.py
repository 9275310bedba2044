"""Do beforehand what takes a second or more when it is done for the first time."""

import numpy as np

from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.gui.layers import class_table


def load_training() -> None:
    """Import what a training needs.

    Making an optimiser imports a thousand modules, random forests as many.
    """
    import sklearn.ensemble  # noqa: F401
    import torch

    torch.optim.AdamW([torch.zeros(1, requires_grad=True)])


def compile_colours() -> None:
    """Have napari compile what gives labels their colours, as it does for its first layer."""
    class_table([default_class(1)])["colormap"].map(np.ones((1, 1), np.uint8))


def warm_up() -> None:
    """Do both."""
    load_training()
    compile_colours()
