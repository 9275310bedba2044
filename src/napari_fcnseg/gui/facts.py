"""What the chosen network costs and how far it sees, before anything is trained."""

from contextlib import suppress
from threading import Thread

from qtpy.QtCore import QTimer, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QLabel

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.gui.llvm import keep_triton_out
from napari_fcnseg.nets.costs import memory
from napari_fcnseg.nets.describe import describe
from napari_fcnseg.nets.registry import outline_net
from napari_fcnseg.training.augment import patch_size
from napari_fcnseg.training.recipe import Recipe

DELAY = 200  # milliseconds; several changes at once are one


class NetFacts(QLabel):
    """One line about a network; counted in a thread, as large ones take seconds."""

    _counted = Signal(object, str)  # carries what was counted from its thread to Qt's

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self._wanted: Recipe | None = None
        self._counted.connect(self._show)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY)
        self._soon.timeout.connect(self._start)

    def show_for(self, recipe: Recipe) -> None:
        """Count for the network, the patch and the batch of a recipe, and show it."""
        if recipe == self._wanted:
            return
        self._wanted = recipe
        self._soon.start()

    def _start(self) -> None:
        keep_triton_out()
        # No worker of napari: closing a window would have to wait for it.
        Thread(target=self._count, args=(self._wanted,), daemon=True).start()

    def _count(self, recipe: Recipe) -> None:
        text = _facts(recipe)
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._counted.emit(recipe, text)

    def _show(self, recipe: Recipe, text: str) -> None:
        if recipe == self._wanted:  # else another network was chosen meanwhile
            self.setText(text)


def _facts(recipe: Recipe) -> str:
    try:
        net = outline_net(recipe.net, **recipe.net_options)
        found = describe(net, costs=False)
        if net.fitted:
            sees = max(found["receptive_field"])
            return f"{net.summary}; sees {sees} px, learns in seconds, leaves no trace of tiles"
        size = patch_size(net.geometry, recipe)
        gib = memory(net, size, max(recipe.batch, net.min_batch), train=True) / 2**30
    except FcnsegError as error:
        return str(error)
    low, high = found["receptive_field"]
    sees = f"{low}-{high}" if low < high else f"{low}"
    exact = "tiles leave no trace" if found["exact"] else "tiles only nearly agree"
    about = "about" if recipe.batch else "at least"  # 0: as many patches as there is room for
    return (
        f"{found['parameters']:,} parameters, sees {sees} px, {exact}; {about} {gib:.1f} GiB "
        "in training"
    )
