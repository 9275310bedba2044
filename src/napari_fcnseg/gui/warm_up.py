"""Load beforehand what a training loads when it begins."""


def warm_up() -> None:
    """Import what takes seconds, and stops everything else for a part of each.

    Making an optimiser imports a thousand modules, random forests as many.
    """
    import sklearn.ensemble  # noqa: F401
    import torch

    torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
