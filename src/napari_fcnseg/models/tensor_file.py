"""Tensors and plain data in a file."""

from pathlib import Path
from typing import Any

import torch

from napari_fcnseg.images.whole import whole_file


def save_tensors(state: dict[str, Any], path: Path) -> None:
    """Write tensors and plain data; the file takes its name when it is whole.

    Parameters
    ----------
    state
        What ``torch.load`` will give with ``weights_only``.
    path
        Name of the file; what is there is replaced.

    Raises
    ------
    OutputError
        If it cannot be written; what is there stays.
    """
    with whole_file(path) as growing:
        try:
            torch.save(state, growing)
        except RuntimeError as error:  # PyTorch's word for a full disk
            raise OSError(f"PyTorch could not write all of it ({error})") from error
