"""The current slice, segmented again and again while the network trains."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import MemoryStore

from napari_fcnseg.events import Event, Step, Steps, Trained
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.predict import predict

if TYPE_CHECKING:
    from napari_fcnseg.models.model import Model

INTERVAL = 2.0  # seconds between two previews of one slice
SHARE = 0.25  # of the time at most
CHUNK = 512


@dataclass(frozen=True)
class Preview(Event):
    """Labels of a part of the image, as the network sees them now, or sees them at last."""

    spans: Spans
    labels: NDArray[np.uint8] = field(repr=False)
    model: "Model" = field(repr=False)
    final: bool = False


def with_previews(
    start: Callable[[], Steps[Event]], image: Image, view: Callable[[], Spans], device: str
) -> Steps[Event]:
    """Add previews of what `view` returns to a training job.

    The time that previews take is not part of the training budget.
    """
    return Steps(_run(start, image, view, device))


def _run(
    start: Callable[[], Steps[Event]], image: Image, view: Callable[[], Spans], device: str
) -> Generator[Event, None, None]:
    shown: Spans = ()
    due = time.monotonic() + INTERVAL
    with closing(start()) as steps:
        for event in steps:
            yield event
            moved = shown and view() != shown
            if isinstance(event, Trained):
                yield replace(_preview(event.model, image, view(), device), final=True)
            elif isinstance(event, Step) and (moved or time.monotonic() >= due):
                began = time.monotonic()
                shown = view()
                yield _preview(event.model(), image, shown, device)
                due = time.monotonic() + max(INTERVAL, (time.monotonic() - began) / SHARE)


def _preview(model: "Model", image: Image, spans: Spans, device: str) -> Preview:
    labels = np.zeros([stop - start for start, stop in spans], np.uint8)
    predict(model, image, labels, region=spans, device=device).wait()
    return Preview(spans, labels, model)


def sparse_labels(shape: tuple[int, ...]) -> Any:
    """Labels of any size in memory; only chunks that were written take room."""
    chunks = tuple(min(n, CHUNK) if i >= len(shape) - 2 else 1 for i, n in enumerate(shape))
    return zarr.create_array(MemoryStore(), shape=shape, chunks=chunks, dtype=np.uint8)
