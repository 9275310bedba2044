"""OME-Zarr with a pyramid that grows with the tiles."""

from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray

from napari_fcnseg.images.chunks import Level, levels
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.ngff import FORMATS, describe_image, enter_labels, image_of
from napari_fcnseg.images.output import FileOutput, sync
from napari_fcnseg.images.zarr_reader import MARKERS, OURS

HALF_WRITTEN = f"*.{'[0-9a-f]' * 32}.partial"  # Zarr's name for a chunk that is not whole yet


class OmeZarrOutput(FileOutput):
    """Labels or probabilities with a pyramid over Y and X, the last two axes.

    A level takes every second pixel of the finer one: a mean of class ids would be
    another class. A block is written to its own chunks only, at all levels, once.
    """

    def _create(self) -> None:
        own: dict[str, Any] = {"dimension_names": list(self.spec.axes.lower())}
        if self.spec.ngff == "0.4":
            own = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
        group = zarr.create_group(self.partial, zarr_format=FORMATS[self.spec.ngff])  # type: ignore[arg-type]
        for number, level in enumerate(self._levels):
            group.create_array(
                str(number),
                shape=level.shape,
                chunks=level.chunks,
                shards=level.shards,
                dtype=self.spec.dtype,
                **own,
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
        return list(levels(self.spec.shape, self.spec.block, self.spec.ngff != "0.4"))

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
        described = describe_image(self.spec, self._levels)
        made = {OURS: dict(self.spec.provenance)}
        zarr.open_group(self.partial, mode="r+").attrs.update(described | made)
        self._sync_metadata()
        return self.partial

    def finish(self) -> None:
        """Give the group its final name; tell the image that it is inside of, if any."""
        super().finish()
        if image := image_of(self.path):
            enter_labels(image, self.path.name)

    def _sync_metadata(self) -> None:
        for folder in (self.partial, *(self.partial / str(n) for n in range(len(self._levels)))):
            for file in folder.iterdir():
                if file.name in MARKERS:
                    sync(file)
