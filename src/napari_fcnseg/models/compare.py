"""Whether a model still gives the test output that is stored beside it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import GET_AGAIN, ModelError

TOLERANCE = 1e-4  # of a probability, or of the largest score


def check_output(found: NDArray[Any], stored: NDArray[Any], where: str) -> None:
    """Raise `ModelError` unless a model gives its stored test output."""
    if stored.shape != found.shape:
        raise ModelError(
            f"{where} has the shape {stored.shape}, the model gives {found.shape}; {GET_AGAIN}"
        )
    size = max(1.0, float(np.abs(found).max(initial=0)))  # scores may be large
    difference = float(np.abs(found - stored).max(initial=0)) / size
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{where}: what the model gives differs from its stored test output by "
            f"{difference:.2g}; it was damaged, or these versions compute something else: get it "
            "again, or update"
        )
