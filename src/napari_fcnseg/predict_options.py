"""Options of ``fcnseg predict``."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.region import Region
from napari_fcnseg.model_options import add_model


def add_predict_options(parser: ArgumentParser) -> None:
    """Add what to segment, with what, where to, how exactly and with which means."""
    add_model(parser)
    parser.add_argument("image", nargs="+", metavar="IMAGE")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="P",
        help="a file ending in .ome.zarr or .ome.tif, IMAGE.zarr/labels/NAME, or a folder",
    )
    parser.add_argument(
        "--output",
        default="labels",
        metavar="KIND,...",
        help="labels, probabilities, probabilities-f16, probabilities-u8, entropy, disagreement; "
        "several in one pass",
    )
    parser.add_argument(
        "--ensemble", action="append", metavar="MODEL", help="one more model that votes"
    )
    parser.add_argument(
        "--augment",
        choices=("none", "flips", "all"),
        default="none",
        help="mean of several views of each tile: mirrored, or turned as well",
    )
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        default="float32",
        help="what the network computes in; the smaller ones change some labels",
    )
    parser.add_argument(
        "--context",
        choices=("slice", "tile"),
        default="slice",
        help="what global pooling sees, in networks that pool: a thumbnail of the slice, or the "
        "tile, where tiles do not agree and fade into each other",
    )
    parser.add_argument("--tile", type=int, help="largest edge of a tile, halo included")
    halo = parser.add_mutually_exclusive_group()
    halo.add_argument("--halo", type=int, help="context in pixels, where the exact one costs much")
    halo.add_argument(
        "--tolerance",
        type=float,
        metavar="P",
        help="take the smallest context that changes probabilities by no more than P, as measured",
    )
    parser.add_argument(
        "--check-seams",
        action="store_true",
        help="compare tiles with larger ones at some borders first, and say how they differ",
    )
    parser.add_argument("--memory", metavar="2GB", help="what network and tiles may take")
    parser.add_argument(
        "--dry-run", action="store_true", help="measure one tile and say what all will cost"
    )
    add_running_options(parser)


def add_running_options(parser: ArgumentParser) -> None:
    """Add what any segmentation has, with or without a network."""
    parser.add_argument("--ngff", choices=("0.4", "0.5"), default="0.5", help="OME-Zarr version")
    parser.add_argument("--mask", metavar="P", help="segment only where this image is not 0")
    add_region(parser, "segment a part; the output has its size")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with an unfinished output, mend a damaged one, or start where there is none",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=whole_number, metavar="N", help="processes of this machine"
    )
    where.add_argument("--scheduler", metavar="tcp://...", help="a dask scheduler and its workers")


def add_region(parser: ArgumentParser, what: str) -> None:
    """Add a part of the image."""
    told = f"{what}: positions or ranges along some axes"
    parser.add_argument("--region", type=_region, metavar="Z=3,Y=0:512,...", help=told)


def _region(text: str) -> Region:
    try:
        return Region.parse(text)
    except ImageError as error:
        raise ArgumentTypeError(str(error)) from error


def whole_number(text: str) -> int:
    """Read a whole number from 1 on."""
    count = int(text)
    if count < 1:
        raise ArgumentTypeError(f"{count} is not at least 1")
    return count
