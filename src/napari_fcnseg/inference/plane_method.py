"""What labels an image plane by plane, without a network."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image


@runtime_checkable
class PlaneMethod(Protocol):
    """A method that `predict` and `segment` run as they run a model.

    Each plane is a tile: a method sees all of it, and nothing of the others. It is sent to the
    processes of a cluster, so it must be possible to pickle it.
    """

    @property
    def name(self) -> str:
        """For people, and in the journal."""

    @property
    def classes(self) -> tuple[SegClass, ...]:
        """Classes that it may find."""

    def describe(self) -> Mapping[str, Any]:
        """Return as plain data what decides the labels: options, strokes, versions."""

    def check_fits(self, image: Image) -> None:
        """Make sure that the method can label an image.

        Parameters
        ----------
        image
            What is going to be labelled.

        Raises
        ------
        FcnsegError
            If it cannot; the message says why.
        """

    def notes_on(self, image: Image, region: Spans) -> tuple[str, ...]:
        """Say in plain words what a person should know before a region is labelled.

        Parameters
        ----------
        image
            What is going to be labelled.
        region
            ``((start, stop), ...)`` in pixels along the kept axes of the image.

        Returns
        -------
        tuple of str
            One sentence for each; mostly none.
        """

    def label_plane(self, pixels: NDArray[Any], spans: Spans) -> NDArray[np.uint8]:
        """Label one plane.

        Parameters
        ----------
        pixels
            Raw pixels of the whole plane, shape ``(channels, Y, X)``.
        spans
            Where it is, ``((start, stop), ...)`` along the kept axes of the image.

        Returns
        -------
        ndarray
            Class ids, shape ``(Y, X)``; 0 is unlabelled.
        """
