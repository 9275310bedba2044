"""A plugin widget in napari's window: it scrolls when it must, and joins its siblings in tabs."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from qtpy.QtCore import (  # type: ignore[attr-defined]  # qtpy names Signal at run time
    QEvent,
    QObject,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from qtpy.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from napari_fcnseg.gui.panel import JobPanel

T = TypeVar("T", bound=QObject)
LOWEST = 160  # pixels in height; the rest can be scrolled to


class Follower(Protocol):
    """What listens to the viewer, or to others that live longer than a widget."""

    def unfollow(self, _: object = None) -> None:
        """Let go of it."""


class DockContent(QWidget):
    """Base of our widgets: parts in a column, as wide as they need, scrolled if it is low.

    Attributes
    ----------
    removed
        Emitted when the widget is taken out of the window. napari does not destroy it then;
        it does so when the window closes.
    """

    removed = Signal()

    def fill(self, parts: Iterable[QWidget]) -> None:
        """Stack `parts`."""
        column, layout = QWidget(), QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(_Scroll(column))
        stack = QVBoxLayout(column)
        for part in parts:
            stack.addWidget(part)
        stack.addStretch()

    def let_go(self, panel: JobPanel, *followers: Follower) -> None:
        """When the widget goes, stop the job of `panel`, and let go of what is followed."""
        self.removed.connect(panel.stop)
        self.destroyed.connect(panel.abandon)
        self.at_end(*(follower.unfollow for follower in followers))

    def at_end(self, *acts: Callable[[], object]) -> None:
        """Do something when the widget is taken out of the window, or destroyed with it."""
        for signal in (self.removed, self.destroyed):
            for act in acts:
                signal.connect(act)

    def event(self, event: QEvent | None) -> bool:
        """Notice when the widget is taken out of the window."""
        if event and event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.removed.emit()
        return super().event(event)

    def showEvent(self, event: Any) -> None:  # noqa: N802
        """Join the tabs of our other widgets, once the window has placed this one."""
        super().showEvent(event)
        QTimer.singleShot(0, self._join_siblings)

    def _join_siblings(self) -> None:
        dock, window = _parent(self, QDockWidget), _parent(self, QMainWindow)
        if dock is None or window is None or dock.isFloating():
            return
        docks = (_parent(sibling, QDockWidget) for sibling in window.findChildren(DockContent))
        beside = [d for d in docks if d and d is not dock and d.isVisible() and not d.isFloating()]
        if beside and not window.tabifiedDockWidgets(dock):
            window.tabifyDockWidget(beside[0], dock)
            dock.raise_()


class _Scroll(QScrollArea):
    """Scrolls up and down only: its least width is that of its content, also after changes."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        self._content = content

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Width of the content with a scroll bar beside it."""
        bar = self.verticalScrollBar()
        width = self._content.minimumSizeHint().width() + (bar.sizeHint().width() if bar else 0)
        return QSize(width, LOWEST)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Follow the content when its parts change."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def _parent(widget: QWidget, kind: type[T]) -> T | None:
    """Nearest parent of a kind."""
    found = widget.parent()
    while found is not None and not isinstance(found, kind):
        found = found.parent()
    return found
