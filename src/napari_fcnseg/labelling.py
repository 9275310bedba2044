"""What the command does that makes objects of classes. Heavy modules are imported when it runs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fcnseg.events import ObjectsFound
from napari_fcnseg.printing import print_json, print_table


def objects(options: Namespace) -> int:
    """Give each object an id of its own: connected components, or insides that grow."""
    from napari_fcnseg.progress import follow
    from napari_fcnseg.refine.objects import label_objects
    from napari_fcnseg.refine.split import split_objects

    how = {"axes": options.axes, "across": options.across, "overwrite": options.overwrite}
    if options.split:
        inside, border = options.split
        growth = {"rounds": options.grow, "min_seed": options.min_size}
        job = split_objects(
            options.labels, options.out, inside=inside, border=border, **growth, **how
        )
    else:
        classes = options.classes or None
        job = label_objects(
            options.labels, options.out, classes=classes, min_size=options.min_size, **how
        )
    *_, done = follow(job)
    assert isinstance(done, ObjectsFound)
    found = {"output": str(done.path), "objects": done.count, "seconds": round(done.elapsed, 2)}
    if options.json:
        return print_json(found)
    print_table(found)
    return 0


def add_options(parser: ArgumentParser) -> None:
    """Add what is labelled, how, and where it goes."""
    parser.add_argument("labels", metavar="LABELS", help="class ids, or with --split probabilities")
    parser.add_argument("out", type=Path, metavar="OUT", help=".ome.zarr or .ome.tif")
    parser.add_argument("--axes", help="axes of the labels, for example ZYX")
    parser.add_argument(
        "--classes", type=int, nargs="+", metavar="ID", help="classes with objects; by default all"
    )
    parser.add_argument(
        "--split",
        type=int,
        nargs=2,
        metavar=("INSIDE", "BORDER"),
        help="ids of these classes: insides are seeds that grow over borders",
    )
    parser.add_argument(
        "--grow", type=int, default=8, metavar="PX", help="with --split: how far, at most"
    )
    parser.add_argument(
        "--across", default="ZYX", help="axes that objects reach across; YX: each slice by itself"
    )
    parser.add_argument("--min-size", type=int, default=0, help="pixels of an object, or a seed")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
