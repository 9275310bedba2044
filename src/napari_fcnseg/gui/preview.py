"""What is on screen, segmented by a network as it is at the moment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.events import Event
from napari_fcnseg.gui.wishes import Errand
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.models.model import Model


@dataclass(frozen=True)
class Look:
    """What a person looks at, and whether to see how unsure the network is of it."""

    spans: Spans
    unsure: bool = False


@dataclass(frozen=True)
class Preview(Event):
    """Labels of a part of the image, as the network sees them now, or sees them at last.

    ``unsure`` is the entropy of each pixel, 0 to 1, where it was asked for.
    """

    spans: Spans
    labels: NDArray[np.uint8] = field(repr=False)
    model: Model = field(repr=False)
    unsure: NDArray[np.float32] | None = field(repr=False, default=None)
    final: bool = False


def make_preview(
    model: Model, image: Image, look: Look, device: str, final: bool = False
) -> Preview:
    """Predict what is looked at."""
    size = [stop - start for start, stop in look.spans]
    labels, unsure = np.zeros(size, np.uint8), np.zeros(size, np.float32)
    out: dict[str, Any] = {"labels": labels} | ({"entropy": unsure} if look.unsure else {})
    predict(model, image, out, region=look.spans, device=device).wait()
    return Preview(look.spans, labels, model, unsure if look.unsure else None, final)


def looking(image: Image, look: Look, device: str) -> Errand:
    """Return what makes a preview by itself."""

    def work(model: Model) -> Iterator[Event]:
        yield make_preview(model, image, look, device, final=True)

    return work
