"""What the command does that measures. Heavy modules are imported when it runs."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import UsageError
from napari_fcnseg.events import Measured
from napari_fcnseg.printing import print_json, print_rows

if TYPE_CHECKING:
    from napari_fcnseg.refine.table import Table

SHOWN = 20  # rows that are printed; a file has all


def measure(options: Namespace) -> int:
    """Measure classes, objects or axons, in pixels and in units."""
    from napari_fcnseg.progress import follow
    from napari_fcnseg.refine.table import check_free

    if options.csv:
        check_free(options.csv, options.overwrite)
    *_, done = follow(_job(options))
    assert isinstance(done, Measured)
    table = done.table
    for note in table.notes:
        print(f"note: {note}", file=sys.stderr)
    if options.csv:
        table.to_csv(options.csv, options.overwrite)
    if options.json:
        return print_json(table.to_dict())
    _print(table)
    if options.csv:
        print("", options.csv, sep="\n")
    elif len(table.rows) > SHOWN + 1:
        print(f"{len(table.rows):,} rows; --csv FILE writes all of them")
    return 0


def _job(options: Namespace) -> Any:
    """Return what does it."""
    if options.g_ratio and options.objects:
        raise UsageError("--objects and --g-ratio measure different things: give one of them")
    if options.g_ratio:
        from napari_fcnseg.refine.g_ratio import measure_g_ratios

        return measure_g_ratios(options.labels, *options.g_ratio, axes=options.axes)
    if options.objects:
        from napari_fcnseg.refine.measure import measure_objects

        return measure_objects(options.labels, options.image, axes=options.axes)
    from napari_fcnseg.annotations.classes import parse_class_map
    from napari_fcnseg.refine.fractions import measure_classes

    return measure_classes(
        options.labels,
        axes=options.axes,
        classes=parse_class_map(options.classes) if options.classes else None,
        unpainted=options.unpainted,
    )


def _print(table: "Table") -> None:
    """Print the first rows, and those of the whole."""
    rows = [[_shown(value) for value in row] for row in table.rows]
    if not rows:
        print("nothing is there to be measured")
        return
    left = len(rows) - SHOWN
    shown = (
        rows if left <= 1 else [*rows[: SHOWN // 2], ["..."] * len(rows[0]), *rows[-SHOWN // 2 :]]
    )
    print_rows([list(table.columns), *shown])


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def add_options(parser: ArgumentParser) -> None:
    """Add what is measured, and where it goes."""
    parser.add_argument("labels", metavar="LABELS", help="class ids, or ids of objects")
    parser.add_argument("--axes", help="axes of the labels, for example ZYX")
    parser.add_argument("--objects", action="store_true", help="each object has its own id")
    parser.add_argument("--image", metavar="I", help="what was segmented: intensity of objects")
    parser.add_argument(
        "--g-ratio",
        nargs=2,
        type=int,
        metavar=("AXON", "MYELIN"),
        help="ids of two classes: measure axons and their myelin",
    )
    parser.add_argument("--classes", metavar="V=NAME,...", help="names of the class ids")
    parser.add_argument(
        "--unpainted",
        choices=("ignore", "background"),
        default="ignore",
        help="what a 0 is: of no class, or a class of its own",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
