"""The layers that show what a network sees of what is on screen, and how unsure it is."""

from typing import Any

import numpy as np
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fcnseg.gui.layers import show_classes
from napari_fcnseg.gui.overlay import add_labels, place
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.preview import Preview
from napari_fcnseg.gui.sparse_layer import SparseLayer

UNSURE = "inferno"  # black where it is sure, which adds nothing to what is below


class PreviewLayers:
    """Shows previews; makes their layers when they are needed.

    Parameters
    ----------
    viewer
        napari's viewer.
    painting
        What the network learns.
    name
        Of the layer with labels.
    """

    def __init__(self, viewer: Viewer, painting: Painting, name: str) -> None:
        self._viewer, self._painting, self._name = viewer, painting, name
        self._labels: SparseLayer | None = None
        self._unsure: SparseLayer | None = None

    def show(self, preview: Preview) -> None:
        """Show a preview; a layer that somebody removed stays away."""
        if self._labels is None:
            self._labels = self._add_labels(preview)
        self._labels.put(preview.spans, preview.labels, alone=preview.final)
        if preview.unsure is None:
            return
        if self._unsure is None:
            self._unsure = self._add_unsure()
        self._unsure.put(preview.spans, preview.unsure, alone=preview.final)

    def show_unsure(self, shown: bool) -> None:
        """Show or hide how unsure the network is."""
        if self._unsure is None:
            return
        if self._unsure.there:
            self._unsure.layer.visible = shown
        else:
            self._unsure = None  # a new one comes with the next preview

    def rest(self) -> None:
        """Nothing comes any more, unless it is asked for."""
        for layer in (self._labels, self._unsure):
            if layer:
                layer.rest()

    @property
    def labels(self) -> Layer | None:
        """Layer with the labels, as soon as there is one."""
        return self._labels.layer if self._labels else None

    def _add_labels(self, preview: Preview) -> SparseLayer:
        viewer, painting, classes = self._viewer, self._painting, preview.model.classes
        image, source, name = painting.image, painting.source, self._name
        found = SparseLayer(
            viewer,
            painting,
            name,
            np.uint8,
            lambda data: add_labels(viewer, data, name, classes, image, source),
        )
        if isinstance(found.layer, Labels):
            show_classes(found.layer, classes)
        return found

    def _add_unsure(self) -> SparseLayer:
        viewer, image, source = self._viewer, self._painting.image, self._painting.source
        name = f"uncertainty of {source.name}"

        def add(data: Any) -> ImageLayer:
            layer = ImageLayer(
                data,
                name=name,
                colormap=UNSURE,
                blending="additive",
                contrast_limits=(0, 1),
                **place(image, image.kept, source),
            )
            viewer.add_layer(layer)
            return layer

        return SparseLayer(viewer, self._painting, name, np.float32, add)
