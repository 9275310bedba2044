"""A prediction from a file to a file, as a script and as a command."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fcnseg.errors import UsageError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.scripts.source import call, command, literal, named, options, script


@dataclass(frozen=True)
class PredictRun:
    """All that decides a prediction; each of its files is there, but for `out`.

    Attributes
    ----------
    model, image
        What segments what.
    out
        Where the labels go.
    axes
        Of the image, where its file does not say.
    region, device
        See `predict`.
    """

    model: Path
    image: Path
    out: Path
    axes: str | None = None
    region: Spans | None = None
    device: str = "auto"

    def python(self) -> str:
        """Return a script that loads the model and segments the image."""
        model = call("fs.load_model", literal(self.model))
        files = [literal(self.image), literal(self.out)]
        given = named(self._told())
        return script([f"model = {model}", f"{call('fs.predict', 'model', *files, *given)}.wait()"])

    def command(self) -> str:
        """Return the line for a shell that does the same.

        Raises
        ------
        UsageError
            If it is for a part of the image.
        """
        if self.region:
            raise UsageError(
                "the command segments whole images only: choose all of it under 'region', or copy "
                "this as Python"
            )
        files = ["fcnseg", "predict", self.model, self.image]
        return command([*files, *options({"out": self.out} | self._told())])

    def _told(self) -> dict[str, Any]:
        """Return what is not as usual."""
        usual = {"axes": None, "region": None, "device": "auto"}
        return {n: getattr(self, n) for n, value in usual.items() if getattr(self, n) != value}
