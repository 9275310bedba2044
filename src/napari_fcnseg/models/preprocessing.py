"""Normalisation in the words of the bioimage.io spec."""

from typing import Any

from bioimageio.spec.model import v0_5 as spec

from napari_fcnseg.images.normalise import PERCENTILES, Normalisation

SMALLEST_STD = 1e-6  # that the spec allows; images in physical units go below it
EPS = 1e-20  # the spec adds some number above 0 to what is divided by


def preprocessing(normalisation: Normalisation, axes: str) -> list[Any]:
    """Return what is to be done to raw pixels before the network sees them.

    Parameters
    ----------
    normalisation
        Fixed, or that of each image.
    axes
        Axes of space, ``"yx"`` or ``"zyx"``; an image is normalised over all of them.
    """
    if normalisation.each:
        return _of_each(normalisation.kind, [spec.AxisId(a) for a in axes])
    axis, mean, std = spec.AxisId("channel"), normalisation.offset, normalisation.scale
    if min(std) >= SMALLEST_STD:
        fixed = spec.FixedZeroMeanUnitVarianceAlongAxisKwargs(
            axis=axis, mean=list(mean), std=list(std)
        )
        return [spec.FixedZeroMeanUnitVarianceDescr(kwargs=fixed)]
    gain = [1 / s for s in std]
    offset = [-m / s for m, s in zip(mean, std, strict=True)]
    linear = spec.ScaleLinearAlongAxisKwargs(axis=axis, gain=gain, offset=offset)
    return [spec.ScaleLinearDescr(kwargs=linear)]


def _of_each(kind: str, axes: list[Any]) -> list[Any]:
    if kind == "mean_std":
        own = spec.ZeroMeanUnitVarianceKwargs(axes=axes, eps=EPS)
        return [spec.ZeroMeanUnitVarianceDescr(kwargs=own)]
    low, high = PERCENTILES
    to_one = spec.ScaleRangeKwargs(axes=axes, min_percentile=low, max_percentile=high, eps=EPS)
    to_both = spec.ScaleLinearKwargs(gain=2.0, offset=-1.0)
    return [spec.ScaleRangeDescr(kwargs=to_one), spec.ScaleLinearDescr(kwargs=to_both)]
