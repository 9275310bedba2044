"""A picture that keeps a class and blurs or fills what is outside of it."""

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fcnseg.events import BlockDone, Event, Steps
from napari_fcnseg.gui.overlay import place
from napari_fcnseg.gui.picture import Picture, Pictured
from napari_fcnseg.gui.region import SLICE, chosen_region
from napari_fcnseg.images.grid import Grid, Spans, inside, widen
from napari_fcnseg.images.image import Image
from napari_fcnseg.refine.display import portrait
from napari_fcnseg.refine.local import CUT

BLOCK = 1024  # pixels along Y and X that are computed at a time
EDGE = 1.0  # over which sharp and blurred fade into each other, as a standard deviation
LOOKS = ("contrast_limits", "gamma", "interpolation2d")


@dataclass
class Portrait(Picture):
    """Keeps a class of the current slice; see `napari_fcnseg.refine.display.portrait`.

    Attributes
    ----------
    viewer
        napari's viewer.
    source, image
        The layer that is portrayed, and its pixels.
    classes, labels
        The layer of its classes, and their ids.
    keep
        Id of the class.
    blur, outside
        Standard deviation in pixels outside of it; or the value that fills it.
    """

    viewer: Viewer
    source: ImageLayer
    image: Image
    classes: Labels
    labels: Image
    keep: int
    blur: float
    outside: float | None

    @property
    def sources(self) -> tuple[Layer, ...]:
        """Layers that it is made of."""
        return self.source, self.classes

    def spans(self) -> Spans:
        """Return the current slice."""
        spans = chosen_region(SLICE, self.viewer, self.classes, self.labels)
        assert spans is not None
        return spans

    def steps(self, spans: Spans) -> Steps[Event]:
        """Portray a slice block by block, which gives what the whole slice would give."""
        return Steps(self._run(spans))

    def _run(self, spans: Spans) -> Generator[Event, None, None]:
        sizes = [stop - start for start, stop in spans]
        found = np.empty((self.image.channels, *sizes), self.image.dtype)
        planes = found.reshape(-1, *sizes[-2:])
        margin = [math.ceil(CUT * max(self.blur, EDGE)) + 1] * 2
        grid = Grid(tuple(sizes[-2:]), (BLOCK, BLOCK))
        for number, block in enumerate(grid, 1):
            wide = widen(block, sizes[-2:], margin)
            around = (*spans[:-2], *wide)
            size = [stop - start for start, stop in wide]
            pixels = np.moveaxis(self.image.read(around).reshape(-1, *size), 0, -1)
            ids = self.labels.read(around).reshape(size)
            kept = portrait(pixels, ids, [self.keep], self.blur, self.outside, EDGE)
            rows, columns = (slice(*span) for span in block)
            planes[:, rows, columns] = np.moveaxis(kept[inside(block, wide)], -1, 0)
            yield BlockDone("portrait", number, len(grid))
        yield Pictured(spans, found)

    def show(self, made: Pictured) -> None:
        """Put a slice into the layer; it lies where it was taken from."""
        image, source, channels = self.image, self.source, "C" in self.image.axes
        order = ["C", *image.kept]
        axes = [order.index(a) for a in image.axes]
        data = made.found.transpose(axes) if channels else made.found[0]
        placed = place(image, image.axes[: source.ndim], source, made.spans)
        if self.layer is not None:
            self.layer.data, self.layer.translate = data, placed["translate"]
            return
        looks = {name: getattr(source, name) for name in LOOKS}
        if not source.rgb:
            looks["colormap"] = source.colormap
        name, colour = f"{source.name} portrait", source.rgb and channels
        self.layer = ImageLayer(data, name=name, rgb=colour, **looks, **placed)
        self.viewer.add_layer(self.layer)
