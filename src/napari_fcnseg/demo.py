"""The main job on the embedded sample: strokes, training, prediction, scores, a picture."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from napari_fcnseg.annotations.classes import SegClass, default_class, ngff_label
from napari_fcnseg.annotations.overlay import overlay, to_grey
from napari_fcnseg.annotations.strokes import simulate_strokes
from napari_fcnseg.errors import OutputError
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.events import Event, Steps, Trained
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import OutputSpec
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.images.write_zarr import OmeZarrOutput
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.train import train

SCALE, UNITS = (28.0, 4.0, 4.0), ("nanometer",) * 3
PAINTED = (1 / 4, 3 / 4)  # slices with strokes, as parts of the stack
SHARE = 0.03  # of each of them


@dataclass(frozen=True)
class DemoDone(Event):
    """The end of the demo: IoU of each class on the unpainted slices, and the files."""

    iou: dict[str, float]
    mean_iou: float
    painted_share: float
    files: dict[str, Path]


def run_demo(
    folder: Path,
    recipe: Recipe,
    shape: tuple[int, int, int] = (24, 384, 384),
    device: str = "auto",
    overwrite: bool = False,
) -> Steps[Event]:
    """Run the main job into `folder`; yields the events of its training and prediction.

    Parameters
    ----------
    folder
        Takes the stack, strokes, truth and prediction (OME-Zarr), model and picture.
    recipe
        How to train; its seed also makes the sample and the strokes.
    shape
        Of the sample, ``(Z, Y, X)``.
    device, overwrite
        See `predict`.
    """
    names = ("image", "strokes", "truth", "prediction")
    files = {name: folder / f"{name}.ome.zarr" for name in names}
    files |= {"model": folder / "model.zip", "picture": folder / "demo.png"}
    if taken := [str(f) for f in files.values() if f.exists() and not overwrite]:
        raise OutputError(
            f"{taken[0]} exists already; give another folder with --out, or allow to replace it "
            "with --overwrite"
        )
    return Steps(_run(files, recipe, shape, device, overwrite))


def _run(
    files: dict[str, Path],
    recipe: Recipe,
    shape: tuple[int, int, int],
    device: str,
    overwrite: bool,
) -> Generator[Event, None, None]:
    image, truth = synthetic_em(shape, recipe.seed)
    planes = [round(part * (len(image) - 1)) for part in PAINTED]
    strokes = simulate_strokes(truth, planes, SHARE, seed=recipe.seed)
    classes = tuple(default_class(i, name) for i, name in CLASSES.items())
    for name, pixels in (("image", image), ("strokes", strokes), ("truth", truth)):
        _save(files[name], pixels, name, () if name == "image" else classes)

    model = None
    training = train(
        open_image(files["image"]), files["strokes"], recipe, classes=classes, device=device
    )
    for event in training:
        yield event
        if isinstance(event, Trained):
            model = event.model
    assert model is not None
    model.save(files["model"], overwrite=True)
    yield from predict(
        model, files["image"], files["prediction"], device=device, overwrite=overwrite
    )
    found = np.asarray(open_image(files["prediction"]).data[:])
    unpainted = [z for z in range(len(image)) if z not in planes]
    matrix = confusion_matrix(
        truth[unpainted].astype(int) - 1, found[unpainted].astype(int) - 1, len(classes)
    )
    scores = dict(zip((c.name for c in classes), iou(matrix).tolist(), strict=True))
    unseen = len(image) // 2
    rows = [(z, image[z], strokes[z], found[z], truth[z]) for z in (planes[0], unseen)]
    draw_rows(rows, classes, planes).save(files["picture"])
    yield DemoDone(
        scores, float(np.mean(list(scores.values()))), float((strokes > 0).mean()), files
    )


def _save(path: Path, pixels: NDArray[np.uint8], name: str, classes: tuple[SegClass, ...]) -> None:
    spec = OutputSpec(
        axes="ZYX",
        shape=pixels.shape,
        dtype=pixels.dtype,
        block=(1, *pixels.shape[1:]),
        scale=SCALE,
        units=UNITS,
        origin=(0, 0, 0),
        name=name,
        image_label=ngff_label(classes) if classes else None,
    )
    output = OmeZarrOutput(path, spec, "overwrite")
    whole = tuple((0, n) for n in pixels.shape)
    output.write(whole, pixels)
    output.finish()


def draw_rows(
    rows: list[tuple[int, Any, Any, Any, Any]], classes: tuple[SegClass, ...], painted: list[int]
) -> Pillow.Image:
    """Image, strokes, prediction and truth side by side, one row for each slice."""
    height, width = rows[0][1].shape
    gap, head, foot = 8, 34, 34
    sheet = Pillow.new(
        "RGB", (4 * (width + gap) + gap, len(rows) * (height + head) + foot + gap), "#16181d"
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for row, (z, image, strokes, found, truth) in enumerate(rows):
        grey = to_grey(image)
        about = "painted" if z in painted else "never painted"
        titles = (f"slice {z}, {about}", "strokes", "prediction", "truth")
        top = row * (height + head) + head
        none = np.zeros_like(strokes)
        panels = [(none, 0.0), (strokes, 1.0), (found, 0.5), (truth, 0.5)]
        for column, (title, panel) in enumerate(zip(titles, panels, strict=True)):
            left = gap + column * (width + gap)
            labels, opacity = panel
            shown = overlay(grey, labels, classes, opacity)
            sheet.paste(Pillow.fromarray(shown), (left, top))
            pen.text((left, top - 25), title, "white", font)
    left, top = gap, sheet.height - foot + 4
    for c in classes:
        pen.rectangle((left, top + 3, left + 16, top + 19), c.color)
        pen.text((left + 24, top), c.name, "white", font)
        left += 48 + int(pen.textlength(c.name, font))
    return sheet
