"""Outputs that an earlier run left unfinished, to go on with."""

import time
from collections.abc import Callable
from functools import partial

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.gui.panel import tell, told
from napari_fcnseg.inference.begun import BegunOutputs, Unfinished

SHOWN = 3  # the newest; those behind them come up when these are done or forgotten


class UnfinishedList(QWidget):
    """Offers what was cancelled, or cut off by a crash.

    Attributes
    ----------
    chosen
        Emitted with the `Unfinished` that a person wants to go on with.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._begun = BegunOutputs()
        self._aside = Aside(self)
        self._aside.answered.connect(self._take)
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self.rows: list[UnfinishedRow] = []
        self.hide()

    def renew(self) -> None:
        """Look for what is there, in a thread."""
        self._aside.ask(self._begun.unfinished)

    def drop(self, _: object = None) -> None:
        """Look for nothing any more."""
        self._aside.drop()

    def clear(self) -> None:
        """Offer nothing, as long as a job runs."""
        self._aside.drop()
        self._show([])

    def forget(self, found: Unfinished) -> None:
        """Offer an output no more; its files stay."""
        with told():
            self._begun.forget(found.begun.out)
        self.renew()

    def _take(self, answer: object) -> None:
        if isinstance(answer, Exception):
            tell(answer)
        else:
            assert isinstance(answer, list)
            self._show(answer)

    def _show(self, found: list[Unfinished]) -> None:
        for row in self.rows:
            self._stack.removeWidget(row)
            row.deleteLater()
        self.rows = [
            UnfinishedRow(one, partial(self.chosen.emit, one), partial(self.forget, one))
            for one in found[:SHOWN]
        ]
        for row in self.rows:
            self._stack.addWidget(row)
        self.setVisible(bool(self.rows))


class UnfinishedRow(QWidget):
    """What is there of one output, and what can be done with it.

    Parameters
    ----------
    found
        The output.
    go_on, forget
        Are called when a button is pressed.
    """

    def __init__(
        self, found: Unfinished, go_on: Callable[[], object], forget: Callable[[], object]
    ) -> None:
        super().__init__()
        begun = found.begun
        when = time.strftime("%d %b %H:%M", time.localtime(begun.when))
        how_far = f"{found.done:,} of {found.tiles:,} tiles" if found.tiles else "no tile"
        self.about = QLabel(f"unfinished: {begun.out.name}, {how_far}, from {when}")
        self.about.setWordWrap(True)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setToolTip(
            f"{begun.out}\n{begun.image}, with {begun.model}" + f"\n{found.problem}".rstrip()
        )
        self.go_on_button = push_button(
            "Continue", "Compute the tiles that are missing, with the same model", go_on
        )
        self.forget_button = push_button(
            "Forget", "Offer it no more; what is written of it stays where it is", forget
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.about, 1)
        row.addWidget(self.go_on_button)
        row.addWidget(self.forget_button)
