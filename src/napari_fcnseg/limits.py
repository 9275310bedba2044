"""Bounds of a field: they stand in its annotation, for checks and for forms."""

import math
from typing import Annotated, Any, Literal, get_args, get_origin

from napari_fcnseg.errors import RecipeError


def bounds(low: float, high: float, step: float | None = None, tooltip: str = "") -> dict[str, Any]:
    """Inclusive bounds of a number, in the words that a form understands."""
    found: dict[str, Any] = {"min": low, "max": high, "tooltip": tooltip}
    return found | ({"step": step} if step else {})


def check_field(name: str, value: Any, hint: Any) -> None:
    """Check one field against its annotated type and bounds."""
    kind, limits = (
        (hint.__origin__, hint.__metadata__[0])
        if get_origin(hint) is Annotated
        else (
            get_origin(hint),
            {},
        )
    )
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            choices = ", ".join(map(repr, get_args(kind)))
            raise RecipeError(f"{name} = {value!r}: choose one of {choices}")
        return
    right = isinstance(value, int | float if kind is float else kind)
    if not right or (kind is not bool and isinstance(value, bool)):
        raise RecipeError(f"{name} = {value!r} should be of the type {kind.__name__}")
    if "min" in limits and not (limits["min"] <= value <= limits["max"] and math.isfinite(value)):
        raise RecipeError(f"{name} = {value!r} is not within {limits['min']} and {limits['max']}")
