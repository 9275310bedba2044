"""Packages changed at random: each loads, or is refused by our own error."""

import warnings

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import make_model
from tests.models.packages import DESCRIPTION, DUMPER, LOADER, contents, entries, forge, rewrite
from tests.models.zoo_packages import write_zoo_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.card import read_card

EXAMPLES = settings(
    max_examples=500, deadline=None, database=None,
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
    return path.read_bytes(), contents(path)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """The same of a model of another tool."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bioimageio.core
        path, *_ = write_zoo_model(tmp_path_factory.mktemp("fuzz"), after=[{"id": "sigmoid"}])
        return path.read_bytes(), contents(path)


@pytest.fixture
def load(whole, tmp_path):
    """Load a package after a change to its file."""

    def attempt(change, start=whole):
        path = tmp_path / "m.zip"
        path.write_bytes(start[0])
        change(path)
        assert read_card(path).path == path  # listed, whatever is in it
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
    data = with_value(whole[1][DESCRIPTION], number, value, gone)
    load(lambda path: rewrite(path, **{DESCRIPTION: data}))


@pytest.mark.filterwarnings("ignore")  # of torch.jit
@given(st.integers(0), VALUES, st.booleans())
@EXAMPLES
def test_values_of_a_description_of_another_tool(load, theirs, number, value, gone):
    data = with_value(theirs[1][DESCRIPTION], number, value, gone)
    load(lambda path: rewrite(path, **{DESCRIPTION: data}), theirs)


def with_value(data, number, value, gone):
    """Return a description with one value changed, or taken out."""
    described = yaml.load(data, LOADER)
    places = [(entry, key) for entry in entries(described) for key in entry]
    entry, key = places[number % len(places)]
    if gone:
        del entry[key]
    else:
        entry[key] = value
    return yaml.dump(described, Dumper=DUMPER)
