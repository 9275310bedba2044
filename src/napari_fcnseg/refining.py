"""What the command does that refines segmentations. Heavy modules are imported when it runs."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict
from pathlib import Path

from napari_fcnseg.events import Refined
from napari_fcnseg.printing import print_json, print_table


def refine(options: Namespace) -> int:
    """Refine a segmentation: CRF, smoothing, thresholds, small objects and holes."""
    from napari_fcnseg.progress import follow
    from napari_fcnseg.refine.crf import Crf
    from napari_fcnseg.refine.refine import refine

    crf = Crf(**dict(options.crf)) if options.crf is not None else None
    job = refine(
        options.found,
        options.out,
        image=options.image,
        axes=options.axes,
        crf=crf,
        smooth=options.smooth,
        thresholds=dict(options.threshold),
        min_size=options.min_size,
        islands=options.islands,
        across=options.across,
        device=options.device,
        overwrite=options.overwrite,
    )
    *_, done = follow(job)
    assert isinstance(done, Refined)
    found = {"output": str(done.path), "seconds": round(done.elapsed, 2)}
    if options.json:
        return print_json(found)
    print_table(found)
    return 0


def add_options(parser: ArgumentParser) -> None:
    """Add what is refined, how, and where it goes."""
    parser.add_argument("found", metavar="FOUND", help="probabilities, or class ids")
    parser.add_argument("out", type=Path, metavar="OUT", help=".ome.zarr or .ome.tif")
    parser.add_argument("--image", metavar="I", help="what was segmented; --crf needs it")
    parser.add_argument("--axes", help="axes of FOUND, for example CZYX")
    parser.add_argument(
        "--crf",
        nargs="*",
        type=_crf_option,
        metavar="NAME=VALUE",
        help="neighbours that look alike agree; for example reach=8 contrast=12",
    )
    parser.add_argument(
        "--smooth", type=float, default=0.0, metavar="PX", help="of a Gaussian over probabilities"
    )
    parser.add_argument(
        "--threshold",
        nargs="+",
        type=_threshold,
        default=[],
        metavar="ID=P",
        help="probability from which on a class wins",
    )
    parser.add_argument(
        "--min-size", type=int, default=0, metavar="PX", help="smaller islands are removed"
    )
    parser.add_argument(
        "--islands", type=int, nargs="+", default=[], metavar="ID", help="of these classes only"
    )
    parser.add_argument("--across", default="ZYX", help="axes that islands reach across")


def _crf_option(text: str) -> tuple[str, float | int]:
    from napari_fcnseg.refine.crf import Crf

    name, _, value = text.partition("=")
    kinds = {name: type(default) for name, default in asdict(Crf()).items()}
    try:
        return name, kinds[name](value)
    except (KeyError, ValueError) as error:
        known = ", ".join(f"{n} (a {kind.__name__})" for n, kind in kinds.items())
        raise ArgumentTypeError(f"{text!r} is none of NAME=VALUE with {known}") from error


def _threshold(text: str) -> tuple[int, float]:
    class_id, _, value = text.partition("=")
    try:
        return int(class_id), float(value)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not ID=P, for example 2=0.6") from error
