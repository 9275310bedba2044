"""Methods without a network run as models do: outputs, mask, region, journal, workers."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import make_model
from tests.inference.test_resume import files, run_until, tiles_of

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError, ModelError, OutputError, PlanError
from napari_fcnseg.inference.journal import Journal
from napari_fcnseg.inference.plane_work import plan_planes

CLASSES = (fs.SegClass(3, "low", "#e69f00"), fs.SegClass(9, "high", "#56b4e9"))


@dataclass(frozen=True)
class AboveMedian:
    """Class 9 above the median of its plane; 0 in the planes that it leaves out."""

    left_out: tuple[int, ...] = ()
    name: str = "median"
    classes: tuple[fs.SegClass, ...] = CLASSES
    seen: list[tuple[tuple[int, int], ...]] = field(default_factory=list, compare=False)

    def describe(self):
        return {"strokes": list(self.left_out)}

    def check_fits(self, image):
        if image.channels > 2:
            raise ImageError(f"{image.name} has too many channels")

    def notes_on(self, image, region):
        return (f"{image.name} from {region[0][0]} on",)

    def label_plane(self, pixels, spans):
        self.seen.append(spans)
        assert pixels.ndim == 3
        if spans[0][0] in self.left_out:
            return np.zeros(pixels.shape[1:], np.uint8)
        total = pixels.sum(0)
        return np.where(total > np.median(total), 9, 3).astype(np.uint8)


def wanted(stack):
    """What it says of an array with the axes (Z, Y, X)."""
    return np.where(stack > np.median(stack, axis=(1, 2), keepdims=True), 9, 3)


@pytest.fixture(scope="module")
def stack():
    return np.random.default_rng(0).integers(0, 256, (6, 71, 90), dtype=np.uint8)


@pytest.fixture
def job(stack, tmp_path):
    def start(name, method=None, **settings):
        method = method or AboveMedian()
        return fs.predict(method, fs.Image(stack, "ZYX"), tmp_path / name, **settings)

    return start


def test_each_plane_is_seen_whole_once(stack):
    method = AboveMedian()
    assert np.array_equal(fs.segment(method, stack, axes="ZYX"), wanted(stack))
    assert sorted(method.seen) == [((z, z + 1), (0, 71), (0, 90)) for z in range(6)]


def test_axes_come_back_in_their_order(stack):
    several = np.stack([stack, stack[:, ::-1]], 1).astype(np.uint16)  # ZCYX
    found = fs.segment(AboveMedian(), several.transpose(2, 0, 3, 1), axes="YZXC")
    total = several.sum(1)
    assert np.array_equal(found, wanted(total).transpose(1, 0, 2))
    assert fs.segment(AboveMedian(), stack[0]).shape == (71, 90)


@pytest.mark.parametrize("name", ["a.ome.zarr", "a.ome.tif"])
def test_files_hold_labels_classes_and_how_they_came_to_be(job, stack, tmp_path, name):
    first, *_, last = job(name)
    assert first.notes == ("image from 0 on",)
    assert last.tiles == len(stack)
    assert np.array_equal(fs.open_image(tmp_path / name).read({})[0], wanted(stack))
    assert fs.verify(tmp_path / name).wait().checked == len(stack)
    if name.endswith("zarr"):
        import zarr

        made = zarr.open_group(tmp_path / name, mode="r").attrs["napari-fcnseg"]
        assert (made["method"], made["strokes"]) == ("median", [])
        assert [c["id"] for c in made["classes"]] == [3, 9]


def test_a_region_is_a_part_of_the_whole(job, stack, tmp_path):
    job("a.ome.zarr", region=((1, 4), (10, 60), (5, 80))).wait()
    found = fs.open_image(tmp_path / "a.ome.zarr").read({})[0]
    assert np.array_equal(found, wanted(stack)[1:4, 10:60, 5:80])
    with pytest.raises(PlanError, match="is not inside the image"):
        job("b.ome.zarr", region=((1, 7), (0, 71), (0, 90)))


def test_only_the_mask_is_labelled_and_empty_planes_are_not_looked_at(stack):
    mask, method = np.zeros_like(stack), AboveMedian()
    mask[2, 10:20], mask[5, :, 4] = 1, 7
    found = fs.segment(method, stack, axes="ZYX", mask=mask)
    assert np.array_equal(found, np.where(mask, wanted(stack), 0))
    assert sorted(spans[0][0] for spans in method.seen) == [2, 5]


@pytest.mark.parametrize("name", ["a.ome.zarr", "a.ome.tif"])
def test_a_cancelled_run_goes_on_to_the_same_bytes(job, tmp_path, name):
    job("whole." + name).wait()
    run_until(job(name), 2)
    assert not (tmp_path / name).exists()
    assert (tmp_path / f"{name}.partial").exists()
    recorded = len(Journal(tmp_path / f"{name}.journal"))
    assert 2 <= recorded < 6
    assert tiles_of(job(name, resume=True)) == 6 - recorded
    assert files(tmp_path / name) == files(tmp_path / f"whole.{name}")
    assert not (tmp_path / f"{name}.partial").exists()


def test_other_strokes_and_other_methods_are_refused(job, model, stack, tmp_path):
    run_until(job("a.ome.zarr"), 2)
    for method, told in (
        (AboveMedian((3,)), r"another strokes \(\[\] then, \[3\] now\)"),
        (AboveMedian(name="mean"), r"another method \(median then, mean now\)"),
        (model, "another model"),
    ):
        with pytest.raises(OutputError, match=rf"a.ome.zarr was begun with .*{told}.*--overwrite"):
            job("a.ome.zarr", method, resume=True)
    fs.predict(model, fs.Image(stack, "ZYX"), tmp_path / "b.ome.zarr").wait()
    with pytest.raises(OutputError, match="another method"):
        job("b.ome.zarr", resume=True)


@pytest.mark.parametrize(
    "settings", [{"tile": 64}, {"halo": 3}, {"memory": "1GB"}, {"augment": "flips"},
                 {"precision": "float16"}, {"context": "tile"}]
)  # fmt: skip
def test_what_takes_a_network_is_refused(job, settings):
    (name,) = settings
    with pytest.raises(PlanError, match=f"median labels whole planes.*{name}=.*train a network"):
        job("a.ome.zarr", **settings)


def test_it_has_labels_and_nothing_else(job, stack, tmp_path):
    for kind in ("probabilities", "entropy", "disagreement"):
        with pytest.raises(OutputError, match=f"median gives labels and no {kind}: ask for labels"):
            job("a.ome.zarr", output=kind)
    outs = {"labels": tmp_path / "l.ome.zarr", "probabilities-u8": tmp_path / "p.ome.zarr"}
    with pytest.raises(OutputError, match="no probabilities-u8"):
        fs.predict(AboveMedian(), fs.Image(stack, "ZYX"), outs)
    with pytest.raises(ImageError, match="too many channels"):
        fs.segment(AboveMedian(), stack[:3], axes="CYX")


def test_what_needs_a_model_says_so(stack):
    image = fs.Image(stack, "ZYX")
    for ask in (fs.segment_lazy, fs.suggest, fs.estimate, fs.check_seams):
        with pytest.raises(ModelError, match="median is a method without a network"):
            ask(AboveMedian(), image)
    with pytest.raises(ModelError, match="median is a method without a network"):
        fs.calibrate(AboveMedian(), image, 0.1)


def test_a_model_is_no_plane_method():
    assert isinstance(AboveMedian(), fs.PlaneMethod)
    assert not isinstance(make_model(), fs.PlaneMethod)


@given(
    height=st.integers(1, 40_000),
    width=st.integers(1, 40_000),
    start=st.integers(0, 3),
    z=st.integers(1, 3),
)
def test_the_plan_has_a_tile_for_each_plane(height, width, start, z):
    image = fs.Image(np.broadcast_to(np.uint8(0), (z, height, width)), "ZYX")
    start = min(start, height - 1)
    tiles = plan_planes(image, ((0, z), (start, height), (0, width)))
    assert [tile.core for tile in tiles] == [
        ((i, i + 1), (start, height), (0, width)) for i in range(z)
    ]
    assert tiles.shape == (z, height - start, width)


def test_large_planes_fall_into_chunks_and_have_a_pyramid(tmp_path):
    image = np.zeros((1, 1031, 1153), np.uint8)  # primes
    image[:, :500] = 1
    fs.predict(AboveMedian(), fs.Image(image, "ZYX"), tmp_path / "a.ome.zarr").wait()
    import zarr

    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    assert group["0"].chunks == (1, 512, 512)
    assert group["1"].shape == (1, 516, 577)
    assert np.array_equal(group["1"][:], wanted(image)[:, ::2, ::2])


def test_workers_write_the_same_bytes(tmp_path):
    distributed = pytest.importorskip("distributed")
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (3, 40, 50), dtype=np.uint8)
    strokes = np.zeros_like(stack)
    strokes[1:, 5, 5:20], strokes[1:, 30, 5:20] = 1, 2
    image = fs.Image(stack, "ZYX")
    method = fs.classical_method("watershed", image, strokes)
    fs.predict(method, image, tmp_path / "here.ome.zarr").wait()
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        fs.predict(method, image, tmp_path / "there.ome.zarr", scheduler=client).wait()
    assert files(tmp_path / "there.ome.zarr") == files(tmp_path / "here.ome.zarr")
