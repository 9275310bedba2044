import numpy as np
import pytest

import napari_fcnseg as fs


def bands(dtype=np.uint8, factor=1):
    """Three brightnesses with noise."""
    truth = np.repeat(np.arange(3), 40)[None] * np.ones((60, 1), int)
    noise = np.random.default_rng(0).integers(-8, 9, truth.shape)
    return ((40 + 60 * truth + noise) * factor).astype(dtype), truth


@pytest.mark.parametrize(("dtype", "factor"), [(np.uint8, 1), (np.uint16, 257), (np.float32, 0.1)])
def test_brightnesses_are_classes_from_dark_to_bright(dtype, factor):
    image, truth = bands(dtype, factor)
    model = fs.cluster_colours(image, 3)
    assert [c.name for c in model.classes] == ["cluster 1", "cluster 2", "cluster 3"]
    assert np.array_equal(fs.segment(model, image), truth + 1)


def test_colours_of_one_brightness():
    truth = np.arange(64)[None] // 32 * np.ones((64, 1), int)
    image = np.stack([90 + 60 * truth, 150 - 60 * truth, 0 * truth]).astype(np.uint8)
    model = fs.cluster_colours(image, 2, axes="CYX")
    found = fs.segment(model, image, axes="CYX")
    assert (found[truth == 0] == found[0, 0]).all()
    assert (found[truth == 1] == 3 - found[0, 0]).all()


def test_it_is_a_model_like_others(tmp_path):
    image, _ = bands()
    stack = np.stack([image, image[::-1]])
    model = fs.cluster_colours(stack, 3, axes="ZYX")
    model.save(tmp_path / "m.zip")
    loaded = fs.load_model(tmp_path / "m.zip", check=True)
    found = fs.segment(loaded, stack, axes="ZYX", tile=32)
    assert np.array_equal(found[0], found[1][::-1])
    fs.predict(loaded, stack, tmp_path / "out.ome.zarr", axes="ZYX").wait()
    assert np.array_equal(fs.open_image(tmp_path / "out.ome.zarr").read({})[0], found)


def test_the_same_seed_gives_the_same_clusters():
    image = np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8)
    first, again = (fs.segment(fs.cluster_colours(image, 5), image) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("clusters", [0, 1, 256])
def test_impossible_numbers(clusters):
    with pytest.raises(fs.FcnsegError, match=f"clusters = {clusters}: give a number from 2"):
        fs.cluster_colours(bands()[0], clusters)


def test_an_image_of_one_value():
    with pytest.raises(fs.FcnsegError, match="have the value 7"):
        fs.cluster_colours(np.full((40, 40), 7, np.uint8))
