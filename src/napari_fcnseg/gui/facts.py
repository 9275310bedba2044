"""What the chosen network costs and how far it sees, before anything is trained."""

from functools import partial

from qtpy.QtWidgets import QLabel

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.panel import tell
from napari_fcnseg.nets.costs import memory
from napari_fcnseg.nets.describe import describe
from napari_fcnseg.nets.registry import outline_net
from napari_fcnseg.training.augment import patch_size
from napari_fcnseg.training.recipe import Recipe

DELAY = 200  # milliseconds; several changes at once are one


class NetFacts(QLabel):
    """One line about a network; counted in a thread, as large ones take seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self._wanted: Recipe | None = None
        self._aside = Aside(self, DELAY)
        self._aside.answered.connect(self._show)

    def show_for(self, recipe: Recipe) -> None:
        """Count for the network, the patch and the batch of a recipe, and show it."""
        if recipe != self._wanted:
            self._wanted = recipe
            self._aside.ask(partial(_facts, recipe))

    def _show(self, answer: object) -> None:
        if isinstance(answer, str | FcnsegError):  # what cannot be built is a fact, too
            self.setText(str(answer))
        elif isinstance(answer, Exception):
            tell(answer)


def _facts(recipe: Recipe) -> str:
    net = outline_net(recipe.net, **recipe.net_options)
    found = describe(net, costs=False)
    if net.fitted:
        sees = max(found["receptive_field"])
        return f"{net.summary}; sees {sees} px, learns in seconds, leaves no trace of tiles"
    size = patch_size(net.geometry, recipe)
    gib = memory(net, size, max(recipe.batch, net.min_batch), train=True) / 2**30
    low, high = found["receptive_field"]
    sees = f"{low}-{high}" if low < high else f"{low}"
    exact = "tiles leave no trace" if found["exact"] else "tiles only nearly agree"
    about = "about" if recipe.batch else "at least"  # 0: as many patches as there is room for
    return (
        f"{found['parameters']:,} parameters, sees {sees} px, {exact}; {about} {gib:.1f} GiB "
        "in training"
    )
