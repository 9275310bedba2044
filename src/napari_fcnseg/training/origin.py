"""Where the images and labels of a training are: enough to find them again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from napari_fcnseg.annotations.classes import Classes
from napari_fcnseg.annotations.instances import Instances
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.annotations.written import is_written, read_written
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.models.model import Model


@dataclass(frozen=True)
class Origin:
    """Files of a training, and how they are read.

    Attributes
    ----------
    images, labels
        Paths, in pairs; absolute, so that they are found from any folder.
    axes, level, series, grey
        See `open_image`; they hold for all images.
    radius
        Of points in ``.csv`` files, see `read_points`.
    instances
        Width of borders, where labels are `Instances`.
    unpainted
        See `open_annotation`.
    names
        Of label values, where they were given, in pairs.
    replayed
        Whether they are replayed, see `train`.
    """

    images: tuple[str, ...]
    labels: tuple[str, ...]
    axes: str | None = None
    level: int = 0
    series: int = 0
    grey: bool | None = None
    radius: float | None = None
    instances: int | None = None
    unpainted: Unpainted = "ignore"
    names: tuple[tuple[int, str], ...] | None = None
    replayed: bool = False

    @classmethod
    def of(
        cls, images: Sequence[Any], labels: Sequence[Any], classes: Classes = None, **how: Any
    ) -> Self | None:
        """Origin of images and labels that are given as paths; ``None`` if any is not."""
        given = [*images, *labels]
        if not all(isinstance(p, str | Path) for p in given):
            return None
        paths = [str(p) if is_written(p) else str(Path(p).resolve()) for p in given]
        names = tuple(classes.items()) if isinstance(classes, Mapping) else None
        return cls(tuple(paths[: len(images)]), tuple(paths[len(images) :]), names=names, **how)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain data."""
        found = {name: tuple(values[name]) for name in ("images", "labels")}
        names = values["names"] and tuple((int(v), str(name)) for v, name in values["names"])
        return cls(**{**values, **found, "names": names})

    def to_dict(self) -> dict[str, Any]:
        """Return all as plain data."""
        names = self.names and [list(pair) for pair in self.names]
        paths = {"images": list(self.images), "labels": list(self.labels)}
        return asdict(self) | paths | {"names": names}

    def classes(self, model: Model | None) -> Classes:
        """Classes of the label values: as they were named, or those of a model."""
        if self.names:
            return dict(self.names)
        return model.classes if model and not self.instances else None

    def open(self) -> tuple[list[Image], list[Any]]:
        """Open the images, and the labels as far as `train` does not."""
        images = [
            open_image(p, axes=self.axes, level=self.level, series=self.series, grey=self.grey)
            for p in self.images
        ]
        return images, [self._labels(path) for path in self.labels]

    def _labels(self, path: str) -> Any:
        if self.instances and not is_written(path):
            return Instances(path, self.instances)
        return read_written(path, self.radius)
