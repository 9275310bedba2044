from collections import Counter

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_fcnseg.annotations.tally import tally_of


def total(tally):
    return sum(tally.count(), Counter())


@pytest.fixture
def array(tmp_path):
    return zarr.create_array(tmp_path / "a.zarr", shape=(4, 90, 70), chunks=(1, 32, 32), dtype="u1")


@pytest.fixture
def read(monkeypatch):
    """Note which windows are read."""
    regions = []
    get = zarr.Array.__getitem__
    monkeypatch.setattr(
        zarr.Array, "__getitem__", lambda self, at: regions.append(at) or get(self, at)
    )
    return regions


def test_only_chunks_that_exist_are_read_and_later_those_that_changed(array, read):
    array[1, :40, :40], array[3, 80:, 60:] = 2, 5
    tally = tally_of(array)
    assert total(tally) == {2: 1600, 5: 100}
    assert len(read) == 6
    array[3, 85:, 60:] = 2
    assert total(tally) == {2: 1650, 5: 50}
    assert len(read) == 8
    array[1] = 0
    assert total(tally) == {2: 50, 5: 50}
    assert len(read) == 8


def test_half_written_chunks_are_no_chunks(array, tmp_path):
    array[0, 0, 0] = 1
    (tmp_path / "a.zarr/c/0/0" / f"1.{'0f' * 16}.partial").write_bytes(b"")
    assert total(tally_of(array)) == {1: 1}


@pytest.mark.parametrize("options", [{"zarr_format": 2}, {"shards": (1, 64, 64)}])
def test_other_layouts_on_the_disk(tmp_path, options):
    array = zarr.create_array(
        tmp_path / "b.zarr", shape=(4, 90, 70), chunks=(1, 32, 32), dtype="u2", **options
    )
    array[2, 30:40, 60:70] = 300
    assert total(tally_of(array)) == {300: 100}


def test_in_memory(read):
    ids = np.zeros((3, 5, 6), np.int64)
    ids[0, :2], ids[2, 4] = 1, 1000
    assert total(tally_of(ids)) == {1: 12, 1000: 6}
    assert total(tally_of(ids[0])) == {1: 12}


def test_what_would_have_to_be_read_whole_is_not_counted():
    assert tally_of(da.zeros((3, 4, 5), dtype="u1")) is None
    assert tally_of(zarr.zeros((3, 4, 5), dtype="u1")) is None
