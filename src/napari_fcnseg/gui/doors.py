"""One run, three doors: what a widget is set to, as a script, a command and a recipe."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Protocol

from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu, QPushButton

from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.job import Ended, Failed, Job
from napari_fcnseg.gui.panel import tell, told
from napari_fcnseg.scripts.recipe_file import MODEL, SUFFIX, read_recipe, write_recipe
from napari_fcnseg.training.recipe import Recipe

FOLDER = "Folder for what is in no file yet: labels, images, the model"


class Run(Protocol):
    """What can be done again from files."""

    def python(self) -> str:
        """Return a script."""

    def command(self) -> str:
        """Return a line for a shell."""


class Draft(Protocol):
    """What a widget is set to."""

    def run(self, folder: Path) -> Run:
        """Return the same from files; what is in none is written to `folder`."""


@dataclass(frozen=True)
class Written(Event):
    """A run was written down."""

    text: str


class Doors(QPushButton):
    """Button with a menu that copies a run; text goes to the clipboard, files to a folder.

    Parameters
    ----------
    draft
        Returns what the widget is set to; what is wrong with that is told.

    Attributes
    ----------
    said
        Emitted with what was done, in plain words.
    """

    said = Signal(str)

    def __init__(self, draft: Callable[[], Draft]) -> None:
        super().__init__()
        self._draft = draft
        self._job: Job | None = None
        self._folder = ""
        self.setText("Script ...")
        self.setToolTip("What stands here as a script or a command that does the same anywhere")
        self.setMenu(menu := QMenu(self))
        menu.setToolTipsVisible(True)
        self._menu = menu
        for title, tip, door in (
            ("Copy as Python", "A script of a few lines", methodcaller("python")),
            ("Copy as command", "A line for a terminal", methodcaller("command")),
        ):
            self.add(title, tip, partial(self._copy, door))

    def add(self, title: str, tip: str, act: Callable[[], object]) -> None:
        """Add an entry to the menu."""
        action = self._menu.addAction(title)
        assert action is not None
        action.setToolTip(tip)
        action.triggered.connect(lambda: act())

    def abandon(self, _: object = None) -> None:
        """Copy nothing any more: the widget is going away."""
        if self._job:
            self._job.abandon()
            self._job = None

    def _copy(self, door: Callable[[Run], str]) -> None:
        with told():
            draft = self._draft()
            folder = QFileDialog.getExistingDirectory(self, FOLDER, self._folder)
            if not folder:
                return
            self._folder = folder
            self.setEnabled(False)
            self.said.emit("writing it down ...")
            self._job = Job(lambda: Steps(_writing(draft, Path(folder), door)), self._receive)
            self._job.start()

    def _receive(self, event: Event) -> None:
        match event:
            case Written():
                clipboard = QApplication.clipboard()
                assert clipboard is not None
                clipboard.setText(event.text)
                lines = event.text.count("\n")
                what = f"a script of {lines} lines" if lines else "the command"
                self.said.emit(f"{what} is on the clipboard; it needs {self._folder}")
            case Failed():
                tell(event.error)
                self.said.emit("nothing was copied")
            case Ended():
                self._job = None
                self.setEnabled(True)


class RecipeDoors(Doors):
    """Doors of a training: its recipe is saved and opened, too.

    Parameters
    ----------
    draft
        See `Doors`.
    recipe
        Returns the recipe as it stands.
    fill
        Shows another one.
    """

    def __init__(
        self,
        draft: Callable[[], Draft],
        recipe: Callable[[], Recipe],
        fill: Callable[[Recipe], object],
    ) -> None:
        super().__init__(draft)
        self._recipe, self._fill = recipe, fill
        self.setText("Script, recipe ...")
        self.add("Save recipe ...", "All settings of the training, as TOML", self._ask_and_save)
        self.add(
            "Open recipe ...",
            "Settings of a recipe, or those that a model was trained with; a file that is dropped "
            "here does the same",
            self._ask_and_open,
        )

    def open(self, path: Path) -> None:
        """Show the recipe of a file; what is wrong with it is told, and nothing changes."""
        with told():
            self._fill(read_recipe(path))
            self.said.emit(f"the settings are those of {path.name}")

    def _ask_and_save(self) -> None:
        with told():
            recipe = self._recipe()
            path, _ = QFileDialog.getSaveFileName(
                self, "Save recipe", f"recipe{SUFFIX}", f"Recipes (*{SUFFIX})"
            )
            if path:
                self.said.emit(f"saved {write_recipe(recipe, Path(path), overwrite=True)}")

    def _ask_and_open(self) -> None:
        kinds = f"Recipes and models (*{SUFFIX} *{MODEL})"
        path, _ = QFileDialog.getOpenFileName(self, "Open recipe", "", kinds)
        if path:
            self.open(Path(path))


def _writing(
    draft: Draft, folder: Path, door: Callable[[Run], str]
) -> Generator[Event, None, None]:
    yield Written(door(draft.run(folder)))
