import pickle

import numpy as np
import pytest
import tifffile

from napari_fcnseg.errors import AxesError, ImageError
from napari_fcnseg.images.open import open_image

RNG = np.random.default_rng(1)
STACK = RNG.integers(0, 255, (5, 64, 80), dtype=np.uint8)


def read_all(image):
    return np.asarray(image.data[tuple(slice(0, n) for n in image.shape)])


def read_corner(image):
    return np.asarray(image.data[tuple(slice(0, max(1, n // 2)) for n in image.shape)])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib"},
        {"compression": "lzw", "rowsperstrip": 8},
        {"tile": (32, 32)},
        {"tile": (32, 32), "compression": "zstd"},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"metadata": None},
        {"metadata": None, "contiguous": False, "rowsperstrip": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float32])
def test_everyday_layouts_and_types(tmp_path, options, dtype):
    stack, path = STACK.astype(dtype), tmp_path / "stack.tif"
    opening = {k: options[k] for k in ("bigtiff", "byteorder") if k in options}
    with tifffile.TiffWriter(path, **opening) as tiff:
        rest = {k: v for k, v in options.items() if k not in opening}
        if rest.get("contiguous") is False:
            for page in stack:
                tiff.write(page, **rest)
        else:
            tiff.write(stack, **rest)
    with pytest.raises(AxesError, match=r"5 x 64 x 80.*ZYX \(a stack of slices\).*--axes ZYX"):
        open_image(path)
    image = open_image(path, axes="ZYX")
    assert (image.shape, image.dtype) == (stack.shape, stack.dtype)
    assert np.array_equal(read_all(image), stack)
    assert np.array_equal(read_corner(image), stack[:2, :32, :40])


@pytest.mark.parametrize("axes", ["ZYX", "TYX", "CYX", "TZYX", "TZCYX"])
def test_imagej_hyperstacks_say_their_axes(tmp_path, axes):
    shape = dict(zip("TZCYX", (2, 3, 4, 16, 20), strict=True))
    array = RNG.integers(0, 9999, [shape[a] for a in axes]).astype(np.uint16)
    path = tmp_path / "hyper.tif"
    tifffile.imwrite(
        path,
        array,
        imagej=True,
        resolution=(10, 10),
        metadata={"axes": axes, "unit": "um", "spacing": 2.5, "finterval": 3.0},
    )
    image = open_image(path)
    assert image.axes == axes
    assert np.array_equal(read_all(image), array)
    expected = {"T": (3.0, "second"), "Z": (2.5, "micrometer"), "C": (1.0, "pixel")}
    for a, scale, unit in zip(image.axes, image.scale, image.units, strict=True):
        assert (pytest.approx(scale), unit) == expected.get(a, (0.1, "micrometer"))


def test_ome_tiff_has_axes_and_physical_sizes(tmp_path):
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(
        path,
        STACK[None, :, None],
        ome=True,
        metadata={
            "axes": "TZCYX",
            "PhysicalSizeX": 4.0,
            "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 4.0,
            "PhysicalSizeYUnit": "nm",
            "PhysicalSizeZ": 0.05,
        },
    )
    image = open_image(path)
    sizes = dict(zip(image.axes, zip(image.scale, image.units, strict=True), strict=True))
    assert sizes["X"] == (4.0, "nanometer")
    assert sizes["Z"] == (0.05, "micrometer")
    assert image.kept_shape[-3:] == STACK.shape


def test_levels_of_a_pyramid(tmp_path):
    path = tmp_path / "pyramid.ome.tif"
    with tifffile.TiffWriter(path) as tiff:
        size = {"axes": "YX", "PhysicalSizeX": 2.0, "PhysicalSizeY": 2.0}
        tiff.write(STACK[0], subifds=1, tile=(32, 32), metadata=size)
        tiff.write(STACK[0, ::2, ::2], subfiletype=1, tile=(32, 32))
    fine, coarse = open_image(path), open_image(path, level=1)
    assert np.array_equal(read_all(coarse), STACK[0, ::2, ::2])
    assert (fine.scale, coarse.scale) == ((2.0, 2.0), (4.0, 4.0))
    with pytest.raises(ImageError, match="has 2 levels; level 2 is not there"):
        open_image(path, level=2)


def test_several_series_are_told(tmp_path):
    path = tmp_path / "several.tif"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(STACK[0], metadata=None)
        tiff.write(STACK[0, :40], metadata=None)
    image = open_image(path)
    assert "several.tif holds 2 series (64x80; 40x80): series 0 is read" in image.notes
    assert open_image(path, series=1).shape == (40, 80)
    with pytest.raises(ImageError, match="series 2 is not there"):
        open_image(path, series=2)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_rgb_keeps_its_channels(tmp_path, planar):
    colour = RNG.integers(0, 255, (3, 30, 40), dtype=np.uint8)
    path = tmp_path / "rgb.tif"
    stored = colour if planar == "separate" else colour.transpose(1, 2, 0)
    tifffile.imwrite(path, stored, photometric="rgb", planarconfig=planar)
    image = open_image(path)
    assert image.channels == 3
    assert np.array_equal(image.read({}), colour)
    assert image.notes == ()


@pytest.mark.parametrize(
    "layout", [{}, {"compression": "lzw"}, {"tile": (32, 32)}, {"metadata": None}]
)
@pytest.mark.parametrize("part", [0.0, 0.0001, 0.1, 0.5, 0.8, 0.97])
def test_truncated_files_are_refused_or_fail_when_read(tmp_path, layout, part):
    path = tmp_path / "whole.tif"
    with tifffile.TiffWriter(path) as tiff:
        for page in STACK:
            tiff.write(page, contiguous=False, **layout | {"metadata": None})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ImageError, match="whole"):  # never fewer slices, never zeros
        open_image(path, axes="ZYX").read({})


def test_an_image_can_be_sent_to_another_process(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK, compression="zlib")
    image = pickle.loads(pickle.dumps(open_image(path, axes="ZYX")))
    assert np.array_equal(image.read({})[0], STACK)


def test_real_stacks_say_their_axes(data):
    assert open_image(data / "isbi2012/train-volume.tif").axes == "ZYX"
    assert open_image(data / "u373/sequence.tif").axes == "TYX"
    with pytest.raises(AxesError, match="31 x 61 x 57"):
        open_image(data / "stardist/img3d.tif")
    assert open_image(data / "stardist/img3d.tif", axes="ZYX").dtype == np.uint16
