"""The input and output of a model in the words of the bioimage.io spec, and its test input."""

from pathlib import Path
from typing import Any

import numpy as np
from bioimageio.spec.model import v0_5 as spec
from numpy.typing import NDArray

from napari_fcnseg.images.normalise import PERCENTILES
from napari_fcnseg.models.model import Model, sample_size, told_halo
from napari_fcnseg.models.preprocessing import preprocessing
from napari_fcnseg.nets.geometry import legal_size

SMALLEST_VALUE = 1e-4  # that the spec wants in a test tensor, and heights in metres do not have
INPUT, OUTPUT = spec.TensorId("raw"), spec.TensorId("probabilities")


def make_sample(model: Model) -> NDArray[np.float32]:
    """Return raw pixels ``(channels, *space)`` to test a model with: its sample, or noise."""
    sample = model.sample if _tells(model) else _noise(model)
    if np.abs(sample).max() < SMALLEST_VALUE:
        sample = sample.copy()
        sample.flat[0] = 2 * SMALLEST_VALUE
    return sample


def describe_input(model: Model, folder: Path) -> spec.InputTensorDescr:
    """Describe the input, whose test tensor is in `folder`."""
    channels = [f"channel{i}" for i in range(model.net.in_channels)]
    sizes = [
        spec.ParameterizedSize(
            min=legal_size(2 * told_halo(a) + 1, a.min_size, a.stride), step=a.stride
        )
        for a in model.net.geometry
    ]
    return spec.InputTensorDescr(
        id=INPUT,
        axes=[
            spec.BatchAxis(),
            spec.ChannelAxis(channel_names=[spec.Identifier(c) for c in channels]),
            *(
                spec.SpaceInputAxis(id=spec.AxisId(a), size=size, **_scale(model, a))
                for a, size in zip("zyx"[-model.net.ndim :], sizes, strict=True)
            ),
        ],
        test_tensor=spec.FileDescr(source=folder / "test_input.npy"),
        data=spec.IntervalOrRatioDataDescr(type="float32"),
        preprocessing=preprocessing(model.own_normalisation, "zyx"[-model.net.ndim :]),
    )


def describe_output(model: Model, folder: Path) -> spec.OutputTensorDescr:
    """Describe the output, whose test tensor is in `folder`."""
    axes: list[Any] = [
        spec.BatchAxis(),
        spec.ChannelAxis(channel_names=[spec.Identifier(f"class{c.id}") for c in model.classes]),
    ]
    for name, a in zip("zyx"[-model.net.ndim :], model.net.geometry, strict=True):
        axis = spec.AxisId(name)
        size = spec.SizeReference(tensor_id=INPUT, axis_id=axis, offset=-2 * a.margin)
        halo = told_halo(a) - a.margin
        axes.append(
            spec.SpaceOutputAxisWithHalo(id=axis, size=size, halo=halo, **_scale(model, name))
            if halo
            else spec.SpaceOutputAxis(id=axis, size=size, **_scale(model, name))
        )
    return spec.OutputTensorDescr(
        id=OUTPUT,
        axes=axes,
        test_tensor=spec.FileDescr(source=folder / "test_output.npy"),
        data=spec.IntervalOrRatioDataDescr(type="float32", range=(0.0, 1.0)),
        postprocessing=[spec.SoftmaxDescr(kwargs=spec.SoftmaxKwargs(axis=spec.AxisId("channel")))],
    )


def _scale(model: Model, axis: str) -> Any:
    """Pixel size along an axis in the words of the spec, where it is known."""
    size = model.pixel_size
    if size is None or axis not in "yx":
        return {}
    return {"scale": size.y if axis == "y" else size.x, "unit": size.unit}


def _tells(model: Model) -> bool:
    """Whether a model has a sample, with contrast if it is normalised by itself."""
    if not model.sample.size or not model.normalisation.each:
        return bool(model.sample.size)
    low, high = np.percentile(model.sample.reshape(len(model.sample), -1), PERCENTILES, axis=1)
    return bool((low < high).all())


def _noise(model: Model) -> NDArray[np.float32]:
    """Stand-in for a sample: noise in the range of grey values that the model expects."""
    shape = (model.net.in_channels, *sample_size(model.net))
    along = (-1,) + (1,) * (len(shape) - 1)
    normalisation = model.own_normalisation
    noise = np.random.default_rng(0).standard_normal(shape)
    scale, offset = (np.reshape(v, along) for v in (normalisation.scale, normalisation.offset))
    raw: NDArray[np.float32] = (noise * scale + offset).astype(np.float32)
    return raw
