"""OME-Zarr 0.5 with a pyramid that grows with the tiles."""

from typing import Any

import zarr
from numpy.typing import NDArray
from ome_zarr_models.v05.axes import Axis
from ome_zarr_models.v05.image_label import ImageLabelAttrs
from ome_zarr_models.v05.multiscales import Dataset, Multiscale

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.output import FileOutput

TYPES = {"T": "time", "C": "channel"}
SMALLEST_CHUNK = 64
SMALL_PLANE = 512  # planes up to this edge need no coarser level


class OmeZarrOutput(FileOutput):
    """Labels or probabilities with a pyramid over Y and X, the last two axes.

    A level takes every second pixel of the finer one: a mean of class ids would be
    another class. A chunk of a coarser level holds what one chunk of the finest one
    becomes, so each block is written to its own chunks only, at all levels, once.
    """

    def _create(self) -> None:
        *leading, height, width = self.spec.shape
        *leading_chunk, chunk_height, chunk_width = self.spec.chunk
        self._group = zarr.create_group(self.partial, zarr_format=3)
        self.data = []
        for level in range(self._levels()):
            step = 2**level
            array = self._group.create_array(
                str(level),
                shape=(*leading, -(-height // step), -(-width // step)),
                chunks=(*leading_chunk, chunk_height // step, chunk_width // step),
                dtype=self.spec.dtype,
                dimension_names=list(self.spec.axes.lower()),
            )
            self.data.append(array)

    def _levels(self) -> int:
        """Levels until a plane is small, as far as the chunks can be halved."""
        edge, chunk = max(self.spec.shape[-2:]), self.spec.chunk[-2:]
        levels = 1
        while edge > SMALL_PLANE * 2 ** (levels - 1) and all(
            n % 2**levels == 0 and n // 2**levels >= SMALLEST_CHUNK for n in chunk
        ):
            levels += 1
        return levels

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write a block to every level."""
        leading = tuple(slice(*span) for span in spans[:-2])
        for level, array in enumerate(self.data):
            step = 2**level
            plane = tuple(slice(start // step, -(-stop // step)) for start, stop in spans[-2:])
            array[leading + plane] = block[..., ::step, ::step]

    def _close(self) -> None:
        """Write the metadata that makes the group an image."""
        spec = self.spec
        axes = tuple(
            Axis(name=a.lower(), type=TYPES.get(a, "space"), unit=None if u == "pixel" else u)
            for a, u in zip(spec.axes, spec.units, strict=True)
        )
        corner = [o * s for o, s in zip(spec.origin, spec.scale, strict=True)]
        datasets = tuple(
            Dataset.build(
                path=str(level),
                scale=[*spec.scale[:-2], *(s * 2**level for s in spec.scale[-2:])],
                translation=corner if any(corner) else None,
            )
            for level in range(len(self.data))
        )
        described = ImageLabelAttrs.model_validate(
            {
                "version": "0.5",
                "multiscales": [Multiscale(axes=axes, datasets=datasets, name=spec.name)],
                "image-label": spec.image_label,
            }
        )
        self._group.attrs.update(
            {
                "ome": described.model_dump(by_alias=True, exclude_none=True, mode="json"),
                "napari-fcnseg": dict(spec.provenance),
            }
        )
