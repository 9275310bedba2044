import numpy as np
import pytest
from PIL import Image as Pillow

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images import grey as module
from napari_fcnseg.images.open import open_image

GREY = np.random.default_rng(7).integers(0, 255, (40, 50), dtype=np.uint8)
OPAQUE = np.full_like(GREY, 255)


def save(path, *channels):
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[len(channels)]
    Pillow.merge(mode, [Pillow.fromarray(c) for c in channels]).save(path)
    return path


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ((GREY, GREY, GREY), "its three channels are equal"),
        ((GREY, GREY, GREY, OPAQUE), "its three channels are equal"),
        ((GREY, OPAQUE), "its alpha channel is constant"),
    ],
)
def test_visually_grey_files_become_one_channel_and_say_so(tmp_path, channels, said):
    image = open_image(save(tmp_path / "a.png", *channels))
    assert (image.axes, image.channels) == ("YX", 1)
    assert np.array_equal(image.read({})[0], GREY)
    assert len(image.notes) == 1
    assert said in image.notes[0]


def test_one_other_pixel_keeps_the_colours(tmp_path):
    other = GREY.copy()
    other[-1, -1] ^= 1
    image = open_image(save(tmp_path / "a.png", GREY, other, GREY))
    assert (image.channels, image.notes) == (3, ())
    assert np.array_equal(image.read({}), np.stack([GREY, other, GREY]))


def test_constant_alpha_is_left_out_and_told_varying_alpha_is_kept(tmp_path):
    colours = (GREY, GREY[::-1], GREY[:, ::-1])
    constant = open_image(save(tmp_path / "a.png", *colours, OPAQUE))
    assert constant.channels == 3
    assert "without its alpha channel" in constant.notes[0]
    assert np.array_equal(constant.read({"Y": (3, 9)}), np.stack(colours)[:, 3:9])
    varying = open_image(save(tmp_path / "b.png", *colours, GREY))
    assert (varying.channels, varying.notes) == (4, ())
    grey_varying = open_image(save(tmp_path / "c.png", GREY, GREY, GREY, GREY[::-1]))
    assert grey_varying.channels == 4


def test_the_caller_can_decide(tmp_path):
    path = save(tmp_path / "a.png", GREY, GREY, GREY)
    assert open_image(path, grey=False).channels == 3
    assert open_image(path, grey=True).channels == 1


def test_forced_grey_fails_where_channels_differ(tmp_path):
    other = GREY.copy()
    other[30, 5] ^= 1
    image = open_image(save(tmp_path / "a.png", GREY, GREY, other), grey=True)
    assert np.array_equal(image.read({"Y": (0, 30)})[0], GREY[:30])
    with pytest.raises(ImageError, match="channels differ here; open it with grey=False"):
        image.read({"Y": (20, 40)})


def test_large_images_keep_their_channels_and_say_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHECKED_BYTES", 100)
    image = open_image(save(tmp_path / "a.png", GREY, GREY, GREY))
    assert image.channels == 3
    assert "--grey" in image.notes[0]


def test_real_files_are_rgba_although_grey(data):
    paths = sorted((data / "dsb2018/images").glob("*.png"))
    images = [open_image(path) for path in paths]
    assert {image.channels for image in images} == {1, 3}
    assert all(image.notes for image in images)
