"""RGB, RGBA and LA files that are visually grey become one channel, and say so."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.image import Image, LazyArray

CHECKED_BYTES = 2**28  # images up to 256 MB are compared whole before they count as grey
BLOCK = 2048


class ChannelView:
    """Some channels of an array; with `equal` it makes sure that they are one and the same."""

    def __init__(self, data: LazyArray, axis: int, keep: int | slice, equal: int = 0) -> None:
        self._data, self._axis, self._keep, self._equal = data, axis, keep, equal
        self.dtype = np.dtype(data.dtype)
        channels = [] if isinstance(keep, int) else [len(range(*keep.indices(data.shape[axis])))]
        self.shape = (*data.shape[:axis], *channels, *data.shape[axis + 1 :])

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[Any]:
        inside = list(region)
        if isinstance(self._keep, slice):
            offset = self._keep.start or 0
            cut = inside[self._axis].indices(self.shape[self._axis])
            inside[self._axis] = slice(cut[0] + offset, cut[1] + offset)
            return np.asarray(self._data[tuple(inside)])
        inside.insert(self._axis, slice(0, max(1, self._equal)))
        block = np.moveaxis(np.asarray(self._data[tuple(inside)]), self._axis, 0)
        if (block[1:] != block[:1]).any():
            raise ImageError(
                "the image was opened as grey, but its channels differ here; open it with "
                "grey=False (--no-grey)"
            )
        return np.asarray(block[0])


def reduce_colour(image: Image, grey: bool | None) -> Image:
    """Drop a constant alpha channel and join equal colour channels.

    Parameters
    ----------
    image
        An image of a picture file, whose channels are the samples of a pixel: LA, RGB or
        RGBA. Only 8- and 16-bit ones are looked at.
    grey
        ``None``: look at all pixels of an image of up to 256 MB; larger ones keep their
        channels. ``True``: take the first channel, and fail wherever another differs.
        ``False``: keep all channels.

    Returns
    -------
    Image
        The same image, or a view of it with fewer channels and a note that says so.
    """
    whole_numbers = image.dtype in (np.uint8, np.uint16)
    if grey is False or not whole_numbers or image.channels not in (2, 3, 4):
        return image
    nbytes = int(np.prod(image.shape)) * image.dtype.itemsize
    if grey is None and nbytes > CHECKED_BYTES:
        note = (
            f"{image.name} has {image.channels} channels and is too large to see at once "
            "whether they are equal; if it is grey, say grey=True (--grey)"
        )
        return replace(image, notes=(*image.notes, note))
    has_alpha = image.channels in (2, 4)
    colours = image.channels - has_alpha
    equal, opaque = (True, True) if grey else _look(image, colours)
    axis = image.axes.index("C")
    if equal and opaque:
        what = {1: "its alpha channel is constant", 3: "its three channels are equal"}[colours]
        what = "as was asked for" if grey else what
        data: Any = ChannelView(image.data, axis, 0, equal=colours)
        note = f"{image.name} is read as one grey channel{',' if grey else ':'} {what}"
        without = [i for i in range(len(image.axes)) if i != axis]
        return replace(
            image,
            data=data,
            axes=image.axes.replace("C", ""),
            scale=tuple(image.scale[i] for i in without),
            units=tuple(image.units[i] for i in without),
            notes=(*image.notes, note),
        )
    if has_alpha and opaque:
        note = f"{image.name} is read without its alpha channel, which is constant"
        data = ChannelView(image.data, axis, slice(0, colours))
        return replace(image, data=data, notes=(*image.notes, note))
    return image


def _look(image: Image, colours: int) -> tuple[bool, bool]:
    """Whether all colour channels are equal, and whether alpha is constant, everywhere."""
    equal, alphas = True, set[int]()
    for window in image.blocks(BLOCK):
        block = image.read(window)
        equal = equal and bool((block[1:colours] == block[:1]).all())
        if image.channels > colours:
            alphas |= {int(block[-1].min()), int(block[-1].max())}
        if not equal and len(alphas) > 1:
            break
    return equal, len(alphas) <= 1
