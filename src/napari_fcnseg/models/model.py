"""A trained network with all that its use needs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.models.about import About
from napari_fcnseg.models.convert import Format
from napari_fcnseg.models.zoo_steps import Preprocessing
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.describe import describe
from napari_fcnseg.nets.device import channels_last
from napari_fcnseg.nets.geometry import AxisGeometry, legal_size
from napari_fcnseg.training.recipe import Recipe

SAMPLE_CORE = 64  # pixels that a sample keeps at least when its halo is cut away
SAMPLE_HALO = 96  # a network that sees 1800 pixels is not shipped with an image of that size


@dataclass(frozen=True)
class Model:
    """Network weights with normalisation, classes, recipe and provenance.

    Attributes
    ----------
    net
        The network; its outputs are in the order of `classes`.
    normalisation
        What turns raw pixels into its input.
    classes
        Ids, names and colours, in the order of the network's outputs.
    recipe
        How it was trained; ``None`` for weights from elsewhere.
    name
        For people.
    sample
        Raw pixels to test the model with, float32, shape ``(channels, *space)``.
    provenance
        Plain data on how it came to be: versions, images, scores.
    pixel_size
        Of the images it was trained on; ``None`` if that is not known.
    about
        What people say of it: authors, licence, what to cite.

    Raises
    ------
    ModelError
        If network, normalisation and classes do not fit together.
    """

    net: SegmentationNet
    normalisation: Normalisation | Preprocessing
    classes: tuple[SegClass, ...]
    recipe: Recipe | None = None
    name: str = "model"
    sample: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))
    provenance: Mapping[str, Any] = field(default_factory=dict)
    pixel_size: PixelSize | None = None
    about: About = field(default_factory=About)

    def __post_init__(self) -> None:
        if len(self.classes) != self.net.classes:
            raise ModelError(
                f"the network has {self.net.classes} outputs, but {len(self.classes)} classes are "
                "given: give one class for each output"
            )
        if self.normalisation.channels != self.net.in_channels:
            raise ModelError(
                f"the network takes {self.net.in_channels} channels, its normalisation has "
                f"{self.normalisation.channels}: fit it on images with as many channels"
            )

    @property
    def own_normalisation(self) -> Normalisation:
        """Normalisation of a network of ours.

        Raises
        ------
        ModelError
            If the model is of another tool.
        """
        if isinstance(self.normalisation, Normalisation):
            return self.normalisation
        raise ModelError(
            f"{self.name} is a model of another tool, run by its {self.provenance.get('weights')} "
            "weights: it segments, but cannot be trained further or saved anew; keep its package"
        )

    def save(
        self, path: str | Path, *, overwrite: bool = False, formats: Collection[Format] = ()
    ) -> Path:
        """Write a bioimage.io model package, with a sample image and what the model says of it.

        Parameters
        ----------
        path
            A file that ends in ``.zip``; it takes its name when it is whole.
        overwrite
            Whether it may be there already.
        formats
            Weights beside the state dict, for tools without napari-fcnseg: ``"torchscript"``,
            ``"onnx"``.

        Returns
        -------
        Path
            `path`.

        Raises
        ------
        OutputError
            If the file exists or cannot be written.
        ModelError
            If the model is of another tool, or cannot be written in a format.
        """
        from napari_fcnseg.models.package import save_model

        return save_model(self, Path(path), overwrite, formats)

    def describe(self, tile: int | None = None, batch: int = 1) -> dict[str, Any]:
        """Name, classes, network, normalisation, recipe and provenance as plain data.

        Parameters
        ----------
        tile
            Edge of an input in pixels, see `napari_fcnseg.describe`.
        batch
            Inputs at once.

        Returns
        -------
        dict
            What `napari_fcnseg.describe` tells of the network, and what the model has beside it.
        """
        return {
            "model": self.name,
            "classes": {c.id: c.name for c in self.classes},
            **describe(self.net, tile, batch),
            "normalisation": self.normalisation.plain(),
            "pixel_size": str(self.pixel_size) if self.pixel_size else None,
            "recipe": self.recipe.to_dict() if self.recipe else None,
            **self.provenance,
        }

    def on(self, image: Image) -> "Model":
        """Return this model with the normalisation of an image.

        Parameters
        ----------
        image
            What is going to be segmented.

        Returns
        -------
        Model
            The same one, unless each image is normalised by its own grey values.
        """
        return replace(self, normalisation=self.normalisation.of(image))

    def notes_on(self, image: Image) -> tuple[str, ...]:
        """Say so where an image has other pixels than the model was trained on.

        Parameters
        ----------
        image
            Its pixel size is looked at.

        Returns
        -------
        tuple of str
            One sentence, or none where sizes differ by up to 5 % or are not known.
        """
        found = PixelSize.of(image)
        if self.pixel_size is None or found is None or found.agrees(self.pixel_size):
            return ()
        return (
            f"the model {self.name} was trained at {self.pixel_size} per pixel, {image.name} has "
            f"{found}: what it shows is of another size than what was learned. Segment a "
            "resolution level with such pixels (--level), or resample the image first",
        )

    def probabilities(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Run the bare network once: no tiles, no mirror.

        Parameters
        ----------
        pixels
            Raw pixels of a legal size, shape ``(channels, *space)``; space is Y, X, or Z, Y, X
            for a network that sees stacks. They are taken for the whole image where each image
            is normalised by itself.

        Returns
        -------
        ndarray
            Shape ``(classes, *space)``, smaller by the margin of a valid network.
        """
        self.net.eval()
        with torch.inference_mode():
            weights = next(self.net.parameters())
            whole = Image(pixels, "CZYX" if pixels.ndim == 4 else "CYX")
            normalised = self.normalisation.of(whole)(pixels)
            batch = torch.from_numpy(normalised)[None].to(weights)
            logits = self.net(channels_last(batch))[0]  # as tiles are run
            result: NDArray[np.float32] = logits.softmax(0).float().cpu().numpy()
        return result


def told_halo(axis: AxisGeometry) -> int:
    """Halo that others are told: all of it, but for networks that see further than a sample."""
    return max(axis.margin, min(axis.halo, SAMPLE_HALO))


def sample_size(net: SegmentationNet) -> tuple[int, ...]:
    """Size of a model's sample: legal, with a core left inside the halo where that is small."""
    core = SAMPLE_CORE if net.ndim == 2 else SAMPLE_CORE // 4
    return tuple(
        legal_size(2 * told_halo(a) + max(core, a.stride), a.min_size, a.stride)
        for a in net.geometry
    )
