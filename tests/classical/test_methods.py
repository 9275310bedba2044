"""The registry of classical methods."""

import dataclasses
from typing import Annotated, get_origin, get_type_hints

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.classical.methods import METHODS, find_method
from napari_fcnseg.errors import MethodError


@pytest.mark.parametrize("name", fs.list_classical())
def test_every_method_can_become_a_form_and_a_plane_method(name):
    entry = find_method(name)
    assert entry.summary
    cls = entry.load()
    hints = get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        assert get_origin(hints[field.name]) is Annotated
        assert hints[field.name].__metadata__[0]["tooltip"]
        assert type(field.default) is hints[field.name].__origin__
    strokes = np.zeros((20, 20), np.uint8)
    strokes[3, :5], strokes[15, :5] = 1, 2
    image = np.random.default_rng(0).normal(0, 1, (20, 20))
    method = fs.classical_method(name, image, strokes if entry.needs_strokes else None)
    assert isinstance(method, fs.PlaneMethod)
    assert method.name == name
    assert set(method.describe()["options"]) == set(entry.options())


def test_names_that_are_not_known_are_told():
    with pytest.raises(MethodError, match=r"'watershd': did you mean 'watershed'\? Known methods"):
        find_method("watershd")
    with pytest.raises(MethodError, match="has no option 'bta': did you mean 'beta'"):
        METHODS["random_walk"].make({"bta": 1.0})
    with pytest.raises(MethodError, match=r"has no option 'q': its options: beta, sigma"):
        METHODS["random_walk"].make({"q": 1.0})
