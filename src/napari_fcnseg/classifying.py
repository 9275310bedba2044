"""What the command does that segments without a network. Heavy modules wait until it runs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from napari_fcnseg.classical.methods import METHODS, MethodEntry, classical_method, find_method
from napari_fcnseg.errors import UsageError
from napari_fcnseg.events import Predicted
from napari_fcnseg.predict_options import add_running_options
from napari_fcnseg.printing import open_as_told, print_json, print_table

SWITCH = {"true": True, "false": False}


def classical(options: Namespace) -> int:
    """Segment an image without a network: from strokes on each plane, or from nothing."""
    entry = find_method(options.method)
    chosen = dict(_option(entry, text) for text in options.option)

    from napari_fcnseg.annotations.classes import parse_class_map
    from napari_fcnseg.inference.predict import predict
    from napari_fcnseg.progress import follow

    image = open_as_told(options.image, options)
    classes = parse_class_map(options.classes) if options.classes else None
    method = classical_method(entry.name, image, options.strokes, classes=classes, **chosen)
    job = predict(
        method,
        image,
        options.out,
        mask=options.mask,
        region=options.region and options.region.of(image),
        overwrite=options.overwrite,
        resume=options.resume,
        ngff=options.ngff,
        scheduler=options.workers or options.scheduler,
    )
    *_, done = follow(job)
    assert isinstance(done, Predicted)
    found = {"output": str(done.path), "seconds": round(done.elapsed, 2)}
    if options.json:
        return print_json(found)
    print_table(found)
    return 0


def _option(entry: MethodEntry, text: str) -> tuple[str, Any]:
    """Read ``NAME=VALUE``; a name that is not known is left to the method."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} is not NAME=VALUE, for example {_example(entry)}")
    default = entry.options().get(name)
    try:
        return name, SWITCH[value] if isinstance(default, bool) else _number(value, default)
    except (KeyError, ValueError) as error:
        wanted = "true or false" if isinstance(default, bool) else "a number"
        raise UsageError(f"{name} = {value!r} is not {wanted}: {_example(entry)}") from error


def _number(value: str, default: Any) -> float | int | str:
    return value if default is None else type(default)(value)


def _example(entry: MethodEntry) -> str:
    return ", ".join(f"{name}={str(v).lower()}" for name, v in entry.options().items())


def add_options(parser: ArgumentParser) -> None:
    """Add the method, what is segmented, the strokes, and where it goes."""
    parser.add_argument("method", metavar="METHOD", help=", ".join(METHODS))
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("out", type=Path, metavar="OUT", help=".ome.zarr or .ome.tif")
    parser.add_argument(
        "--strokes", metavar="S", help="labels of some pixels of each class, on planes of the image"
    )
    parser.add_argument("--classes", metavar="VALUE=NAME,...", help="names of label values")
    parser.add_argument(
        "--option",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="of the method, for example beta=500 for random_walk",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    add_running_options(parser)
