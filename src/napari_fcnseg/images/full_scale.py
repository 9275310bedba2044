"""Which number stands for a probability of 1."""

from typing import Any

import numpy as np


def full_scale(dtype: np.dtype[Any]) -> float:
    """Return 1 for probabilities that are real numbers, else the largest number of the type."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)
