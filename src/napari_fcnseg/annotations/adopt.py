"""Which pixels of a prediction become labels."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def adopted(
    predicted: NDArray[np.integer],
    painted: NDArray[np.integer],
    only: int | None = None,
    seed: tuple[int, ...] | None = None,
    connected: bool = False,
    replace: bool = False,
) -> NDArray[np.bool_]:
    """Tell which pixels of a prediction are taken over.

    Parameters
    ----------
    predicted, painted
        Ids in the same window; 0 is nothing.
    only
        Take this id alone.
    seed
        Take only the id of this pixel.
    connected
        Of that, only what is connected with it, corners included.
    replace
        Also where something else is painted.
    """
    if seed is not None:
        only = int(predicted[seed])
    mask: NDArray[np.bool_] = predicted != 0
    if only is not None:
        mask &= predicted == only
    if seed is not None and connected:
        pieces, _ = ndimage.label(mask, np.ones((3,) * mask.ndim, bool))
        mask &= pieces == pieces[seed]
    mask &= predicted != painted
    if not replace:
        mask &= painted == 0
    return mask
