"""A prediction of what is open in a window, before all of it is in files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.models.model import Model
from napari_fcnseg.scripts.keep import free_file, keep_model
from napari_fcnseg.scripts.opened import Opened
from napari_fcnseg.scripts.predict_run import PredictRun

LABELS = ".labels.ome.zarr"


@dataclass(frozen=True)
class PredictDraft:
    """What a prediction is set to.

    Attributes
    ----------
    open
        Opens the image.
    model
        What segments it.
    path, axes
        File of the image, and as what it is read, if that is known or stated.
    model_file
        File of the model, if that is known.
    out
        File that the labels go to; ``None``: they are to be a layer. One that is there already
        stays as it is: a script gets another name for it.
    region, device
        See `predict`.
    """

    open: Callable[[], Image]
    model: Model
    path: Path | None = None
    axes: str | None = None
    model_file: Path | None = None
    out: Path | None = None
    region: Spans | None = None
    device: str = "auto"

    def run(self, folder: Path) -> PredictRun:
        """Return the prediction from a file to a file; what is in none is written to `folder`.

        That may take its time.

        Raises
        ------
        FcnsegError
            If the image cannot be opened, or something cannot be written.
        """
        image, out = self.open(), self.out
        path, axes = Opened(image, self.axes or image.axes, self.path).file(folder)
        if out is None or out.exists():
            out = free_file(folder, image.name, LABELS)
        return PredictRun(
            model=self.model_file or keep_model(self.model, folder),
            image=path,
            out=out,
            axes=axes,
            region=self.region,
            device=self.device,
            kept=image.kept,
        )
