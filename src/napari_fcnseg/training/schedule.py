"""Learning rate over the budget."""

import math

FINAL = 0.01
AGAIN = 0.3  # of the peak, when held-out labels begin to train


def rate_factor(progress: float, warm_up: float, refit: float = 0.0) -> float:
    """Factor of the peak rate: linear up over `warm_up`, then a cosine down to 1 %.

    The cosine is that of Loshchilov and Hutter 2017 (equation 5), without restarts. In the last
    part of the budget, `refit`, it falls once more, from 30 %. `progress` runs from 0 to 1 over the
    budget.
    """
    if refit and progress >= 1 - refit:
        return AGAIN * _fall((progress - 1 + refit) / refit)
    progress = progress / (1 - refit)
    if progress < warm_up:
        return FINAL + (1 - FINAL) * progress / warm_up
    return _fall((progress - warm_up) / (1 - warm_up))


def _fall(part: float) -> float:
    return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * min(1.0, part))) / 2
