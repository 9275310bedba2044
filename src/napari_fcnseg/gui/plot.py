"""Loss and held-out IoU as they come."""

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

LOSS, IOU = QColor("#e69f00"), QColor("#56b4e9")
FRAME, TEXT = QColor(128, 128, 128, 90), QColor(150, 150, 155)
LEFT, RIGHT, TOP, BOTTOM = 34, 34, 20, 20
SMOOTHING = 0.9  # of the loss, from step to step
Point = tuple[float, float]


class CurvePlot(QWidget):
    """Two curves over the budget: the smoothed loss (left axis) and mean IoU (right, 0 to 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.loss: list[Point] = []
        self.iou: list[Point] = []
        self.setMinimumHeight(150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setToolTip("Loss on the strokes, smoothed, and mean IoU on the strokes held out")

    def clear(self) -> None:
        """Start a new run."""
        self.loss, self.iou = [], []
        self.update()

    def add_loss(self, progress: float, loss: float) -> None:
        """Add a point; `progress` runs from 0 to 1."""
        if self.loss:
            loss = SMOOTHING * self.loss[-1][1] + (1 - SMOOTHING) * loss
        self.loss.append((progress, loss))
        self.update()

    def add_iou(self, progress: float, iou: float) -> None:
        """Add a point; `progress` runs from 0 to 1."""
        self.iou.append((progress, iou))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw frame, axes and both curves."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        area = QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)
        top = max((loss for _, loss in self.loss), default=1.0) * 1.05
        painter.setPen(FRAME)
        for part in (0, 0.5, 1):
            y = area.bottom() - part * area.height()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        self._write_axes(painter, area, top)
        self._draw(painter, area, self.loss, top, LOSS)
        self._draw(painter, area, self.iou, 1.0, IOU)

    def _write_axes(self, painter: QPainter, area: QRectF, top: float) -> None:
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(TEXT)
        for part in (0, 0.5, 1):
            y = area.bottom() - part * area.height() - 8
            painter.drawText(QRectF(0, y, LEFT - 5, 16), right | middle, f"{part * top:.2g}")
            painter.drawText(QRectF(area.right() + 5, y, RIGHT, 16), left | middle, f"{part:.1f}")
        below = QRectF(area.left(), area.bottom() + 2, area.width(), BOTTOM)
        painter.drawText(below, left, "start")
        painter.drawText(below, right, "end of the budget")
        above = QRectF(area.left(), 0, area.width(), TOP - 4)
        painter.setPen(LOSS)
        painter.drawText(above, left | middle, "loss")
        painter.setPen(IOU)
        painter.drawText(above, right | middle, "held-out IoU")

    @staticmethod
    def _draw(
        painter: QPainter, area: QRectF, points: list[Point], top: float, colour: QColor
    ) -> None:
        painter.setPen(QPen(colour, 2))
        line = [
            QPointF(area.left() + x * area.width(), area.bottom() - y / top * area.height())
            for x, y in points
        ]
        painter.drawPolyline(QPolygonF(line))
        if points:
            painter.setBrush(colour)
            painter.drawEllipse(line[-1], 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
