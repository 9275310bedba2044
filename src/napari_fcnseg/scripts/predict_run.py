"""A prediction from a file to a file, as a script and as a command."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.region import region_text
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
    kept
        Axes that the region goes along.
    """

    model: Path
    image: Path
    out: Path
    axes: str | None = None
    region: Spans | None = None
    device: str = "auto"
    kept: str = ""

    def python(self) -> str:
        """Return a script that loads the model and segments the image."""
        model = call("fs.load_model", literal(self.model))
        files = [literal(self.image), literal(self.out)]
        given = named(self._told())
        return script([f"model = {model}", f"{call('fs.predict', 'model', *files, *given)}.wait()"])

    def command(self) -> str:
        """Return the line for a shell that does the same."""
        files = ["fcnseg", "predict", self.model, self.image]
        told = self._told()
        if self.region:
            told["region"] = region_text(self.region, self.kept)
        return command([*files, *options({"out": self.out} | told)])

    def _told(self) -> dict[str, Any]:
        """Return what is not as usual."""
        usual = {"axes": None, "region": None, "device": "auto"}
        return {n: getattr(self, n) for n, value in usual.items() if getattr(self, n) != value}
