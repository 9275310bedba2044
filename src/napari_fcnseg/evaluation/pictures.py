"""Pictures of regions: what was segmented, the truth, what was found, and how they differ."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from skimage.segmentation import find_boundaries

from napari_fcnseg.annotations.overlay import colour_labels, to_grey
from napari_fcnseg.evaluation.worst import WorstRegion
from napari_fcnseg.images.grid import Spans, widen
from napari_fcnseg.images.image import Image

if TYPE_CHECKING:
    from napari_fcnseg.evaluation.evaluation import Evaluation

AROUND = 32  # pixels around a region that are shown, too
GAP, PAPER = 6, 255
DARK = 40  # grey value where there is no image
WRONG, TRUE, FOUND = (214, 39, 40), (0, 158, 115), (204, 121, 167)
SHUFFLE = np.uint64(2654435761)  # neighbouring ids get colours that differ (Knuth 1973)
Picture = NDArray[np.uint8]


def region_picture(
    evaluation: "Evaluation", region: WorstRegion, image: Image | None = None
) -> Pillow.Image:
    """Draw a region with a little around it: image if given, truth, found, difference.

    Wrong pixels are red; of objects the outlines are shown, true ones green, found ones pink.
    """
    pair = evaluation.images[region.image].pair
    around = [0] * (len(region.spans) - 2) + [AROUND] * 2
    spans = widen(region.spans, pair.found.kept_shape, around)
    size = [stop - start for start, stop in spans[-2:]]
    grey = np.full(size, DARK, np.uint8) if image is None else _grey(image, spans, size)
    shown = [] if image is None else [_colour(grey)]
    if evaluation.pairs:
        named = evaluation.pairs[region.image]
        truth, found = named.read(spans, 0)
        ids = np.array([*(c.id for c in named.classes), 0, 0])  # none, and unlabelled
        shown += [colour_labels(ids[labels], named.classes) for labels in (truth, found)]
        marks = [((truth >= 0) & (truth != found), WRONG)]
    else:
        both = [a.read(spans).reshape(size) for a in (pair.truth, pair.found)]
        shown += [_colour_objects(ids) for ids in both]
        outlines = [find_boundaries(ids, mode="inner") for ids in both]
        marks = list(zip(outlines, (TRUE, FOUND), strict=True))
    difference = _colour(grey)
    for mask, color in marks:
        difference[mask] = color
    return _side_by_side([*shown, difference])


def _grey(image: Image, spans: Spans, size: Sequence[int]) -> Picture:
    return to_grey(image.read(spans).reshape(image.channels, *size).mean(0))


def _colour(grey: Picture) -> Picture:
    return np.repeat(grey[..., None], 3, axis=2)


def _colour_objects(ids: NDArray[Any]) -> Picture:
    """Give each object a colour of its own, as far as there are colours."""
    mixed = ids.astype(np.uint64) * SHUFFLE
    colours = np.stack([64 + (mixed >> np.uint64(s)) % np.uint64(192) for s in (0, 8, 16)], -1)
    picture: Picture = (colours * (ids > 0)[..., None]).astype(np.uint8)
    return picture


def _side_by_side(panels: Sequence[Picture]) -> Pillow.Image:
    gap = np.full((len(panels[0]), GAP, 3), PAPER, np.uint8)
    pieces = [piece for panel in panels for piece in (panel, gap)]
    return Pillow.fromarray(np.concatenate(pieces[:-1], axis=1))
