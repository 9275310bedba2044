"""How an unfinished output is gone on with."""

from dataclasses import replace

from napari import Viewer
from napari.layers import Image as ImageLayer

from napari_fcnseg.errors import ImageError, OutputError
from napari_fcnseg.gui.choices import TrainedModels
from napari_fcnseg.gui.layers import layer_path
from napari_fcnseg.gui.preferences import own_library
from napari_fcnseg.gui.segment_form import FROM_FILE, SegmentForm
from napari_fcnseg.gui.segment_task import Task
from napari_fcnseg.inference.begun import Begun, Unfinished
from napari_fcnseg.inference.resumed_model import resumed_model


def resumed(found: Unfinished, form: SegmentForm, viewer: Viewer, session: TrainedModels) -> Task:
    """Choose in the form what an output was begun with, and return the task that goes on with it.

    The model is looked for when the task runs: among those of the session, then in files.

    Raises
    ------
    FcnsegError
        If the image is neither open nor found, or the output cannot be gone on with.
    """
    begun = found.begun
    if found.problem:
        raise OutputError(found.problem)
    _choose_image(begun, form, viewer)
    form.output.value = "file"
    form.path.value = begun.out
    if begun.method:
        form.model.value = begun.method
        return replace(form.task(), region=found.region, out=begun.out)
    models = tuple(session.models)
    return replace(
        form.source(),
        make=lambda _: resumed_model(found, models, own_library()),
        region=found.region,
        out=begun.out,
        device=form.device.value,
        model_file=begun.model_file,
    )


def _choose_image(begun: Begun, form: SegmentForm, viewer: Viewer) -> None:
    """Choose the layer of an image, or else its file."""
    for layer in viewer.layers:
        same = layer.name == begun.image and begun.file in (None, layer_path(layer))
        if isinstance(layer, ImageLayer) and same:
            form.input.value = "layer"
            form.image.value = layer
            if begun.axes in form.axes.choices:
                form.axes.value = begun.axes
            return
    if begun.file is None or not begun.file.exists():
        where = f"the file {begun.file} is not there" if begun.file else "it was in no file"
        raise ImageError(
            f"{begun.out.name} was begun from the image {begun.image}, which is not open, and "
            f"{where}: open it under this name, then continue"
        )
    kind = "folder" if begun.file.is_dir() else "file"
    form.input.value = kind
    (form.folder if kind == "folder" else form.file).value = begun.file
    form.file_axes.value = begun.axes or FROM_FILE
