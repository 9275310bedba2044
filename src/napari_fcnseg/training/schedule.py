"""Learning rate over the budget."""

import math

FINAL = 0.01


def rate_factor(progress: float, warm_up: float) -> float:
    """Factor of the peak rate: linear up over `warm_up`, then a cosine down to 1 %.

    `progress` runs from 0 to 1 over the budget.
    """
    if progress < warm_up:
        return FINAL + (1 - FINAL) * progress / warm_up
    part = (progress - warm_up) / (1 - warm_up)
    return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * min(1.0, part))) / 2
