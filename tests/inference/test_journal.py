"""A journal says what is finished, whatever moment it was cut off at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.errors import OutputError
from napari_fcnseg.inference.journal import Journal, checksum

SUMS = st.dictionaries(st.integers(0, 49), st.integers(0, 2**32 - 1), max_size=50)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("journal") / "a.journal"


@given(sums=SUMS, lost=st.sets(st.integers(0, 49)))
def test_it_reads_what_it_wrote(place, sums, lost):
    journal = Journal(place)
    journal.start({"model": "abc"}, 50)
    for number, found in sums.items():
        journal.record({number: found})
    journal.forget(sorted(lost))
    left = {n: s for n, s in sums.items() if n not in lost}
    for j in (journal, Journal(place)):
        assert {n: j[n] for n in range(50) if n in j} == left
        assert len(j) == len(left)
        assert j.identity == {"model": "abc"}


@given(sums=SUMS, data=st.data())
def test_cut_off_anywhere_it_holds_whole_lines_only(place, sums, data):
    journal = Journal(place)
    journal.start({"model": "abc"}, 50)
    journal.record(sums)
    written = place.read_bytes()
    place.write_bytes(written[: data.draw(st.integers(0, len(written)))])
    found = Journal(place)
    kept = list(sums.items())[: max(0, place.read_bytes().count(b"\n") - 1)]
    assert bool(found.identity) == (b"\n" in place.read_bytes())
    assert [n for n in range(50) if found.identity and n in found] == sorted(n for n, _ in kept)
    assert all(found[n] == s for n, s in kept)


def test_what_is_recorded_behind_a_torn_line_is_read(place):
    journal = Journal(place)
    journal.start({}, 50)
    journal.record({3: 7})
    with open(place, "ab") as file:
        file.write(b"4 0000")
    Journal(place).record({5: 9})
    found = Journal(place)
    assert [n for n in range(50) if n in found] == [3, 5]


def test_differences_are_told(place):
    journal = Journal(place)
    journal.start({"model": "abc", "region": ((0, 3),)}, 1)
    assert journal.differences({"model": "abc", "region": ((0, 3),)}) == []
    assert journal.differences({"model": "xyz", "region": [[0, 3]], "more": 1}) == [
        "model (abc then, xyz now)",
        "more (None then, 1 now)",
    ]


@pytest.mark.parametrize("text", ["thesis\n", '{"format": 1}\n', "[]\n"])
def test_other_files_are_refused(place, text):
    place.write_text(text)
    with pytest.raises(OutputError, match="is not the journal of a prediction"):
        Journal(place)


def test_journals_of_the_future_are_refused(place):
    place.write_text('{"format": 99, "tiles": 1, "identity": {}}\n')
    with pytest.raises(OutputError, match="newer napari-fcnseg"):
        Journal(place)


def test_the_checksum_is_of_the_pixels_not_of_their_layout():
    block = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert checksum(np.asfortranarray(block)) == checksum(block)
    assert checksum(block) != checksum(block.T)
