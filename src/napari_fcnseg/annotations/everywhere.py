"""One class for a whole image: what trains from an image without objects."""

from dataclasses import dataclass

import numpy as np

from napari_fcnseg.annotations.classes import MAX_ID
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image


@dataclass(frozen=True)
class Everywhere:
    """Labels of an image on which everything is of one class.

    Attributes
    ----------
    class_id
        1 to 255; 0 is the background of dense labels.

    Raises
    ------
    AnnotationError
        If it is another number.
    """

    class_id: int

    def __post_init__(self) -> None:
        if not 0 <= self.class_id <= MAX_ID:
            raise AnnotationError(
                f"the class {self.class_id} is none; class ids go from 1 to {MAX_ID}"
            )

    def labels(self, image: Image) -> Image:
        """Label all of an image; takes no memory.

        Parameters
        ----------
        image
            What is labelled.

        Returns
        -------
        Image
            The class id in every pixel, uint8, over the kept axes.
        """
        ids = np.broadcast_to(np.uint8(self.class_id), image.kept_shape)
        return Image(ids, image.kept, name=f"all of {image.name}")
