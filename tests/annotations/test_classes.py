import pytest

from napari_fcnseg.annotations.classes import (
    SegClass,
    classes_by_value,
    default_class,
    ngff_label,
    parse_class_map,
)
from napari_fcnseg.errors import AnnotationError


def test_reading_names_of_values():
    assert parse_class_map("0=membrane, 255=cell body") == {0: "membrane", 255: "cell body"}


@pytest.mark.parametrize("text", ["membrane", "1=", "=cell", "a=b", "1=a,1=b", "-1=a", ""])
def test_wrong_names_of_values_say_how_to_write_them(text):
    with pytest.raises(AnnotationError, match="VALUE=NAME|name the value 1 twice"):
        parse_class_map(text)


def test_a_painted_value_is_the_id_and_zero_takes_the_first_free_one():
    assert {v: c.id for v, c in classes_by_value({0: "membrane", 255: "cell"}).items()} == {
        0: 1,
        255: 255,
    }
    assert classes_by_value({0: "a", 1: "b", 2: "c"})[0].id == 3
    assert classes_by_value({3: "a", 5: "b"})[5] == default_class(5, "b")


def test_ngff_metadata():
    found = ngff_label([SegClass(0, "background", "#000000"), SegClass(4, "axon", "#0a0b0c")])
    assert found["colors"] == [
        {"label-value": 0, "rgba": [0, 0, 0, 0]},
        {"label-value": 4, "rgba": [10, 11, 12, 255]},
    ]
    assert found["properties"][1] == {"label-value": 4, "class": "axon"}
