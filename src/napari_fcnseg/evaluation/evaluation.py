"""What an evaluation has found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.evaluation.class_pair import ClassPair
from napari_fcnseg.evaluation.class_scores import ClassScores
from napari_fcnseg.evaluation.instances import ObjectScores
from napari_fcnseg.evaluation.isbi import RandAndInfo
from napari_fcnseg.evaluation.pair import Pair
from napari_fcnseg.evaluation.worst import WorstRegion

Scores = ClassScores | ObjectScores


@dataclass(frozen=True)
class ImageScores:
    """Scores of one image.

    Attributes
    ----------
    pair
        What was compared.
    scores
        Of the whole image.
    planes
        Of each plane with labels, by its position along the axes before Y and X; of objects, of
        each time point.
    """

    pair: Pair
    scores: Scores
    planes: Mapping[Plane, Scores]


@dataclass(frozen=True)
class Evaluation:
    """How good segmentations are.

    Attributes
    ----------
    scores
        Of all images together: of their pixels, or of their objects.
    images
        Of each.
    worst
        Regions with the most wrong pixels, the worst first.
    membranes
        V_Rand and V_Info, if they were asked for.
    notes
        What a person should know.
    pairs
        What was scored: segmentations and truths as indices of classes.
    """

    scores: Scores
    images: tuple[ImageScores, ...]
    worst: tuple[WorstRegion, ...]
    membranes: RandAndInfo | None = None
    notes: tuple[str, ...] = ()
    pairs: tuple[ClassPair, ...] = field(default=(), repr=False)

    @property
    def overall(self) -> dict[str, float | int]:
        """Scores of everything together, by what they are called."""
        found: dict[str, float | int] = dict(self.scores.overall)
        if self.membranes:
            found |= {"V_Rand": self.membranes.v_rand, "V_Info": self.membranes.v_info}
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; ``None`` for what cannot be said."""
        return {
            **self.scores.to_dict(),
            "membranes": asdict(self.membranes) if self.membranes else None,
            "images": [
                {
                    "found": str(i.pair.found.path or i.pair.name),
                    "truth": str(i.pair.truth.path or i.pair.truth.name),
                    **i.scores.to_dict(),
                    "planes": [
                        {"plane": list(plane), **scores.to_dict()}
                        for plane, scores in sorted(i.planes.items())
                    ],
                }
                for i in self.images
            ],
            "worst": [asdict(region) for region in self.worst],
            "notes": list(self.notes),
        }
