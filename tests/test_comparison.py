"""Several methods on the same strokes: who has seen what, and what the table says."""

import json

import numpy as np
import pytest
import tifffile

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.comparison import ComparisonDone, MethodStarted
from napari_fcnseg.evaluation.scores import iou

SHORT = fs.Recipe(steps=3, pseudo=0.0, net_options={"depth": 2, "width": 4})


def halves(size=160, planes=1):
    """Dark and bright halves, noise, strokes in both, and the truth."""
    rng = np.random.default_rng(0)
    truth = np.ones((planes, size, size), np.uint8)
    truth[..., size // 2 :] = 2
    image = (60 + 80 * (truth - 1.0) + rng.normal(0, 20, truth.shape)).clip(0, 255)
    strokes = np.zeros_like(truth)
    strokes[0, 10::20, 8:-8] = truth[0, 10::20, 8:-8]
    return image.astype(np.uint8), strokes, truth


def done(job):
    last = job.wait()
    assert isinstance(last, ComparisonDone)
    return last


def test_methods_learn_strokes_and_are_scored_on_others():
    image, strokes, _ = halves()
    methods = ["kmeans", "random_walk", "pixel_classifier"]
    events = list(fs.compare(image, strokes, methods, axes="ZYX"))
    started = [(e.method, e.number) for e in events if isinstance(e, MethodStarted)]
    assert started == [(m, i) for i, m in enumerate(methods, 1)]
    rows = events[-1].rows
    assert events[-1].held_out
    assert [row.method for row in rows] == methods
    tested = {row.scores.matrix.sum() for row in rows}
    assert len(tested) == 1  # all on the same pixels
    assert 0.1 < tested.pop() / (strokes > 0).sum() < 0.5
    assert all(row.scores.mean_iou > 0.85 for row in rows)
    assert all(row.labelled == 1 for row in rows)


def test_held_out_strokes_are_seen_by_no_method():
    """Ids drawn by lot: whoever has seen a stroke finds it, and nobody else can."""
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (200, 200), np.uint8)
    strokes = np.zeros(image.shape, np.uint8)
    strokes[5::10, :] = rng.integers(1, 3, strokes[5::10, :].shape)
    found = done(fs.compare(image, strokes, ["random_walk", "pixel_classifier"]))
    assert all(row.scores.mean_iou < 0.45 for row in found.rows)


def test_with_a_truth_all_strokes_teach_and_unpainted_pixels_count():
    image, strokes, truth = halves(planes=2)
    found = done(fs.compare(image, strokes, ["kmeans", "watershed"], truth=truth, axes="ZYX"))
    assert not found.held_out
    pixels, flood = found.rows
    assert pixels.scores.matrix.sum() == (strokes == 0).sum()
    # Strokes are on the first plane alone: what grows from them labels nothing on the second.
    assert pixels.labelled == 1
    on_first = (strokes[0] == 0).sum() / (strokes == 0).sum()
    assert flood.labelled == pytest.approx(on_first)
    assert flood.scores.mean_iou < 0.6 < 0.85 < pixels.scores.mean_iou


def test_what_is_kept_is_what_is_scored(tmp_path):
    image, strokes, truth = halves()
    found = done(fs.compare(image, strokes, ["kmeans"], truth=truth, axes="ZYX", out=tmp_path))
    kept = fs.open_image(tmp_path / "kmeans.ome.zarr").read({})[0]
    assert (kept > 0).all()
    counts = [[int(((truth == t) & (kept == k) & (strokes == 0)).sum()) for k in (1, 2)]
              for t in (1, 2)]  # fmt: skip
    assert found.rows[0].scores.matrix[:, :2].tolist() == counts
    assert found.rows[0].scores.mean_iou == pytest.approx(iou(np.array(counts)).mean())
    with pytest.raises(fs.FcnsegError, match=r"kmeans.ome.zarr exists already"):
        fs.compare(image, strokes, ["kmeans"], axes="ZYX", out=tmp_path)


def test_several_images_and_a_network():
    image, strokes, truth = halves()
    images, painted = [image[0], image[0][:, ::-1].copy()], [strokes[0], strokes[0][:, ::-1].copy()]
    truths = [truth[0], truth[0][:, ::-1].copy()]
    found = done(fs.compare(images, painted, ["unet_light", "kmeans"], truth=truths, recipe=SHORT))
    net, colours = found.rows
    assert colours.scores.matrix.sum() == 2 * (strokes == 0).sum()
    assert net.learning > 0
    assert net.segmenting > 0
    assert net.scores.matrix.sum() == colours.scores.matrix.sum()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["pixel_classifer"]}, "pixel_classifier"),
        ({"methods": []}, "which methods"),
        ({"truth": []}, "1 images and 0 truths"),
        ({"strokes": np.pad([[1, 2]], ((0, 159), (0, 158)))}, "too few strokes"),
    ],
)
def test_what_cannot_be_compared(change, message):
    image, strokes, _ = halves()
    given = {"images": image[0], "strokes": strokes[0], "methods": ["kmeans"]} | change
    with pytest.raises(fs.FcnsegError, match=message):
        fs.compare(**given)


def test_a_background_among_strokes_is_refused():
    image, strokes, _ = halves()
    with pytest.raises(fs.FcnsegError, match="give classes ids from 1 on"):
        fs.compare(image[0], strokes[0], ["kmeans"], classes={0: "dark", 1: "a", 2: "b"})


def test_the_command(tmp_path, capsys):
    image, strokes, truth = halves()
    for name, pixels in (("i", image), ("s", strokes), ("t", truth)):
        tifffile.imwrite(tmp_path / f"{name}.tif", pixels[0], metadata={"axes": "YX"})
    files = ["--image", str(tmp_path / "i.tif"), "--labels", str(tmp_path / "s.tif")]
    asked = [
        "compare",
        *files,
        "--methods",
        "superpixels",
        "kmeans",
        "--classes",
        "1=dark,2=bright",
    ]
    assert main(asked) == 0
    told = capsys.readouterr()
    header, *rows = [line.split() for line in told.out.splitlines() if line.startswith("  ")]
    assert header[:3] == ["method", "mean", "IoU"]
    assert header[4] == "dark"
    assert {row[0] for row in rows} == {"superpixels", "kmeans"}
    assert float(rows[0][1]) >= float(rows[1][1])  # the best first
    assert "held-out strokes" in told.out
    assert "kmeans (2 of 2)" in told.err
    assert main([*asked, "--truth", str(tmp_path / "t.tif"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scored_on"] == "truth"
    assert found["methods"]["kmeans"]["mean IoU"] > 0.85
    assert set(found["methods"]["kmeans"]["classes"]) == {"dark", "bright"}
