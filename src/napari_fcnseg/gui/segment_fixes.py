"""What happens when a fix of the data doctor is pressed: something new is added and chosen."""

from dataclasses import replace

from napari import Viewer

from napari_fcnseg.gui.choices import TrainedModels
from napari_fcnseg.gui.derived import add_derived
from napari_fcnseg.gui.segment_form import SegmentForm
from napari_fcnseg.gui.segment_task import Task
from napari_fcnseg.images.grey import reduce_colour
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.finding import Fix, at_size_of, with_own_values


def apply_fix(
    fix: Fix,
    form: SegmentForm,
    viewer: Viewer,
    session: TrainedModels,
    task: Task | None,
    image: Image | None,
) -> None:
    """Do what a fix says, in sight of the person.

    Parameters
    ----------
    fix
        What to do.
    form
        Chooses what is new.
    viewer, session
        Where new layers and models go.
    task, image
        What was looked at; axes are chosen without.

    Raises
    ------
    FcnsegError
        If it cannot be done.
    """
    if fix.kind == "axes":
        row = form.axes if form.input.value == "layer" else form.file_axes
        row.value = fix.axes
    elif task and task.model and fix.kind == "own values":
        session.add(with_own_values(task.model))
    elif task and image and fix.kind == "grey":
        grey = reduce_colour(image, True)
        _choose(form, viewer, task, replace(grey, name=f"{image.name}, grey"))
    elif task and task.model and image and fix.kind == "resample":
        _choose(form, viewer, task, at_size_of(task.model, image))


def _choose(form: SegmentForm, viewer: Viewer, task: Task, image: Image) -> None:
    layer = add_derived(viewer, image, task.source)
    form.input.value = "layer"
    form.image.value = layer
