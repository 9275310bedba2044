"""Do beforehand what takes a second or more when it is done for the first time."""

from contextlib import suppress

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


def prepare_labels() -> None:
    """Do what is done for the first layer of labels: colours are compiled, dashes computed."""
    from skimage.color import rgb2lab  # noqa: F401

    with suppress(ImportError):  # another vispy may have no such module
        from vispy.visuals.line.dash_atlas import DashAtlas

        DashAtlas()  # type: ignore[no-untyped-call]  # of the outline of a polygon brush
    class_table([default_class(1)])["colormap"].map(np.ones((1, 1), np.uint8))


def warm_up() -> None:
    """Do both."""
    load_training()
    prepare_labels()
