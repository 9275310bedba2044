"""A file that is dropped on a widget."""

from pathlib import Path

from qtpy.QtCore import (  # type: ignore[attr-defined]  # qtpy names Signal at run time
    QEvent,
    QObject,
    Signal,
)
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QWidget

ENTERS = (QEvent.Type.DragEnter, QEvent.Type.DragMove)


class FileDrop(QObject):
    """Takes one file at a time that is dropped anywhere on a widget; others are napari's.

    Parameters
    ----------
    widget
        Where.
    suffixes
        Endings of the files that are taken.

    Attributes
    ----------
    dropped
        Emitted with the path.
    """

    dropped = Signal(Path)

    def __init__(self, widget: QWidget, suffixes: tuple[str, ...]) -> None:
        super().__init__(widget)
        self._suffixes = suffixes
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Take what is dropped, if it is for this widget."""
        if not isinstance(event, QDropEvent) or (path := self._path(event)) is None:
            return super().eventFilter(watched, event)
        event.acceptProposedAction()
        if event.type() not in ENTERS:
            self.dropped.emit(path)
        return True

    def _path(self, event: QDropEvent) -> Path | None:
        data = event.mimeData()
        urls = data.urls() if data else []
        paths = [Path(url.toLocalFile()) for url in urls]
        return paths[0] if len(paths) == 1 and paths[0].suffix.lower() in self._suffixes else None
