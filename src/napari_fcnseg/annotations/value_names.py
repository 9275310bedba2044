"""What the values of a label image mean: which class each is, and whether 0 is one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from napari_fcnseg.annotations.classes import (
    BACKGROUND,
    Classes,
    SegClass,
    classes_by_value,
    default_class,
)
from napari_fcnseg.errors import AnnotationError

Unpainted = Literal["ignore", "background"]


@dataclass(frozen=True)
class ValueNames:
    """Classes of label values, as far as somebody has said.

    Attributes
    ----------
    named
        Class of each value; ``None`` if nobody has named any.
    zero_counts
        Whether 0 is a label like any other; else it is unlabelled.
    """

    named: Mapping[int, SegClass] | None
    zero_counts: bool

    @classmethod
    def of(cls, classes: Classes, unpainted: Unpainted) -> Self:
        """Take in what was said; parameters and errors as `open_annotation`."""
        named = classes_by_value(classes) if classes is not None else None
        if unpainted == "background":
            if named and 0 in named and named[0].id != 0:
                raise AnnotationError(
                    'the value 0 is named as a class and declared unpainted="background"; '
                    "leave one of the two out"
                )
            named = {0: BACKGROUND, **named} if named is not None else None
        return cls(named, unpainted == "background" or (named is not None and 0 in named))

    def of_values(self, values: Iterable[int], name: str) -> dict[int, SegClass]:
        """Class of each value, unnamed ones by their number; `name` is of the label image.

        Raises
        ------
        AnnotationError
            If some were named, and a value is none of them.
        """
        values = sorted(values)
        if self.named is None:
            return {v: default_class(v) if v else BACKGROUND for v in values}
        if unknown := [v for v in values if v not in self.named]:
            known = [f"{v}={c.name}" for v, c in self.named.items()]
            raise AnnotationError(
                f"{name} holds the values {_some(values)}, but {_some(unknown)} "
                f"is in none of the classes {_some(known)}: name it, too"
            )
        return dict(self.named)


def _some(items: list[Any], most: int = 8) -> str:
    shown = ", ".join(str(i) for i in items[:most])
    return shown + (f" and {len(items) - most} more" if len(items) > most else "")
