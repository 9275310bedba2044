"""OME-Zarr as other tools write it, and as we do."""

import numpy as np
import ome_zarr_models
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.errors import ImageError, OutputError
from napari_fcnseg.images.chunks import levels
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import ArrayOutput, OutputSpec
from napari_fcnseg.images.write_tiff import OmeTiffOutput
from napari_fcnseg.images.write_zarr import OmeZarrOutput

STACK = np.random.default_rng(2).integers(0, 4, (2, 3, 40, 50), dtype=np.uint8)


def foreign_ome_zarr(path, version, axes="czyx"):
    """A two-level image, written from the specification."""
    group = zarr.create_group(path, zarr_format=2 if version == "0.4" else 3)
    datasets = []
    for level, array in enumerate((STACK, STACK[..., ::2, ::2])):
        names = {} if version == "0.4" else {"dimension_names": list(axes)}
        stored = group.create_array(
            str(level), shape=array.shape, dtype="u1", chunks=array.shape, **names
        )
        stored[:] = array
        scale = [1, 50, 4 * 2**level, 4 * 2**level]
        datasets.append(
            {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        )
    kinds = {"c": "channel", "t": "time"}
    described = [{"name": a, "type": kinds.get(a, "space")} for a in axes]
    for axis in described[1:]:
        axis["unit"] = "nanometer"
    multiscales = [{"axes": described, "datasets": datasets, "name": "cells"}]
    if version == "0.4":
        multiscales[0]["version"] = "0.4"
        group.attrs["multiscales"] = multiscales
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales}
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_both_versions_with_axes_scale_and_levels(tmp_path, version):
    path = foreign_ome_zarr(tmp_path / "cells.ome.zarr", version)
    image = open_image(path)
    assert (image.axes, image.shape, image.name) == ("CZYX", STACK.shape, "cells")
    assert image.scale == (1.0, 50.0, 4.0, 4.0)
    assert image.units == ("pixel", "nanometer", "nanometer", "nanometer")
    assert np.array_equal(image.read({}), STACK)
    coarse = open_image(path, level=1)
    assert coarse.scale == (1.0, 50.0, 8.0, 8.0)
    assert np.array_equal(coarse.read({}), STACK[..., ::2, ::2])
    with pytest.raises(ImageError, match="has 2 levels; level 2 is not there"):
        open_image(path, level=2)


def test_groups_without_an_image_say_what_is_inside(tmp_path):
    group = zarr.create_group(tmp_path / "plate.zarr")
    group.create_group("A1")
    with pytest.raises(ImageError, match="without an OME-Zarr image; it holds A1"):
        open_image(tmp_path / "plate.zarr")


def test_invalid_metadata_names_the_way_out(tmp_path):
    group = zarr.create_group(tmp_path / "odd.zarr")
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": "zyx"}]}
    with pytest.raises(ImageError, match="not valid OME-Zarr.*odd.zarr/0, with axes stated"):
        open_image(tmp_path / "odd.zarr")


def spec(shape, block, **changes):
    values = {
        "axes": "TCZYX"[-len(shape) :],
        "shape": shape,
        "dtype": np.dtype(np.uint8),
        "block": block,
        "scale": (2.0,) * len(shape),
        "units": ("pixel",) * (len(shape) - 2) + ("micrometer",) * 2,
        "origin": (0,) * len(shape),
    }
    return OutputSpec(**values | changes)


def write_in_blocks(output, array):
    from napari_fcnseg.images.grid import Grid

    for spans in Grid(array.shape, output.spec.block):
        output.write(spans, array[tuple(slice(*span) for span in spans)])


def test_written_pyramid_is_valid_and_each_level_a_sample_of_the_finest(tmp_path):
    array = np.random.default_rng(3).integers(0, 9, (2, 1301, 700), dtype=np.uint8)
    path = tmp_path / "labels.ome.zarr"
    label = {"version": "0.5", "colors": [{"label-value": 1, "rgba": [1, 2, 3, 255]}]}
    output = OmeZarrOutput(
        path, spec(array.shape, (1, 256, 256), image_label=label, origin=(0, 10, 20))
    )
    write_in_blocks(output, array)
    output.finish()
    found = ome_zarr_models.open_ome_zarr(path)
    assert isinstance(found, ome_zarr_models.v05.ImageLabel)
    assert len(found.ome_attributes.multiscales[0].datasets) == 3
    for level in range(3):
        image = open_image(path, level=level)
        assert np.array_equal(image.read({})[0], array[:, :: 2**level, :: 2**level])
        assert image.scale == (2.0, 2.0 * 2**level, 2.0 * 2**level)
        transforms = found.ome_attributes.multiscales[0].datasets[level].coordinateTransformations
        assert list(transforms[1].translation) == [0, 20, 40]


