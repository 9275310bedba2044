"""One pixel size for all training images."""

from collections.abc import Sequence

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.pixel_size import PixelSize, same
from napari_fcnseg.images.resample import resample
from napari_fcnseg.images.units import PICOMETERS, symbol, unit_name

Matched = tuple[tuple[Image, ...], tuple[Annotation, ...], list[str]]


def match_pixel_sizes(
    images: Sequence[Image],
    annotations: Sequence[Annotation],
    wanted: float | PixelSize | None = None,
) -> Matched:
    """See all images and their labels at one pixel size along Y and X.

    Those within 5 % of it stay as they are. Where the size of an image is not known, all do.

    Parameters
    ----------
    images, annotations
        Of equal number.
    wanted
        Pixel size: that of a model, or a number along Y and X in the unit of the first image; by
        default the first image's own.

    Returns
    -------
    images, annotations
        The same, or lazily resampled ones.
    notes : list of str
        What a person should know of it.

    Raises
    ------
    ImageError
        If a number is wanted and the size of an image is not known.
    """
    sizes = [PixelSize.of(image) for image in images]
    unknown = [i.name for i, size in zip(images, sizes, strict=True) if size is None]
    if unknown and wanted and not isinstance(wanted, PixelSize):
        raise ImageError(
            f"the recipe asks for pixel_size = {wanted:g}, but how large pixels of "
            f"{' and '.join(unknown)} are is not known: give a file that says it, such as OME-TIFF "
            "or OME-Zarr, a layer with scale and units, or set pixel_size to 0"
        )
    notes = _told_of_slices(images)
    if unknown and (wanted or len(unknown) < len(images)):
        notes.append(
            f"how large pixels of {' and '.join(unknown)} are is not known: no image is resampled"
        )
    known = [size for size in sizes if size is not None]
    if unknown or not known:
        return tuple(images), tuple(annotations), notes
    target = wanted or known[0]
    if not isinstance(target, PixelSize):
        target = PixelSize(target, target, known[0].unit)
    seen, labelled = list(images), list(annotations)
    for number, size in enumerate(known):
        if not size.agrees(target):
            factors = target.over(size)
            seen[number] = resample(seen[number], factors)
            labelled[number] = labelled[number].resampled(factors)
            notes.append(f"{seen[number].name}, {size} per pixel, is resampled to {target}")
    return tuple(seen), tuple(labelled), notes


def _told_of_slices(images: Sequence[Image]) -> list[str]:
    """Name the images whose slices are not as far apart as those of the first one."""
    apart = []
    for image in images:
        if "Z" in image.axes:
            (size,), (spelling,) = image.along("Z")
            unit = unit_name(spelling)
            if unit in PICOMETERS:
                apart.append((image.name, size * PICOMETERS[unit], f"{size:.4g} {symbol(unit)}"))
    return [
        f"slices of {name} are {told} apart, those of {apart[0][0]} {apart[0][2]}; Z is not "
        "resampled"
        for name, length, told in apart[1:]
        if not same(length / apart[0][1])
    ]
