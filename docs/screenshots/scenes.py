"""What a person does before each picture is taken."""

from pathlib import Path

import tifffile


def annotate(stage):
    """Classes with names and keys, and strokes."""
    strokes = stage.labels(stage.strokes, "strokes")
    stage.found().visible = False
    widget = stage.dock("Annotate")
    widget.annotation.value = strokes
    widget.adoption.expand(animate=False)


def train(stage):
    """After half a minute of training."""
    stage.labels(stage.strokes, "strokes")
    widget = stage.dock("Train")
    widget.form.minutes.value = 0.5
    stage.run(widget)


def segment(stage):
    """A stack is segmented."""
    stage.run(stage.dock("Segment"))


def batch(stage):
    """Three files, one of which cannot be read."""
    folder = Path(stage.folder.name)
    for i, planes in enumerate((4, 8), 1):
        pixels = stage.image[i : i + planes]
        tifffile.imwrite(folder / f"specimen {i}.tif", pixels, metadata={"axes": "ZYX"})
    (folder / "specimen 3.tif").write_bytes(b"II*\0")
    widget = stage.dock("Batch")
    widget.files.seek([folder])
    stage.wait(lambda: len(widget.files.paths()) == 3)
    stage.run(widget)


def models(stage):
    """The models that are kept."""
    stage.dock("Models").list.setCurrentRow(0)


def evaluate(stage):
    """A prediction beside its truth; the worst region is shown."""
    truth = stage.labels(stage.truth, "truth")
    found, widget = stage.found(), stage.dock("Evaluate")
    widget.found.value, widget.truth.value, truth.visible = found, truth, False
    stage.run(widget)
    widget.go_to(0)


def measure(stage):
    """Areas of classes in each slice."""
    widget = stage.dock("Measure")
    widget.labels.value = stage.found()
    stage.run(widget)


def refine(stage):
    """A CRF and a smallest size."""
    found, widget = stage.found(), stage.dock("Refine")
    widget.form.labels.value, found.visible = found, False
    widget.form.min_size.value = 30
    stage.run(widget)


def show(stage):
    """A portrait of one class."""
    found, widget = stage.found(), stage.dock("Show")
    widget.form.labels.value, widget.form.keep.value = found, stage.classes[-1].id
    found.visible = False
    stage.run(widget)


ALL = annotate, train, segment, batch, models, evaluate, measure, refine, show
SCENES = {scene.__name__: scene for scene in ALL}
