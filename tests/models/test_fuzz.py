"""Packages changed at random: each loads, or is refused by our own error."""

import zipfile

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import make_model
from tests.models.packages import DESCRIPTION, entries, forge, rewrite

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError

EXAMPLES = settings(
    max_examples=250, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A package, its files, and its description."""
    model = make_model(width=1, depth=2)
    path = model.save(tmp_path_factory.mktemp("fuzz") / "m.zip")
    with zipfile.ZipFile(path) as package:
        files = {name: package.read(name) for name in package.namelist()}
    return path.read_bytes(), files


@pytest.fixture
def load(whole, tmp_path):
    """Load a package after a change to its file."""

    def attempt(change):
        path = tmp_path / "m.zip"
        path.write_bytes(whole[0])
        change(path)
        try:
            return fs.load_model(path, check=True)
        except ModelError:
            return None

    return attempt


def changed(data, edits):
    """Bytes with some of them replaced, taken out or put in."""
    found = bytearray(data)
    for place, kind, piece in edits:
        at = int(place * len(found))
        if kind == "replace":
            found[at : at + len(piece)] = piece
        elif kind == "insert":
            found[at:at] = piece
        else:
            del found[at : at + 50 * len(piece)]
    return bytes(found)


EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["replace", "insert", "delete"]),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=3,
)


def test_the_package_loads_as_it_is(load):
    assert load(lambda path: None)


@given(EDITS)
@EXAMPLES
def test_bytes_of_the_zip(load, whole, edits):
    load(lambda path: path.write_bytes(changed(whole[0], edits)))


@given(st.sampled_from(["weights.pt", "test_input.npy", "test_output.npy"]), EDITS)
@EXAMPLES
def test_bytes_of_its_files_with_their_checksums(load, whole, name, edits):
    load(lambda path: forge(path, name, changed(whole[1][name], edits)))


@given(EDITS)
@EXAMPLES
def test_bytes_of_its_description(load, whole, edits):
    load(lambda path: rewrite(path, **{DESCRIPTION: changed(whole[1][DESCRIPTION], edits)}))


@given(st.integers(0), VALUES, st.booleans())
@EXAMPLES
def test_values_of_its_description(load, whole, number, value, gone):
    described = yaml.safe_load(whole[1][DESCRIPTION])
    places = [(entry, key) for entry in entries(described) for key in entry]
    entry, key = places[number % len(places)]
    if gone:
        del entry[key]
    else:
        entry[key] = value
    load(lambda path: rewrite(path, **{DESCRIPTION: yaml.safe_dump(described)}))
