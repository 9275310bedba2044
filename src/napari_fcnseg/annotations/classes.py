"""Classes keep id, name and colour from the painted layer to the model to the prediction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from napari_fcnseg.errors import AnnotationError

MAX_ID = 255  # predictions are stored as 8-bit ids
# Okabe and Ito's colours, which colour-blind people can tell apart.
PALETTE = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")


@dataclass(frozen=True)
class SegClass:
    """One class of a segmentation.

    Attributes
    ----------
    id
        What was painted and what is predicted: 1 to 255; 0 only for the background of
        dense truth.
    name
        For people.
    color
        ``"#rrggbb"``.
    """

    id: int
    name: str
    color: str

    @property
    def rgba(self) -> tuple[int, int, int, int]:
        """Colour in 0 to 255; the background is transparent."""
        red, green, blue = (int(self.color[i : i + 2], 16) for i in (1, 3, 5))
        return red, green, blue, 255 if self.id else 0


Classes = Mapping[int, str] | Iterable[SegClass] | None  # names of label values, or classes
BACKGROUND = SegClass(0, "background", "#000000")


def default_class(class_id: int, name: str = "") -> SegClass:
    """Class with a colour of the palette and, unless given, a name made of its id."""
    return SegClass(class_id, name or f"class {class_id}", PALETTE[(class_id - 1) % len(PALETTE)])


def parse_class_map(text: str) -> dict[int, str]:
    """Read ``"0=membrane,255=cell"``: label values of a file and the names of their classes.

    Raises
    ------
    AnnotationError
        If `text` is not of that form.
    """
    found: dict[int, str] = {}
    for part in text.split(","):
        value, equals, name = part.partition("=")
        if not equals or not name.strip() or not value.strip().isdigit():
            raise AnnotationError(
                f"cannot read {part!r} in the classes {text!r}; write VALUE=NAME,VALUE=NAME, "
                "for example 0=membrane,255=cell"
            )
        if int(value) in found:
            raise AnnotationError(
                f"the classes {text!r} name the value {int(value)} twice: give it one name"
            )
        found[int(value)] = name.strip()
    return found


def classes_by_value(named: Mapping[int, str] | Iterable[SegClass]) -> dict[int, SegClass]:
    """Class of each label value.

    A painted value keeps its number as class id. The value 0 cannot: 0 means unlabelled
    everywhere else. Where it is named as a class, it takes the smallest free id.
    """
    if not isinstance(named, Mapping):
        return {c.id: c for c in named}
    free = next((i for i in range(1, MAX_ID + 1) if i not in named), MAX_ID)
    return {v: default_class(v or free, name) for v, name in named.items()}


def ngff_label(classes: Iterable[SegClass]) -> dict[str, Any]:
    """``image-label`` metadata of OME-Zarr for these classes."""
    classes = list(classes)
    return {
        "colors": [{"label-value": c.id, "rgba": list(c.rgba)} for c in classes],
        "properties": [{"label-value": c.id, "class": c.name} for c in classes],
    }


def read_ngff_label(described: Mapping[str, Any]) -> list[SegClass]:
    """Classes of ``image-label`` metadata; see `ngff_label`."""
    names = {p["label-value"]: p.get("class", "") for p in described.get("properties") or []}
    return [
        SegClass(
            c["label-value"],
            str(names.get(c["label-value"]) or f"class {c['label-value']}"),
            "#{:02x}{:02x}{:02x}".format(*(c.get("rgba") or (128, 128, 128))[:3]),
        )
        for c in described.get("colors") or []
    ]
