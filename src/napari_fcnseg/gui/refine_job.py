"""From the form of the Refine widget to a job of the engine."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from napari.layers import Image as ImageLayer

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.class_choice import ALL
from napari_fcnseg.gui.layers import (
    class_names,
    fitting_image,
    labels_image,
    layer_classes,
    layer_data,
    layer_image,
    layer_path,
)
from napari_fcnseg.gui.refine_form import IDS_OF, OBJECTS, RefineForm
from napari_fcnseg.gui.refine_settings import RefineSettings
from napari_fcnseg.images.image import Image
from napari_fcnseg.refine.components import IDS
from napari_fcnseg.refine.objects import label_objects
from napari_fcnseg.refine.refine import LABEL, refine
from napari_fcnseg.refine.split import split_objects

Make = Callable[[], Steps[Event]]


def refine_job(form: RefineForm, settings: RefineSettings) -> tuple[Image, Make]:
    """Return what is refined, and what makes the job; that reads pixels, so a thread calls it.

    Raises
    ------
    AxesError, ImageError, OutputError, RecipeError
        If something is missing, or does not fit.
    """
    found, across = _source(form), form.slices.value
    make: Callable[..., Steps[Event]]
    if form.made.value != OBJECTS:
        make, each = _classes_job(form, settings, found)
    elif form.splits():
        make = partial(
            split_objects,
            inside=form.inside.value,
            border=form.border.value,
            sure=settings.sure.value,
            there=settings.there.value,
            rounds=form.grow.value,
            min_seed=form.min_size.value,
        )
        each = 2 * IDS.itemsize
    else:
        chosen = form.class_id.value
        make = partial(
            label_objects,
            classes=None if chosen == ALL else [chosen],
            diagonal=settings.diagonal.value,
            min_size=form.min_size.value,
        )
        each = 2 * IDS.itemsize
    out = form.output.chosen(found.kept_shape, each)
    return found, partial(make, found, out, across=across)


def _classes_job(
    form: RefineForm, settings: RefineSettings, found: Image
) -> tuple[Callable[..., Steps[Event]], int]:
    """Job that makes better classes, and the bytes that each pixel takes."""
    crf = settings.crf() if form.crf.value else None
    smooth, min_size = form.smooth.value, form.min_size.value
    if not (crf or smooth or min_size or form.source.value != IDS_OF):
        raise ImageError(
            f"nothing would change in {found.name}: switch the CRF on, or give a smoothing or a "
            "smallest size"
        )
    image = _seen(form, found) if crf else None
    labels = form.labels.value if form.source.value == IDS_OF else None
    make = partial(
        refine,
        image=image,
        classes=layer_classes(labels, class_names(labels)) if labels else (),
        crf=crf,
        smooth=smooth,
        min_size=min_size,
        device=settings.device.value,
    )
    return make, LABEL.itemsize + (IDS.itemsize if min_size else 0)


def _source(form: RefineForm) -> Image:
    """Open what is refined; a file that it came from remembers its classes."""
    if form.source.value == IDS_OF:
        labels = form.labels.value
        if labels is None:
            raise ImageError("there is no Labels layer: segment an image, or open labels")
        return replace(labels_image(labels), path=layer_path(labels))
    layer = form.probabilities.value
    if layer is None:
        raise ImageError(
            "there is no image layer with probabilities: open what fcnseg predict --output "
            "probabilities wrote, or choose class ids under 'from'"
        )
    found = layer_image(layer, form.axes.axes())
    if found.channels == 1:
        raise ImageError(
            f"the layer {layer.name} has the axes {found.axes}, without a channel for each class: "
            "choose probabilities with an axis C, or class ids under 'from'"
        )
    return replace(found, path=layer_path(layer))


def _seen(form: RefineForm, found: Image) -> Image:
    """Open the image that the CRF looks at."""
    layer: ImageLayer | None = form.image.value
    if layer is None or layer is form.layer:
        raise ImageError(
            "the CRF looks at the image that was segmented: choose its layer under 'image', or "
            "switch the CRF off"
        )
    image = fitting_image(layer, found)
    if image is None:
        raise ImageError(
            f"the layer {layer.name} has the shape {tuple(layer_data(layer).shape)}, {found.name} "
            f"is {found.kept} {found.kept_shape}: choose the image that was segmented under "
            "'image', or give the layer axis labels such as z, y, x"
        )
    return image
