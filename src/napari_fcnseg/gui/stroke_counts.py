"""Counts what is painted, in a thread, while it is painted."""

from collections import Counter

from napari.layers import Labels
from qtpy.QtCore import (  # type: ignore[attr-defined]  # qtpy names Signal at run time
    QObject,
    QTimer,
    Signal,
)
from superqt.utils import create_worker

from napari_fcnseg.annotations.tally import Tally, tally_of
from napari_fcnseg.gui.panel import tell

PAUSE = 200  # milliseconds without a stroke before they are counted


class StrokeCounts(QObject):
    """Follows one Labels layer at a time.

    Attributes
    ----------
    counted
        Emitted when `counts` are new.
    counts
        Labelled pixels by id; ``None`` as long as they are not known.
    """

    counted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._layer: Labels | None = None
        self._tally: Tally | None = None
        self._busy: Tally | None = None
        self.counts: Counter[int] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(PAUSE)
        self._rest.timeout.connect(self._start)

    @property
    def settled(self) -> bool:
        """Whether `counts` are those of all that is painted."""
        return self.counts is not None and not self._busy and not self._rest.isActive()

    def follow(self, layer: Labels | None) -> None:
        """Count another layer, or none."""
        self.unfollow()
        self._layer = layer
        if layer is not None:
            for event in (layer.events.paint, layer.events.set_data):
                event.connect(self._paint)
            layer.events.data.connect(self._renew)
        self._renew()

    def unfollow(self, _: object = None) -> None:
        """Let go of the layer; a count that runs ends soon."""
        if self._layer is not None:
            for event in (self._layer.events.paint, self._layer.events.set_data):
                event.disconnect(self._paint)
            self._layer.events.data.disconnect(self._renew)
        self._rest.stop()
        self._layer = self._tally = None

    def _renew(self, _: object = None) -> None:
        """Begin anew: there are other data."""
        self._tally = None if self._layer is None else tally_of(self._layer.data)
        self.counts = None
        self._start()

    def _paint(self, _: object = None) -> None:
        self._rest.start()

    def _start(self) -> None:
        if self._tally is None:
            return
        if self._busy:  # of another layer, or of what was painted before
            self._rest.start()
            return
        self._busy = self._tally
        create_worker(
            self._count,
            self._tally,
            _connect={"returned": self._take, "errored": tell, "finished": self._end},
            _ignore_errors=True,
        )

    def _count(self, tally: Tally) -> tuple[Tally, Counter[int]]:
        total: Counter[int] = Counter()
        for part in tally.count():
            total.update(part)
            if tally is not self._tally:
                break
        return tally, total

    def _take(self, found: tuple[Tally, Counter[int]]) -> None:
        tally, total = found
        if tally is self._tally:
            self.counts = total
            self.counted.emit()

    def _end(self) -> None:
        self._busy = None
