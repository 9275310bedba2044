"""What the widgets are set to, for whoever writes it down."""

from napari_fcnseg.annotations.stored_classes import folder_of
from napari_fcnseg.errors import MethodError
from napari_fcnseg.gui.layers import layer_path
from napari_fcnseg.gui.segment_task import Task
from napari_fcnseg.gui.train_form import TrainForm
from napari_fcnseg.models.model import Model
from napari_fcnseg.scripts.opened import Opened
from napari_fcnseg.scripts.predict_draft import PredictDraft
from napari_fcnseg.scripts.train_draft import TrainDraft
from napari_fcnseg.scripts.train_run import repeatable
from napari_fcnseg.training.recipe import Recipe


def train_draft(form: TrainForm, recipe: Recipe, trained: Model | None) -> TrainDraft:
    """Return what Train is set to.

    Parameters
    ----------
    form
        Layers and device.
    recipe
        How to train.
    trained
        The last model, if any; one of this recipe tells how many steps repeat it.

    Raises
    ------
    FcnsegError
        If a layer is missing, or its axes are not known.
    """
    painting = form.chosen()
    labels, classes = painting.to_learn(form.objects.value)
    recipe, notes = repeatable(recipe, trained)
    return TrainDraft(
        source=Opened(painting.image, form.axes.axes(), layer_path(painting.source)),
        labels=labels,
        classes=classes,
        name=f"layer {painting.layer.name!r}",
        labels_path=folder_of(painting.layer.data),
        recipe=recipe,
        unpainted=form.unpainted.value,
        start=form.start_from.model(),
        device=form.device.value,
        notes=notes,
    )


def predict_draft(task: Task) -> PredictDraft:
    """Return what Segment is set to.

    Raises
    ------
    MethodError
        If a method is chosen that needs no training.
    """
    if task.model is None:
        raise MethodError(
            "only what a model segments is copied: use fcnseg classical, or fs.classical_method in "
            "Python, for the same without one"
        )
    return PredictDraft(
        open=task.open,
        model=task.model,
        path=task.file,
        axes=task.axes,
        model_file=task.model_file,
        out=task.out,
        region=task.region,
        device=task.device,
    )
