"""Which kind of file an output is, by its name, and whether it may be written there."""

from pathlib import Path

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.ngff import image_of
from napari_fcnseg.images.output import FileOutput, Mode, OutputSpec, check_free

ZARR, TIFF = (".zarr",), (".tif", ".tiff")


def check_output(path: Path, source: Path | None, mode: Mode) -> None:
    """Raise `OutputError` if a path is of no kind that can be written, taken, or the source."""
    if not image_of(path) and path.suffix.lower() not in ZARR + TIFF:
        raise OutputError(
            f"{path} is of no kind that can be written; give a name that ends in .ome.zarr or "
            ".ome.tif"
        )
    place = path.resolve()
    if source and (place == source or place in source.parents):
        raise OutputError(f"{path} is where the image itself is; give the output another name")
    check_free(path, mode)


def create_output(path: Path, spec: OutputSpec, mode: Mode) -> FileOutput:
    """Create an OME-Zarr or an OME-TIFF, or open what there is of it."""
    if image_of(path) or path.suffix.lower() in ZARR:
        from napari_fcnseg.images.write_zarr import OmeZarrOutput

        return OmeZarrOutput(path, spec, mode)
    from napari_fcnseg.images.write_tiff import OmeTiffOutput

    return OmeTiffOutput(path, spec, mode)
