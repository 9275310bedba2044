"""OME-Zarr 0.5 with a pyramid that grows with the tiles."""

from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray
from ome_zarr_models.v05.axes import Axis
from ome_zarr_models.v05.image_label import ImageLabelAttrs
from ome_zarr_models.v05.multiscales import Dataset, Multiscale

from napari_fcnseg.images.chunks import Level, levels
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.output import FileOutput, sync

HALF_WRITTEN = f"*.{'[0-9a-f]' * 32}.partial"  # Zarr's name for a chunk that is not whole yet
TYPES = {"T": "time", "C": "channel"}


class OmeZarrOutput(FileOutput):
    """Labels or probabilities with a pyramid over Y and X, the last two axes.

    A level takes every second pixel of the finer one: a mean of class ids would be
    another class. A block is written to its own chunks only, at all levels, once.
    """

    def _create(self) -> None:
        group = zarr.create_group(self.partial, zarr_format=3)
        for number, level in enumerate(self._levels):
            group.create_array(
                str(number),
                shape=level.shape,
                chunks=level.chunks,
                shards=level.shards,
                dtype=self.spec.dtype,
                dimension_names=list(self.spec.axes.lower()),
            )
        self._sync_metadata()
        self._open()

    def _open(self) -> None:
        group = zarr.open_group(self.partial, mode="r+")
        self.data = [group[str(number)] for number in range(len(self._levels))]

    def _take_up(self) -> None:
        self.path.rename(self.partial)

    @cached_property
    def _levels(self) -> list[Level]:
        return list(levels(self.spec.shape, self.spec.block))

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write a block to every level, and wait until the disk has it."""
        leading = tuple(slice(*span) for span in spans[:-2])
        for number, (array, level) in enumerate(zip(self.data, self._levels, strict=True)):
            step = level.step
            plane = tuple(slice(start // step, -(-stop // step)) for start, stop in spans[-2:])
            array[leading + plane] = block[..., ::step, ::step]
            files = [
                range(s.start // n, -(-s.stop // n))
                for s, n in zip(leading + plane, level.files, strict=True)
            ]
            for at in product(*files):
                file = self.partial / str(number) / array.metadata.encode_chunk_key(at)
                if file.exists():  # one of zeros alone has none
                    sync(file)

    def _complete(self) -> Path:
        """Write the metadata that makes the group an image."""
        for unfinished in self.partial.rglob(HALF_WRITTEN):  # by a process that was killed
            unfinished.unlink()
        spec = self.spec
        axes = tuple(
            Axis(name=a.lower(), type=TYPES.get(a, "space"), unit=None if u == "pixel" else u)
            for a, u in zip(spec.axes, spec.units, strict=True)
        )
        corner = [o * s for o, s in zip(spec.origin, spec.scale, strict=True)]
        datasets = tuple(
            Dataset.build(
                path=str(number),
                scale=[*spec.scale[:-2], *(s * level.step for s in spec.scale[-2:])],
                translation=corner if any(corner) else None,
            )
            for number, level in enumerate(self._levels)
        )
        described = ImageLabelAttrs.model_validate(
            {
                "version": "0.5",
                "multiscales": [Multiscale(axes=axes, datasets=datasets, name=spec.name)],
                "image-label": spec.image_label,
            }
        )
        zarr.open_group(self.partial, mode="r+").attrs.update(
            {
                "ome": described.model_dump(by_alias=True, exclude_none=True, mode="json"),
                "napari-fcnseg": dict(spec.provenance),
            }
        )
        self._sync_metadata()
        return self.partial

    def _sync_metadata(self) -> None:
        for folder in (self.partial, *(self.partial / str(n) for n in range(len(self._levels)))):
            sync(folder / "zarr.json")
