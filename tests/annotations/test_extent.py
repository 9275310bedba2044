import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.annotations import extent as module
from napari_fcnseg.annotations import index as index_module
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.extent import largest_object
from napari_fcnseg.images.image import Image

STACK = Image(np.zeros((3, 300, 400), np.uint8), "ZYX")


def painted(*strokes):
    labels = np.zeros(STACK.shape, np.uint8)
    for value, region in strokes:
        labels[region] = value
    return open_annotation(labels, STACK)


def test_the_longest_piece_of_one_class_in_one_plane():
    found = largest_object(
        painted(
            (1, np.s_[0, 10, 20:90]),  # 70 long
            (1, np.s_[0, 11:40, 90]),  # touches it at a corner: 71 x 30
            (2, np.s_[0, 40:95, 90]),  # another class goes on: 55
            (1, np.s_[1, 10, 91:300]),  # another plane: 209
            (1, np.s_[1, 12, 300:390]),  # not connected
        )
    )
    assert (found.span, found.name) == (209, "class 1")


def test_what_goes_from_border_to_border_has_no_size():
    assert largest_object(painted((3, np.s_[0, 50:60]), (4, np.s_[1, 5:25, 9]))).span == 20


@pytest.mark.parametrize(("edge", "wrong"), [(2048, 0), (100, 4)])
def test_large_pieces_are_looked_at_coarsely(monkeypatch, edge, wrong):
    monkeypatch.setattr(module, "MOST_CELLS", edge)
    assert abs(largest_object(painted((1, np.s_[0, 3, 5:385]))).span - 380) <= wrong


def test_a_sample_of_many_labels_is_still_connected(monkeypatch):
    monkeypatch.setattr(index_module, "KEPT", 2000)
    found = largest_object(painted((1, np.s_[0, 20:220, 30:180]), (2, np.s_[1, 9, 9])))
    assert found.span == 200


def test_training_says_what_the_network_cannot_see():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (200, 300), dtype=np.uint8)
    strokes = np.zeros(image.shape, np.uint8)
    strokes[50:53, 20:170], strokes[150:153, 20:60] = 1, 2

    def notes(depth):
        options = {"depth": depth, "width": 2, "padding": "same"}
        recipe = fs.Recipe(net_options=options, steps=1, patch=32, batch=1, validation=0)
        with_notes = fs.train(image, strokes, recipe)
        started = next(with_notes)
        with_notes.close()
        return " ".join(started.notes)

    text = "this network sees 44 px; your largest stroke-connected object (class 1) "
    assert text + "spans 150 px" in notes(3)
    assert "stroke-connected" not in notes(5)
