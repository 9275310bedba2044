"""A layer over an image that is computed only where somebody looks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import zarr
from napari import Viewer
from napari.layers import Layer
from numpy.typing import NDArray
from zarr.storage import MemoryStore

from napari_fcnseg.gui.overlay import follow, still_selected
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.refresh import Refresher
from napari_fcnseg.images.grid import Spans

CHUNK = 512
RESTS_ON = "napari-fcnseg: shows what was seen of"  # in a layer's metadata


class SparseLayer:
    """Shows parts of an image as they come; lies below the layer that is painted on.

    Parameters
    ----------
    viewer
        napari's viewer.
    painting
        What it lies on.
    name
        Of the layer. One of the same kind and name is used again, emptied.
    dtype
        Of its pixels.
    add
        Adds the layer with its data to the viewer.

    Attributes
    ----------
    layer
        What is shown.
    """

    def __init__(
        self,
        viewer: Viewer,
        painting: Painting,
        name: str,
        dtype: Any,
        add: Callable[[Any], Layer],
    ) -> None:
        self._shape, self._dtype = painting.image.kept_shape, np.dtype(dtype)
        self._layers, self._painting = viewer.layers, painting
        with still_selected(viewer):
            self.layer = self._found(name) or add(self._empty())
            layers, below = viewer.layers, painting.layer
            if below in layers and layers.index(self.layer) > layers.index(below):
                layers.move(layers.index(self.layer), layers.index(below))
        self._refresh = Refresher(self.layer)

    @property
    def there(self) -> bool:
        """Whether nobody has removed the layer."""
        return self.layer in self._layers

    def put(self, spans: Spans, pixels: NDArray[Any], alone: bool = False) -> None:
        """Show a part; `alone`: nothing else any more, as it was seen by an earlier network."""
        if alone:
            self.layer.data = self._empty()
        self.layer.data[tuple(slice(*span) for span in spans)] = pixels
        image, source = self._painting.image, self._painting.source
        follow(self.layer, image, image.kept, source)
        self._refresh(now=True)

    def rest(self) -> None:
        """Nothing comes any more: what is segmented in full takes its place, see `give_place`."""
        self.layer.metadata[RESTS_ON] = str(self._painting.source.unique_id)

    def _found(self, name: str) -> Layer | None:
        for layer in self._layers:
            data = layer.data
            alike = getattr(data, "shape", None) == self._shape and data.dtype == self._dtype
            if layer.name == name and alike:
                layer.data = self._empty()
                layer.metadata.pop(RESTS_ON, None)
                layer.visible = True
                return layer
        return None

    def _empty(self) -> Any:
        """Pixels in memory; only chunks that were written take room."""
        shape = self._shape
        chunks = tuple(min(n, CHUNK) if i >= len(shape) - 2 else 1 for i, n in enumerate(shape))
        return zarr.create_array(MemoryStore(), shape=shape, chunks=chunks, dtype=self._dtype)


def give_place(viewer: Viewer, source: Layer | None) -> None:
    """Hide what was seen of a layer while a network learned: two labels over it would mix."""
    rests = source and str(source.unique_id)
    for layer in viewer.layers:
        if rests and layer.metadata.get(RESTS_ON) == rests:
            layer.visible = False
