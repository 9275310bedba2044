"""Options of a classical method: fields with bounds, from which forms can be made, too."""

from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import Any, get_type_hints

from napari_fcnseg.errors import MethodError, RecipeError
from napari_fcnseg.limits import check_field


@dataclass(frozen=True)
class Options:
    """Base of the methods: each field is an option, and its bounds stand in its annotation.

    Raises
    ------
    MethodError
        For a value of another type or out of bounds.
    """

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self), include_extras=True)
        for field in fields(self):
            try:
                check_field(field.name, getattr(self, field.name), hints[field.name])
            except RecipeError as error:
                raise MethodError(str(error)) from None

    def describe(self) -> dict[str, Any]:
        """Return as plain data what decides the labels but for strokes."""
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"options": options, "scikit-image": version("scikit-image")}
