import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.measure import label, regionprops

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError, OutputError
from napari_fcnseg.refine import fractions, measure

NM = ("nanometer",)


def table(job):
    return job.wait().table


def by_id(found):
    return {row["id"]: row for row in found.to_dict()}


@pytest.fixture
def blobs():
    rng = np.random.default_rng(1)
    return label(ndimage.gaussian_filter(rng.normal(size=(90, 120)), 4) > 0.02).astype(np.uint16)


def test_objects_as_scikit_image_measures_them(blobs, monkeypatch):
    monkeypatch.setattr(measure, "EDGE", 16)  # objects lie in many blocks
    grey = np.random.default_rng(0).integers(0, 255, blobs.shape).astype(np.uint8)
    scale = (3.0, 3.0)
    found = by_id(table(fs.measure_objects(fs.Image(blobs, "YX", scale, NM * 2), grey)))
    expected = regionprops(blobs, grey, spacing=scale)
    assert len(found) == len(expected) > 5
    for region in expected:
        ours = found[region.label]
        assert ours["pixels"] == region.num_pixels
        assert ours["area (nm²)"] == pytest.approx(region.area)
        center = np.array(region.centroid) / scale
        assert [ours["center Y"], ours["center X"]] == pytest.approx(center)
        box = [ours[n] for n in ("Y from", "X from", "Y to", "X to")]
        assert box == list(region.bbox)
        assert ours["diameter (nm)"] == pytest.approx(region.equivalent_diameter_area)
        assert ours["major (nm)"] == pytest.approx(region.axis_major_length)
        assert ours["minor (nm)"] == pytest.approx(region.axis_minor_length, abs=1e-6)
        assert ours["eccentricity"] == pytest.approx(region.eccentricity, abs=1e-6)
        turn = ours["orientation (°)"] - math.degrees(region.orientation)
        assert min(turn % 180, -turn % 180) == pytest.approx(0, abs=1e-5)
        assert ours["perimeter (nm)"] == pytest.approx(region.perimeter)
        assert ours["mean"] == pytest.approx(region.intensity_mean)
        assert ours["deviation"] == pytest.approx(region.intensity_std)


def test_stacks_as_scikit_image_measures_them():
    rng = np.random.default_rng(1)
    ids = label(ndimage.gaussian_filter(rng.normal(size=(12, 40, 50)), 2) > 0.05)
    scale = (40.0, 4.0, 5.0)
    found = by_id(table(fs.measure_objects(fs.Image(ids, "ZYX", scale, NM * 3))))
    regions = [r for r in regionprops(ids, spacing=scale) if r.num_pixels > 20]
    assert len(regions) > 5
    for region in regions:
        ours = found[region.label]
        assert ours["volume (nm³)"] == pytest.approx(region.area)
        assert ours["major (nm)"] == pytest.approx(region.axis_major_length)
        assert ours["minor (nm)"] == pytest.approx(region.axis_minor_length, rel=1e-5)
        assert ours["diameter (nm)"] == pytest.approx(region.equivalent_diameter_area)
        assert "perimeter (nm)" not in ours


@given(arrays(np.uint16, (13, 17), elements=st.integers(0, 3)), st.integers(3, 20))
def test_any_blocks(ids, edge):
    whole = table(fs.measure_objects(ids)).to_csv()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "EDGE", edge)
        assert table(fs.measure_objects(ids)).to_csv() == whole


def test_far_from_the_origin_no_digit_is_lost():
    ids = np.zeros((1, 200_000), np.uint8)
    ids[0, 199_990:] = 1
    ids[0, :10] = 2
    near, far = (by_id(table(fs.measure_objects(ids)))[i]["major (px)"] for i in (2, 1))
    assert far == pytest.approx(near, rel=1e-12)


def test_an_id_at_each_time():
    ids = np.zeros((2, 8, 8), np.uint8)
    ids[0, :2, :2] = ids[1, :4, :4] = 1
    found = table(fs.measure_objects(ids, axes="TYX"))
    assert found.columns["T"] == [0, 1]
    assert found.columns["pixels"] == [4, 16]


