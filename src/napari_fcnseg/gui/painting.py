"""An image layer and what is painted on it, as the engine takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.layers import Points as PointsLayer

from napari_fcnseg.annotations.classes import MAX_ID, SegClass
from napari_fcnseg.annotations.instances import BORDER, INSIDE, Instances
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui.layers import layer_classes, layer_data
from napari_fcnseg.gui.points import layer_points
from napari_fcnseg.images.image import Image


@dataclass(frozen=True, eq=False)
class Painting:
    """An image layer and the layer in which it is painted on.

    Attributes
    ----------
    source
        The image layer.
    image
        The same, opened.
    layer
        Has strokes or points.
    """

    source: ImageLayer
    image: Image
    layer: Labels | PointsLayer

    def written(self) -> Any:
        """Return what is labelled, as `open_painted` takes it; ``None`` where nothing is."""
        if isinstance(self.layer, Labels):
            return layer_data(self.layer)
        return layer_points(self.layer, self.source, self.image) if len(self.layer.data) else None

    def to_learn(self, objects: bool) -> tuple[Any, Sequence[SegClass]]:
        """Return what `open_annotation` takes, and the classes as the layer shows them.

        Parameters
        ----------
        objects
            Whether each object has an id of its own.

        Raises
        ------
        AnnotationError
            If points are to be objects.
        """
        if objects:
            if isinstance(self.layer, Labels):
                return Instances(layer_data(self.layer)), (INSIDE, BORDER)
            raise AnnotationError(
                f"the layer {self.layer.name} has points, which have no border: take a Labels "
                "layer in which each object has its own id, or say that ids are classes"
            )
        if isinstance(self.layer, Labels):
            return layer_data(self.layer), layer_classes(self.layer, range(1, MAX_ID + 1))
        points = layer_points(self.layer, self.source, self.image)
        return points, points.classes
