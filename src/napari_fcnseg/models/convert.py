"""Weights that other tools run: TorchScript and ONNX, compared with the network itself."""

import copy
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.compare import TOLERANCE
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.geometry import legal_size

Format = Literal["torchscript", "onnx"]
AT_LEAST = 40  # pixels along Y and X of what is compared
MISSING = (
    "to write ONNX weights onnx, onnxscript and onnxruntime are needed: "
    'pip install "napari-fcnseg[onnx]"'
)


def write_torchscript(net: SegmentationNet, path: Path) -> None:
    """Write a network as TorchScript.

    Parameters
    ----------
    net
        On the CPU.
    path
        Of the file.

    Raises
    ------
    ModelError
        If what was written does not give what the network gives, in inputs of other sizes, too.
    """
    net = copy.deepcopy(net).eval()
    first, *others = _probes(net)
    with _writing(net, "TorchScript"):
        traced = torch.jit.trace(net, first, check_trace=False)
        torch.jit.save(traced, path)
        read = torch.jit.load(path)
        _compare(net, lambda x: read(x).numpy(), [first, *others])


def write_onnx(net: SegmentationNet, path: Path) -> int:
    """Write a network as ONNX, for batches and images of any legal size.

    Parameters
    ----------
    net
        On the CPU.
    path
        Of the file, which holds all weights.

    Returns
    -------
    int
        Version of the operators.

    Raises
    ------
    ModelError
        If onnx, onnxscript or onnxruntime are missing, or if what was written does not give what
        the network gives in onnxruntime.
    """
    try:
        import onnxruntime as runtime
        import onnxscript  # noqa: F401  what PyTorch writes ONNX with
    except ImportError as error:
        raise ModelError(MISSING) from error
    net = copy.deepcopy(net).eval()
    *probes, last = _probes(net)
    free = dict.fromkeys((0, *range(2, 2 + net.ndim)), torch.export.Dim.DYNAMIC)
    with _writing(net, "ONNX"):
        program = torch.onnx.export(
            net,
            (last,),
            dynamo=True,
            dynamic_shapes=(free,),
            input_names=["raw"],
            output_names=["logits"],
            verbose=False,
        )
        assert program is not None
        program.save(path, external_data=False)
        session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        _compare(net, lambda x: session.run(None, {"raw": x.numpy()})[0], [*probes, last])
    opset: int = program.model.opset_imports[""]
    return opset


def _probes(net: SegmentationNet) -> Iterator[Tensor]:
    """Noise of several sizes; the last is a batch, as large along no axis as along another."""
    rng = torch.Generator().manual_seed(0)
    for batch, more in ((1, (0, 0, 0)), (1, (1, 1, 1)), (2, (2, 3, 4))):
        sizes = [
            legal_size(2 * a.margin + (AT_LEAST if i >= net.ndim - 2 else 1), a.min_size, a.stride)
            + a.stride * more[i]
            for i, a in enumerate(net.geometry)
        ]
        yield torch.randn(batch, net.in_channels, *sizes, generator=rng)


def _compare(net: SegmentationNet, run: Callable[[Tensor], Any], probes: Sequence[Tensor]) -> None:
    """Raise `ValueError` unless something else gives the probabilities of the network."""
    for x in probes:
        wanted = net(x).softmax(1)
        found = torch.from_numpy(np.array(run(x))).softmax(1)
        if found.shape != wanted.shape:
            raise ValueError(f"of {tuple(x.shape)} it makes {tuple(found.shape)}")
        off = float((found - wanted).abs().max())
        if not off <= TOLERANCE:
            raise ValueError(f"of {tuple(x.shape)} its probabilities are off by {off:.2g}")


@contextmanager
def _writing(net: SegmentationNet, what: str) -> Iterator[None]:
    """Say for a person what went wrong, and leave out what exporters say to their developers."""
    if net.fitted:
        raise ModelError(
            f"{net.name} is no network and cannot be written as {what}: leave this format out, or "
            "train a network on the same strokes"
        )
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:  # exporters fail in many ways
        said = str(error).strip().splitlines()[-1]
        raise ModelError(
            f"{net.name} cannot be written as {what} ({said}): leave this format out"
        ) from error
    finally:
        logger.setLevel(level)
