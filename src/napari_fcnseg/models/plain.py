"""Plain data out of files that a stranger may have made."""

import io
import math
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.errors import GET_AGAIN, ModelError
from napari_fcnseg.models.archive import repacked
from napari_fcnseg.models.yaml_core import CoreLoader

LONGEST = 2**23  # bytes of a description
PARTS = 2**20  # values in it, where what is named twice counts twice
DEEPEST = 64  # lists within lists
SLACK = 2**20  # bytes around the numbers of a file with tensors


def read_yaml(data: bytes, where: str) -> dict[str, Any]:
    """Return what a description says; tags that would run code are an error.

    Raises
    ------
    ModelError
        If it is no YAML, no mapping, nests or repeats itself without end.
    """
    try:
        found = yaml.load(data, CoreLoader)
        _count(found, 0, {})
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        said = " ".join(str(error).split())
        raise ModelError(f"{where} is no description of a model: {said}; {GET_AGAIN}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{where} is no description of a model: it is no mapping; {GET_AGAIN}")
    return found


def dig(value: Any, *keys: str) -> Any:
    """Value at nested keys of plain data; ``None`` where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _count(value: Any, depth: int, known: dict[int, int]) -> int:
    """How many values there are in `value`, as if nothing were named twice."""
    if not isinstance(value, dict | list | tuple | set):
        return 1
    if depth > DEEPEST:
        raise ValueError("it nests too deeply, or contains itself")
    if id(value) not in known:
        inner = [*value.values()] if isinstance(value, dict) else list(value)
        known[id(value)] = 1 + sum(_count(v, depth + 1, known) for v in inner)
    if known[id(value)] > PARTS:
        raise ValueError("it repeats itself millions of times")
    return known[id(value)]


def read_array(data: bytes, where: str) -> NDArray[Any]:
    """Return the array of a ``.npy`` file; objects are an error.

    Raises
    ------
    ModelError
        If it is none, or does not have the numbers that its header promises.
    """
    try:
        file = io.BytesIO(data)
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}
        shape, _, dtype = read.get(version, np.lib.format.read_array_header_2_0)(file)
        if dtype.hasobject or math.prod(shape) * dtype.itemsize > len(data):
            raise ValueError(f"its header promises {shape} numbers of {dtype}")
        file.seek(0)
        array: NDArray[Any] = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, TypeError, SyntaxError, MemoryError) as error:
        raise ModelError(f"{where} is no array: {error}; {GET_AGAIN}") from error
    return array


def read_tensors(data: bytes, size: int, where: str) -> dict[str, Tensor]:
    """Return the tensors of a state dict; nothing of it is executed.

    Parameters
    ----------
    data
        What ``torch.save`` wrote.
    size
        Bytes of the tensors that are expected: a file that promises more is not read.
    where
        For messages.

    Raises
    ------
    ModelError
        If it holds anything else than tensors by name, or more than expected.
    """
    data, files = repacked(data, where)
    promised = sum(map(len, files.values()))
    if promised > size + SLACK + size // 10:
        raise ModelError(
            f"{where} holds {promised} bytes, the network that is described {size}: these are the "
            f"weights of another network; {GET_AGAIN}"
        )
    try:
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch refuses what is not plain in many ways
        said = str(error).splitlines()[0]
        raise ModelError(
            f"{where} holds more than tensors, or is damaged, and was not read ({said}). Weights "
            "of a model are a state dict saved by torch.save"
        ) from error
    if not isinstance(found, dict) or not all(
        isinstance(k, str) and isinstance(v, Tensor) for k, v in found.items()
    ):
        raise ModelError(f"{where} holds something else than tensors by name; save a state dict")
    return found
