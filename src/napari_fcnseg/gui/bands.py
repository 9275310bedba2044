"""Contours along which a probability has certain values, as on a map."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Layer, Shapes
from napari.utils.colormaps import ensure_colormap

from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.layers import visible_part
from napari_fcnseg.gui.overlay import place
from napari_fcnseg.gui.picture import Picture, Pictured
from napari_fcnseg.images.full_scale import full_scale
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.refine.display import probability_bands

MOST = 1024  # pixels along each edge: more contours than these cannot be told apart, nor drawn
COLOURS = "turbo"
WIDTH = 1 / 500  # of a line, as a part of what is on screen


@dataclass
class Bands(Picture):
    """Contours of what is on screen; see `napari_fcnseg.refine.display.probability_bands`.

    Attributes
    ----------
    viewer
        napari's viewer.
    source, image
        The layer with the probabilities, and its pixels.
    channel
        Of the class.
    levels
        Probabilities, between 0 and 1.
    """

    viewer: Viewer
    source: ImageLayer
    image: Image
    channel: int
    levels: Sequence[float]

    @property
    def sources(self) -> tuple[Layer, ...]:
        """Layers that they are made of."""
        return (self.source,)

    def spans(self) -> Spans:
        """Return what is on screen, or the middle of it."""
        return visible_part(self.viewer, self.source, self.image, MOST)

    def steps(self, spans: Spans) -> Steps[Event]:
        """Find contours."""
        return Steps(self._run(spans))

    def _run(self, spans: Spans) -> Generator[Event, None, None]:
        size = [stop - start for start, stop in spans[-2:]]
        values = self.image.read(spans)[self.channel].reshape(size)
        shares = values.astype(np.float32) / np.float32(full_scale(values.dtype))
        found = probability_bands(shares, self.levels)
        where = ", ".join(f"{a} {i}-{j}" for a, (i, j) in zip("YX", spans[-2:], strict=True))
        count = sum(map(len, found.values()))
        yield Pictured(spans, found, f"{count:,} contours in {where}, from blue to red")

    def show(self, made: Pictured) -> None:
        """Put contours into the layer, as paths, in place of those of another part."""
        if self.layer is None:
            placed = place(self.image, self.image.kept, self.source)
            name = f"{self.source.name} bands"
            self.layer = Shapes(ndim=len(self.image.kept), name=name, **placed)
            self.viewer.add_layer(self.layer)
        corner = [start for start, _ in made.spans]
        paths, levels = [], []
        for level, contours in made.found.items():
            for contour in contours:
                path = np.tile(np.array(corner, float), (len(contour), 1))
                path[:, -2:] += contour
                paths.append(path)
                levels.append(level)
        self.layer.data = []
        if paths:
            colours = ensure_colormap(COLOURS).map(np.array(levels))
            width = WIDTH * max(stop - start for start, stop in made.spans[-2:])
            self.layer.add_paths(paths, edge_width=width, edge_color=colours)
            self.layer.features = {"probability": levels}
