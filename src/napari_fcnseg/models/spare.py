"""A spare copy of a model: what is needed to make it again, written in a moment."""

import pickle
from pathlib import Path

import torch

from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.stored import Stored
from napari_fcnseg.models.tensor_file import save_tensors
from napari_fcnseg.nets.registry import build_net


def save_spare(model: Model, path: Path) -> None:
    """Write a model without what a package has beside it: test, cover, texts.

    That takes a second, stops other threads, and would be in the way of a training.

    Raises
    ------
    OutputError
        If it cannot be written; a copy that was there stays.
    """
    spare = {
        "name": model.name,
        "stored": Stored.of(model).model_dump(),
        "weights": model.net.state_dict(),
        "sample": torch.tensor(model.sample),
    }
    save_tensors(spare, path)


def load_spare(path: Path) -> Model:
    """Read what `save_spare` wrote.

    Raises
    ------
    ModelError
        If it is damaged, or of a newer version.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        stored = Stored.read(found["stored"], str(path))
        net = stored.net
        made = build_net(net.name, net.in_channels, net.classes, **stored.net_options)
        made.load_state_dict(found["weights"])
        sample = found["sample"].numpy()
        return Model(made.eval(), name=found["name"], sample=sample, **stored.parts())
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, LookupError) as error:
        raise ModelError(
            f"{path}, which an interrupted training left, cannot be read ({error}): remove it"
        ) from error