def test_small_planes_have_one_level(tmp_path):
    output = OmeZarrOutput(tmp_path / "small.zarr", spec((3, 512, 512), (1, 512, 512)))
    assert len(output.data) == 1


def test_written_tiff_has_axes_and_scale(tmp_path):
    array = np.random.default_rng(4).integers(0, 9, (3, 30, 41), dtype=np.uint8)
    path = tmp_path / "labels.ome.tif"
    output = OmeTiffOutput(path, spec(array.shape, (1, 16, 16)))
    write_in_blocks(output, array)
    output.finish()
    image = open_image(path)
    assert (image.axes, image.scale) == ("ZYX", (1.0, 2.0, 2.0))
    assert np.array_equal(image.read({})[0], array)


def test_written_tiff_is_compressed_and_has_a_pyramid(tmp_path):
    array = np.repeat(np.arange(1300, dtype=np.uint8)[:, None], 700, axis=1)
    path = tmp_path / "labels.ome.tif"
    output = OmeTiffOutput(path, spec(array.shape, (256, 256)))
    write_in_blocks(output, array)
    output.finish()
    assert path.stat().st_size < array.size / 10
    for level in range(3):
        assert np.array_equal(
            open_image(path, level=level).read({})[0], array[:: 2**level, :: 2**level]
        )


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 5000), st.integers(1, 5000)),
    block=st.tuples(st.just(1), st.integers(1, 60), st.integers(1, 60)),
    unit=st.sampled_from([1, 16, 64]),
)
def test_each_file_belongs_to_one_block(shape, block, unit):
    block = (1, block[1] * unit, block[2] * unit)
    for level in levels(shape, block):
        small = (1, *(n // level.step for n in block[1:]))
        assert all(n % level.step == 0 for n in block[1:])
        assert all(b % f == 0 for b, f in zip(small, level.files, strict=True))
        assert all(f % c == 0 for f, c in zip(level.files, level.chunks, strict=True))
        assert level.shape == (shape[0], *(-(-n // level.step) for n in shape[1:]))


def test_large_volumes_are_not_a_million_files():
    finest = next(levels((200, 8192, 8192), (1, 2048, 2048)))
    assert finest.shards == (1, 2048, 2048)
    assert finest.chunks == (1, 512, 512)
    assert next(levels((3, 2048, 2048), (1, 2048, 2048))).shards is None


@pytest.mark.parametrize(
    ("kind", "name"), [(OmeZarrOutput, "a.ome.zarr"), (OmeTiffOutput, "a.ome.tif")]
)
class TestUnfinished:
    def test_nothing_has_the_final_name_before_the_end(self, tmp_path, kind, name):
        output = kind(tmp_path / name, spec((2, 32, 32), (1, 32, 32)))
        output.write(((0, 1), (0, 32), (0, 32)), np.ones((1, 32, 32), np.uint8))
        assert not (tmp_path / name).exists()
        assert (tmp_path / f"{name}.partial").exists()
        output.finish()
        assert [p.name for p in tmp_path.iterdir()] == [name]

    def test_unfinished_zarr_is_no_image(self, tmp_path, kind, name):
        output = kind(tmp_path / name, spec((2, 32, 32), (1, 32, 32)))
        with pytest.raises(ImageError):
            open_image(output.partial)

    def test_existing_and_unfinished_outputs_are_refused(self, tmp_path, kind, name):
        first = kind(tmp_path / name, spec((2, 32, 32), (1, 32, 32)))
        with pytest.raises(OutputError, match=r"partial is left of an unfinished run.*--overwrite"):
            kind(tmp_path / name, spec((2, 32, 32), (1, 32, 32)))
        first.finish()
        with pytest.raises(OutputError, match="exists already"):
            kind(tmp_path / name, spec((2, 32, 32), (1, 32, 32)))

    def test_overwriting_replaces_at_the_end_only(self, tmp_path, kind, name):
        for value in (1, 2):
            output = kind(tmp_path / name, spec((2, 32, 32), (1, 32, 32)), "overwrite")
            if value == 2:
                assert np.asarray(open_image(tmp_path / name).data[0, 0, 0]) == 1
            output.write(((0, 1), (0, 32), (0, 32)), np.full((1, 32, 32), value, np.uint8))
            output.finish()
        assert np.asarray(open_image(tmp_path / name).data[0, 0, 0]) == 2
        assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        OmeZarrOutput(tmp_path / "file" / "a.zarr", spec((2, 8, 8), (1, 8, 8)))


def test_an_array_must_have_the_shape():
    with pytest.raises(OutputError, match=r"\(2, 3\), the prediction \(3, 3\)"):
        ArrayOutput(np.zeros((2, 3)), spec((3, 3), (3, 3)))
