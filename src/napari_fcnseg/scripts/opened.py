"""An image that is open in a window, and the file that a script opens instead."""

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.fingerprint import tell_image
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import BLOCK, open_image
from napari_fcnseg.images.output import OutputSpec
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.images.write_zarr import OmeZarrOutput
from napari_fcnseg.scripts.keep import keep_file, same_pixels

MOST = 2**33  # bytes of an image that is copied


@dataclass(frozen=True)
class Opened:
    """An image as it is open.

    Attributes
    ----------
    image
        What is shown.
    axes
        That it was opened with, those of its colours, too.
    path
        File that it is from, if that is known; it may have been changed since.
    """

    image: Image
    axes: str
    path: Path | None = None

    def file(self, folder: Path) -> tuple[Path, str | None]:
        """Find its file, or write one.

        Parameters
        ----------
        folder
            Takes a copy, if its own file is not known, or opens as another image.

        Returns
        -------
        path : Path
        axes : str or None
            To open it with, where it does not say them.

        Raises
        ------
        ImageError
            If it would have to be copied, and is large.
        OutputError
            If it cannot be written.
        """
        image = self.image
        for axes in (None, self.axes) if self.path else ():
            with suppress(ImageError):  # it cannot be opened so
                found = open_image(self.path, axes=axes)
                if tell_image(found) == tell_image(image) and _fits(found, image):
                    assert self.path
                    return self.path, axes
        size = math.prod(image.shape) * image.dtype.itemsize
        if size > MOST:
            raise ImageError(
                f"{image.name} has no file that opens as it is shown here, and is too large to be "
                f"copied ({size / 1e9:,.0f} GB): save it as OME-Zarr or OME-TIFF, open that, and "
                "try again"
            )

        def has_it(path: Path) -> bool:
            found = open_image(path)
            return same_pixels(found, image) and _fits(found, image)

        return keep_file(folder, image.name, ".ome.zarr", has_it, self._write), None

    def _write(self, path: Path) -> None:
        """Write it as OME-Zarr, plane by plane."""
        image, axes = self.image, self.image.kept
        windows = image.blocks(BLOCK)
        at = "T" in axes  # NGFF has channels behind time
        if "C" in image.axes:
            axes = f"{axes[:at]}C{axes[at:]}"
        whole = {"C": (0, image.channels)}
        edges = dict(zip(image.kept, windows.steps, strict=True)) | {"C": image.channels}
        scale, units = image.along(axes)
        spec = OutputSpec(
            axes=axes,
            shape=tuple(image.sizes[a] for a in axes),
            dtype=image.dtype,
            block=tuple(edges[a] for a in axes),
            scale=scale,
            units=units,
            origin=(0,) * len(axes),
            name=image.name,
        )
        output = OmeZarrOutput(path, spec)
        for window in windows:
            spans = dict(zip(image.kept, window, strict=True)) | whole
            block = image.read(window)
            block = np.moveaxis(block, 0, at) if "C" in axes else block[0]
            output.write(tuple(spans[a] for a in axes), block)
        output.finish()


def _fits(found: Image, shown: Image) -> bool:
    """Whether pixels of a file are as large as those that are shown, if that is known."""
    size, wanted = PixelSize.of(found), PixelSize.of(shown)
    return wanted is None or (size is not None and size.agrees(wanted))
