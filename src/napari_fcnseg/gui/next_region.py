"""Goes from one region to the next in which a stroke helps most."""

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from napari import Viewer

from napari_fcnseg.events import Event, Suggested
from napari_fcnseg.gui.camera import show_region
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.wishes import Errand
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.inference.affordable import affordable
from napari_fcnseg.inference.suggest import Region, suggest
from napari_fcnseg.models.model import Model

SIZE, REGIONS = 96, 12  # edge of a region in pixels, and how many are ranked
PIXELS = 2**21  # that are looked at for a ranking: a few seconds of two cores
STALE = 30.0  # seconds; a network that learns is unsure of other places by then


@dataclass(frozen=True)
class Ranked(Event):
    """Regions in which to paint next, and for which state of things they were found."""

    painting: Painting
    regions: tuple[Region, ...]
    state: Hashable


class NextRegion:
    """Walks through a ranking of regions; a new one is made when it no longer holds.

    Parameters
    ----------
    viewer
        napari's viewer, whose camera is moved.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._ranked: Ranked | None = None
        self._made, self._at = 0.0, 0

    def go(self, state: Hashable, learning: bool) -> str | None:
        """Go to the next region, and tell about it; ``None`` if a new ranking is needed.

        Parameters
        ----------
        state
            Another one than that of the ranking makes it useless: other layers, models, strokes.
        learning
            Whether the network learns meanwhile: then a ranking does not hold for long.
        """
        ranked = self._ranked
        if ranked is None or ranked.state != state or not ranked.regions:
            return None
        if learning and (self._at == len(ranked.regions) or time.monotonic() > self._made + STALE):
            return None
        return self._show(ranked)

    def take(self, ranked: Ranked) -> str:
        """Go to the first region of a new ranking, and tell about it."""
        self._ranked, self._made, self._at = ranked, time.monotonic(), 0
        if not ranked.regions:
            return "nothing is left to paint: what was looked at is labelled by more than half"
        return self._show(ranked)

    def _show(self, ranked: Ranked) -> str:
        number = self._at % len(ranked.regions)  # from the last on to the first
        region, source = ranked.regions[number], ranked.painting.source
        self._at = number + 1
        along = dict(zip(region.axes, region.spans, strict=True))
        point = source.world_to_data(self._viewer.dims.point[-source.ndim :])
        here = [(int(at), int(at) + 1) for at in point]
        axes = ranked.painting.image.axes[: source.ndim]
        spans = tuple(along.get(a, at) for a, at in zip(axes, here, strict=True))
        show_region(self._viewer, source, spans)
        return (
            f"region {number + 1} of {len(ranked.regions)}, in the middle of what is shown: unsure "
            f"between {' and '.join(region.classes)}"
        )

    def ranking(self, painting: Painting, around: Spans, state: Hashable, device: str) -> Errand:
        """Return what makes a ranking, around what is looked at where all would take too long."""
        written = painting.written()

        def work(model: Model) -> Iterator[Event]:
            image = painting.image
            region, every = affordable(model, image, around, PIXELS)
            for event in suggest(
                model,
                image,
                written,
                regions=REGIONS,
                size=SIZE,
                every=every,
                region=region,
                device=device,
            ):
                yield event
                if isinstance(event, Suggested):
                    yield Ranked(painting, event.regions, state)

        return work
