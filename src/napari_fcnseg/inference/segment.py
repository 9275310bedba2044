"""Segmentation into an array in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.axes import given_order
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.context import Context
from napari_fcnseg.inference.encode import DTYPES, Kind, check_kind, leading
from napari_fcnseg.inference.members import Models, as_models
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.inference.views import Augment


def segment(
    model: Models | PlaneMethod,
    image: Any,
    output: Kind = "labels",
    *,
    axes: str | None = None,
    tile: int | None = None,
    device: str = "auto",
    context: Context = "slice",
    augment: Augment = "none",
    mask: Any = None,
) -> NDArray[Any]:
    """Segment an image into an array in memory.

    Parameters
    ----------
    model, image, tile, device, context, augment, mask
        See `predict`.
    output
        ``"labels"``, ``"probabilities"`` or any other kind of `predict`.
    axes
        Of the image, where it does not say itself; needed for arrays of 3 dimensions or more.

    Returns
    -------
    ndarray
        Class ids, uint8, with the axes of the image without C, in their order; or
        ``"entropy"`` or ``"disagreement"``; or probabilities with a leading class axis.

    Raises
    ------
    FcnsegError
        As `predict`.
    """
    opened = open_image(image, axes=axes)
    check_kind(output)
    first = model if isinstance(model, PlaneMethod) else as_models(model)[0]
    more = leading(output, len(first.classes))
    out = np.zeros(more + opened.kept_shape, DTYPES[output])
    predict(
        model, opened, out, output=output, tile=tile, device=device, context=context,
        augment=augment, mask=mask,
    ).wait()  # fmt: skip
    return out.transpose(given_order(opened.axes, len(more)))