def test_classes_of_planes_and_of_the_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(fractions, "EDGE", 8)
    labels = np.full((2, 10, 20), 1, np.uint8)
    labels[0, :5] = 2
    labels[1, 0, :4] = 0
    image = fs.Image(labels, "ZYX", (0.05, 4.0, 4.0), ("micrometer", "nanometer", "nanometer"))
    found = table(fs.measure_classes(image, classes={1: "ferrite", 2: "austenite"}))
    assert found.columns["Z"] == [0, 0, 1, 1, None, None]
    assert found.columns["class"] == ["ferrite", "austenite"] * 3
    assert found.columns["pixels"] == [100, 100, 196, 0, 296, 100]
    assert found.columns["fraction"] == pytest.approx([0.5, 0.5, 1, 0, 296 / 396, 100 / 396])
    assert found.columns["area (nm²)"] == [1600, 1600, 196 * 16, 0, None, None]
    assert found.columns["volume (nm³)"][-1] == pytest.approx(100 * 16 * 50)
    whole = table(fs.measure_classes(image, unpainted="background"))
    assert whole.columns["fraction"][-3:] == pytest.approx([4 / 400, 296 / 400, 100 / 400])
    path = tmp_path / "fractions.csv"
    found.to_csv(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["area (nm²)"] == "1600.0"
    assert rows[-1]["Z"] == ""
    with pytest.raises(OutputError, match="exists already"):
        found.to_csv(path)


def test_without_a_scale_it_is_pixels_and_told():
    found = table(fs.measure_classes(np.ones((4, 4), np.uint8)))
    assert list(found.columns) == ["id", "class", "pixels", "fraction"]
    assert "does not say how large" in found.notes[0]
    assert "area (px²)" not in table(fs.measure_objects(np.ones((4, 4), np.uint8))).columns


def test_g_ratio_of_rings():
    """Two rings that touch, a bare axon, and one that is cut."""
    y, x = np.mgrid[:120, :200]
    labels = np.full((120, 200), 1, np.uint8)
    for cy, cx, inner, outer in (
        (60, 40, 12, 20),
        (60, 82, 16, 21),
        (60, 150, 10, 10),
        (0, 110, 9, 15),
    ):
        r = np.hypot(y - cy, x - cx)
        labels[r <= outer] = np.where(r[r <= outer] <= inner, 3, 2)
    image = fs.Image(labels, "YX", (0.1, 0.1), ("micrometer",) * 2)
    rows = sorted(
        table(fs.measure_g_ratios(image, axon=3, myelin=2)).to_dict(), key=lambda r: r["center X"]
    )
    assert [r["center X"] for r in rows] == pytest.approx([40, 82, 110, 150])
    assert [r["cut"] for r in rows] == [False, False, True, False]
    assert rows[0]["g-ratio"] == pytest.approx(12 / 20, abs=0.01)
    assert rows[1]["g-ratio"] == pytest.approx(16 / 21, abs=0.01)
    assert rows[3]["g-ratio"] is None
    assert rows[0]["axon diameter (µm)"] == pytest.approx(2.4, abs=0.05)
    assert rows[0]["fibre diameter (µm)"] == pytest.approx(4.0, abs=0.05)
    stack = fs.Image(np.stack([labels, np.ones_like(labels), labels]), "ZYX")
    planes = table(fs.measure_g_ratios(stack, axon=3, myelin=2)).columns["Z"]
    assert planes == [0] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("job", "told"),
    [
        (lambda: fs.measure_classes(np.ones((2, 2))), "class ids are needed"),
        (lambda: fs.measure_classes(np.full((2, 2), 300)), "measure objects"),
        (lambda: fs.measure_objects(np.ones((2, 2))), "ids of objects are needed"),
        (lambda: fs.measure_objects(np.full((2, 2), -3)), "holds the id -3"),
        (lambda: fs.measure_objects(np.ones((2, 2), int), np.ones((3, 2))), "same size"),
        (lambda: fs.measure_g_ratios(np.ones((2, 2)), 1, 2), "no class ids"),
    ],
)
def test_what_cannot_be_measured_is_told(job, told):
    with pytest.raises(ImageError, match=told):
        job().wait()


def test_nothing_to_measure():
    none = np.zeros((4, 4), np.uint8)
    assert len(table(fs.measure_objects(none))) == 0
    assert len(table(fs.measure_classes(none))) == 0
    assert len(table(fs.measure_g_ratios(none, 1, 2))) == 0
