"""A small picture of the tiles that are done."""

import time

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt, QTimer
from qtpy.QtGui import QColor, QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_fcnseg.gui.refresh import SHORTEST
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.inference.tile_tally import DONE, IN_WORK, TODO, Tally, TileTally

COLOURS = {  # on light and dark
    TODO: QColor(128, 128, 132, 90),
    IN_WORK: QColor("#e69f00"),
    DONE: QColor("#009e73"),
}
WORDS = {DONE: "done", IN_WORK: "in work", TODO: "to do"}
TABLE = np.array([COLOURS[state].getRgb() for state in (TODO, IN_WORK, DONE)], np.uint8)
SIDE, LARGEST, SMALLEST, GAP = 84, 16.0, 4.0, 1.0  # pixels: of the picture, and of a tile in it


class TileMap(QWidget):
    """A square for each tile of the plane that is worked on, or for each plane."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles: TileTally | None = None
        self._next = 0.0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(lambda: self.renew(now=True))
        self._squares, self._about = _Squares(), QLabel()
        self._about.setWordWrap(True)
        layout, words = QHBoxLayout(self), QVBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._squares, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        words.addWidget(self._about)
        key = "  ".join(
            f'<span style="color:{COLOURS[s].name()}">■</span> {WORDS[s]}' for s in WORDS
        )
        words.addWidget(QLabel(key))
        words.addStretch()
        self.setToolTip("Each square is a tile, or a whole plane where that is one tile")
        self.hide()

    @property
    def about(self) -> str:
        """What is said beside the picture."""
        return str(self._about.text())

    def begin(self, tiles: TileTally) -> None:
        """Show another prediction."""
        self._tiles = tiles
        self.renew(now=True)
        self.show()

    def take(self, core: Spans) -> None:
        """Show that a tile is done."""
        if self._tiles:
            self._tiles.take(core)
            self.renew()

    def renew(self, now: bool = False) -> None:
        """Show how far it is: with `now` at once, else when it is time."""
        left = self._next - time.monotonic()
        if self._tiles is None:
            return
        if left > 0 and not now:
            if not self._later.isActive():
                self._later.start(round(1e3 * left))
            return
        self._later.stop()
        self._next = time.monotonic() + SHORTEST
        tally = self._tiles.now()
        self._squares.show_tally(tally)
        planes = f"{tally.done} of {tally.planes} planes done"
        if tally.is_of_planes:
            self._about.setText(planes)
        elif tally.planes > 1:
            self._about.setText(f"plane {tally.plane + 1}; {planes}")
        else:
            done = int((tally.states == DONE).sum())
            self._about.setText(f"{done} of {tally.states.size} tiles done")


class _Squares(QWidget):
    """The squares alone."""

    def __init__(self) -> None:
        super().__init__()
        self._tally: Tally | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_tally(self, tally: Tally) -> None:
        changed = self._tally is None or self._tally.states.shape != tally.states.shape
        self._tally = tally
        if changed:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As large as its squares."""
        rows, columns = self._grid()
        side = self._side()
        return QSize(round(columns * side), round(rows * side))

    def _grid(self) -> tuple[int, int]:
        """Rows and columns; planes in a row are broken into lines."""
        if self._tally is None:
            return 1, 1
        rows, columns = self._tally.states.shape
        if not self._tally.is_of_planes:
            return rows, columns
        width = max(1, min(columns, round((2 * columns) ** 0.5)))
        return -(-columns // width), width

    def _side(self) -> float:
        """Edge of a square, so that all have room."""
        rows, columns = self._grid()
        return min(LARGEST, SIDE / rows, 1.5 * SIDE / columns)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Paint the squares, or an image of them where they are small."""
        if self._tally is None:
            return
        states, (rows, columns), side = self._tally.states, self._grid(), self._side()
        painter = QPainter(self)
        if side < SMALLEST:
            colours = np.zeros((rows * columns, 4), np.uint8)
            colours[: states.size] = TABLE[states.ravel()]
            size = columns, rows, 4 * columns
            image = QImage(colours.tobytes(), *size, QImage.Format.Format_RGBA8888)
            painter.drawImage(QRectF(0, 0, columns * side, rows * side), image.copy())
        else:
            for number, state in enumerate(states.ravel().tolist()):
                y, x = divmod(number, columns)
                square = QRectF(x * side, y * side, side - GAP, side - GAP)
                painter.fillRect(square, COLOURS[state])
        painter.end()
