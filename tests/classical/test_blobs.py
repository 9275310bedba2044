"""Blobs of known places and sizes."""

import csv

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import MethodError
from napari_fcnseg.events import BlockDone

DISCS = [(40, 50, 5), (60, 200, 3.5), (100, 150, 10), (160, 60, 14)]


def discs(ground=50, spot=200, noise=10, shape=(200, 240)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = np.full(shape, float(ground))
    for top, left, radius in DISCS:
        image[np.hypot(y - top, x - left) <= radius] = spot
    return image + np.random.default_rng(0).normal(0, noise, shape)


@pytest.mark.parametrize("scale", [1, 257])
@pytest.mark.parametrize("dark", [False, True])
def test_discs_are_found_where_they_are_and_as_large(scale, dark):
    image = (discs() if not dark else 255 - discs()).clip(0, 255).astype(np.uint16) * scale
    table = fs.find_blobs(image, dark=dark).wait().table
    assert len(table) == len(DISCS)
    for found, wanted in zip(table.rows, DISCS, strict=True):
        assert np.hypot(found[0] - wanted[0], found[1] - wanted[1]) <= 1
        assert found[2] == pytest.approx(wanted[2], rel=0.2)
    assert "all is in pixels" in table.notes[0]


def test_noise_alone_has_none():
    noise = np.random.default_rng(1).normal(0, 1, (150, 150))
    assert len(fs.find_blobs(noise).wait().table) == 0
    assert len(fs.find_blobs(np.full((40, 40), 3.0)).wait().table) == 0
    assert len(fs.find_blobs(noise, threshold=0.02).wait().table) > 5


def test_discs_are_labelled_on_their_ground():
    image = discs()
    method = fs.classical_method("blobs", image)
    assert [(c.id, c.name) for c in method.classes] == [(1, "background"), (2, "blob")]
    found = fs.segment(method, image)
    y, x = np.mgrid[:200, :240]
    truth = np.any([np.hypot(y - t, x - s) <= r for t, s, r in DISCS], axis=0)
    assert ((found == 2) & truth).sum() / ((found == 2) | truth).sum() > 0.85
    assert set(np.unique(found)) == {1, 2}


def test_a_table_of_a_stack_in_units(tmp_path):
    stack = np.stack([discs(), np.full((200, 240), 50.0)])[:, None]
    image = fs.Image(stack, "ZCYX", (2.0, 1.0, 0.5, 0.5), ("micrometer",) * 4)
    *events, done = fs.find_blobs(image, max_radius=20.0)
    assert [e.done for e in events if isinstance(e, BlockDone)] == [1, 2]
    table = done.table
    assert not table.notes
    assert list(table.columns) == ["Z", "Y", "X", "radius (px)", "Y (µm)", "X (µm)", "radius (µm)"]
    assert set(table.columns["Z"]) == {0}
    for row in table.to_dict():
        assert row["Y (µm)"] == row["Y"] / 2
        assert row["radius (µm)"] == pytest.approx(row["radius (px)"] / 2)
    table.to_csv(tmp_path / "blobs.csv")
    with open(tmp_path / "blobs.csv", encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(DISCS)


def test_one_channel_or_the_mean_of_all():
    image = np.stack([np.full((200, 240), 3.0), discs()])
    counts = {
        channel: len(fs.find_blobs(image, axes="CYX", channel=channel).wait().table)
        for channel in (-1, 0, 1)
    }
    assert counts == {-1: 4, 0: 0, 1: 4}
    with pytest.raises(MethodError, match="has the channels 0 to 1; give one of them"):
        fs.find_blobs(image, axes="CYX", channel=2)


def test_what_is_asked_for_must_be_possible():
    image = discs()
    with pytest.raises(MethodError, match=r"max_radius = 2.0 is below min_radius = 3.0"):
        fs.find_blobs(image, max_radius=2.0)
    with pytest.raises(MethodError, match=r"has no option 'radius': did you mean"):
        fs.find_blobs(image, radius=2.0)
    with pytest.raises(MethodError, match="blobs needs no strokes"):
        fs.classical_method("blobs", image, np.ones(image.shape, np.uint8))
