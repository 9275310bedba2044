"""A person at the window: sample, strokes, training with previews, segmentation."""

import numpy as np
from tests.gui.conftest import MINUTE

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.gui.layers import layer_classes
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

PAINTED = 12


def paint(layer, labels):
    """Paint what is labelled, as the mouse would: one dab of the brush after another."""
    layer.brush_size = 1
    for point in np.argwhere(labels):
        layer.paint(tuple(point), int(labels[tuple(point)]), refresh=False)
    layer.refresh()


def mean_iou(truth, found):
    matrix = confusion_matrix(truth.astype(int) - 1, found.astype(int) - 1, len(CLASSES))
    return float(np.mean(iou(matrix)))


def test_from_a_few_strokes_to_a_segmented_stack(viewer, dock, press, ended, qtbot, tmp_path):
    viewer.open_sample("napari-fcnseg", "em_stack")
    stack, strokes = viewer.layers["EM stack"], viewer.layers["strokes"]
    truth = synthetic_em()[1]
    viewer.dims.set_current_step(0, PAINTED)
    paint(strokes, fs.simulate_strokes(truth, [PAINTED], share=0.06))

    train = dock("Train")
    assert train.form.image.value is stack
    assert train.form.labels.value is strokes
    train.form.minutes.value = 0.4
    press(train.panel.start_button)
    qtbot.waitUntil(lambda: "preview of EM stack" in viewer.layers, timeout=MINUTE)
    preview = viewer.layers["preview of EM stack"]
    assert viewer.layers.selection.active is not preview  # one goes on painting
    qtbot.waitUntil(lambda: train.model is not None, timeout=2 * MINUTE)
    ended(train)
    seen = np.asarray(preview.data[PAINTED])
    shown = seen > 0  # what is on screen
    assert shown.mean() > 0.5
    assert mean_iou(truth[PAINTED][shown], seen[shown]) > 0.45
    assert not np.asarray(preview.data[PAINTED + 1]).any()  # only what is looked at
    assert [c.name for c in train.model.classes] == list(CLASSES.values())
    assert len(train.plot.iou) >= 3
    viewer.screenshot(str(tmp_path / "train.png"), canvas_only=False, flash=False)

    segment = dock("Segment")
    segment.form.image.value = stack
    press(segment.panel.start_button)
    qtbot.waitUntil(lambda: "EM stack segmented" in viewer.layers, timeout=MINUTE)
    ended(segment)
    result = viewer.layers["EM stack segmented"]
    unseen = np.arange(len(truth)) != PAINTED
    assert mean_iou(truth[unseen], result.data[unseen]) > 0.4
    assert np.array_equal(result.data, fs.segment(train.model, stack.data, axes="ZYX"))
    assert np.array_equal(result.data[PAINTED][shown], seen[shown])
    assert layer_classes(result, CLASSES) == layer_classes(strokes, CLASSES)
    for name in ("scale", "translate", "units", "axis_labels"):
        assert np.array_equal(getattr(result, name), getattr(stack, name)), name

    picture = viewer.screenshot(str(tmp_path / "segment.png"), canvas_only=False, flash=False)
    assert picture.shape[:2] == (900, 1400)
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 500
