"""Whether an image is as bright, and as rich in contrast, as what a model has learned from."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import PERCENTILES, Normalisation
from napari_fcnseg.inference.finding import Finding, Fix
from napari_fcnseg.models.model import Model

FAR = 2.0  # times weaker or stronger contrast than learned
STEPS = np.linspace(5, 95, 19)  # percentiles of the shape of a histogram
FEW = 1000  # pixels of a model's sample that tell nothing
SKEWED, ALIKE = 0.2, 0.5  # how unlike histograms are, and how much less so once one is inverted


def compare_values(model: Model, image: Image, sample: NDArray[np.generic]) -> Iterator[Finding]:
    """Compare grey values.

    Parameters
    ----------
    model
        Its normalisation tells what it has learned from, and its own sample what that looks like.
    image
        For its name.
    sample
        Pixels of the image, shape ``(channels, n)``.
    """
    learned = model.normalisation
    for channel, values in enumerate(sample):
        which = f"channel {channel} of {image.name}" if len(sample) > 1 else image.name
        finite = values[np.isfinite(values)].astype(np.float64)
        if not len(finite):
            continue
        if finite.min() == finite.max():
            text = f"{which} is {finite[0]:g} wherever it was looked at: it may be empty"
            yield Finding("grey values", text)
            return
        found = [*_inverted(model, which, channel, finite)]
        if isinstance(learned, Normalisation) and not learned.each:
            found += _range(model, learned, which, channel, finite)
        if found:  # others will be alike
            yield from found
            return


def _range(
    model: Model, learned: Normalisation, which: str, channel: int, values: NDArray[np.float64]
) -> Iterator[Finding]:
    """Compare the range of grey values with that which was learned from."""
    offset, scale = learned.offset[channel], learned.scale[channel]
    low, high = np.percentile(values, PERCENTILES)
    if learned.kind == "percentile":
        middle, half = (low + high) / 2, (high - low) / 2
    else:
        middle, half = values.mean(), values.std()
    contrast = half / scale
    moved = (middle - offset) / max(scale, half)
    if 1 / FAR <= contrast <= FAR and abs(moved) <= 1:
        return
    if abs(moved) > 1:
        unlike = "brighter" if moved > 0 else "darker"
    else:
        times = contrast if contrast > 1 else 1 / max(contrast, 1e-3)
        unlike = f"{times:.1f} times {'richer' if contrast > 1 else 'poorer'} in contrast"
    reach = 1.0 if learned.kind == "percentile" else 2.0
    yield Finding(
        "grey values",
        f"{which} has grey values of {low:.4g} to {high:.4g}; {model.name} has learned from "
        f"{offset - reach * scale:.4g} to {offset + reach * scale:.4g}: this is {unlike}",
        fixes=(Fix("own values", "Use its own grey values"),),
    )


def _inverted(
    model: Model, which: str, channel: int, values: NDArray[np.float64]
) -> Iterator[Finding]:
    """Say so where what was dark in the model's own sample seems to be bright, and the reverse."""
    if channel >= len(model.sample) or model.sample[channel].size < FEW:
        return
    own, other = _shape(model.sample[channel].astype(np.float64).ravel()), _shape(values)
    as_it_is, inverted = np.abs(own - other).mean(), np.abs(own + other[::-1]).mean()
    if as_it_is > SKEWED and inverted < ALIKE * as_it_is:
        yield Finding(
            "inverted",
            f"{which} looks inverted: its histogram is like that of the sample of {model.name} "
            "with dark and bright exchanged. If so, invert it first",
        )


def _shape(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percentiles, of values that run from -1 to 1."""
    low, high = np.percentile(values, PERCENTILES)
    steps = np.percentile(values, STEPS)
    found: NDArray[np.float64] = (2 * steps - low - high) / max(high - low, 1e-9)
    return found
