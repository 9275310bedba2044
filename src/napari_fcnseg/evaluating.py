"""What the command does that scores segmentations. Heavy modules are imported when it runs."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fcnseg.errors import AxesError, OutputError
from napari_fcnseg.events import Evaluated
from napari_fcnseg.printing import print_json, print_rows

if TYPE_CHECKING:
    from napari_fcnseg.evaluation.evaluation import Evaluation
    from napari_fcnseg.images.image import Image


def evaluate(options: Namespace) -> int:
    """Score segmentations against their truth."""
    from napari_fcnseg.annotations.classes import parse_class_map
    from napari_fcnseg.evaluation.evaluate import evaluate
    from napari_fcnseg.evaluation.report import write_report
    from napari_fcnseg.progress import follow

    files = [Path(f) for f in (options.html, options.json) if isinstance(f, Path)]
    for file in files:
        if file.exists() and not options.overwrite:
            raise OutputError(f"{file} exists already; give another name, or --overwrite")
    founds, truths, paths = _files(options)
    images = [_open(path, options.axes) for path in paths]
    job = evaluate(
        founds,
        truths,
        axes=options.axes,
        classes=parse_class_map(options.classes) if options.classes else None,
        unpainted=options.unpainted,
        objects=options.objects,
        interior=options.interior,
        tolerance=options.tolerance,
        regions=options.regions,
    )
    *_, done = follow(job)
    assert isinstance(done, Evaluated)
    found = done.evaluation
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    if options.json is True:
        print_json(found.to_dict())
    else:
        _print(found)
    if isinstance(options.json, Path):
        options.json.write_text(json.dumps(found.to_dict(), indent=2), "utf-8")
    if options.html:  # last: whatever is wrong with a picture, the scores are told
        write_report(found, options.html, images, options.overwrite)
    if files and options.json is not True:
        print("", *files, sep="\n")
    return 0


def _open(path: Path, axes: str | None) -> "Image":
    """Open an image, whose file knows its axes, or else has those that were stated."""
    from napari_fcnseg.images.open import open_image

    try:
        return open_image(path)
    except AxesError:
        return open_image(path, axes=axes)


def _files(options: Namespace) -> tuple[list[Path], list[Path], list[Path]]:
    """Segmentations, truths and images; those of folders by their names."""
    from napari_fcnseg.evaluation.folders import is_folder, match

    given = [options.found, options.truth, *([options.image] if options.image else [])]
    paths = [Path(path) for path in given]
    if all(is_folder(path) for path in paths[:2]):
        rows, alone = match(*paths)
        if alone:
            names = ", ".join(alone[:5]) + (" ..." if len(alone) > 5 else "")
            print(f"note: {len(alone)} have no partner and are left out: {names}", file=sys.stderr)
    else:
        rows = [tuple(paths)]
    founds, truths, *images = ([row[i] for row in rows] for i in range(len(given)))
    return founds, truths, images[0] if images else []


def _print(found: "Evaluation") -> None:
    from napari_fcnseg.evaluation.class_scores import ClassScores
    from napari_fcnseg.evaluation.report import number

    print_rows([[name, number(value)] for name, value in found.overall.items()])
    if isinstance(found.scores, ClassScores):
        by_class = found.scores.by_class
        rows = [["class", *by_class, "pixels"]]
        for i, c in enumerate(found.scores.classes):
            values = [number(float(each[i])) for each in by_class.values()]
            rows.append([c.name, *values, number(int(found.scores.matrix[i].sum()))])
        print()
        print_rows(rows)
    if len(found.images) > 1:
        print()
        names = list(found.scores.overall)
        rows = [[i.pair.name, *map(number, i.scores.overall.values())] for i in found.images]
        print_rows([["image", *names], *rows])


def add_options(parser: ArgumentParser) -> None:
    """Add what is compared, how it is read, and where results go."""
    parser.add_argument("found", metavar="PRED", help="class ids, ids of objects, or a folder")
    parser.add_argument("truth", metavar="TRUTH", help="the same for the truth")
    parser.add_argument("--image", metavar="I", help="what was segmented, for pictures")
    parser.add_argument("--axes", help="axes of the images, for example ZYX")
    parser.add_argument(
        "--classes", metavar="V=NAME,...", help="names of the truth's values: 0=membrane,255=cell"
    )
    parser.add_argument(
        "--unpainted",
        choices=("ignore", "background"),
        default="ignore",
        help="what a 0 of the truth is: not labelled, or a class of its own",
    )
    parser.add_argument("--objects", action="store_true", help="each object has its own id")
    parser.add_argument(
        "--interior", metavar="CLASS", help="id or name of the class for V_Rand and V_Info"
    )
    parser.add_argument(
        "--tolerance", type=float, default=2.0, help="pixels that a border may be off"
    )
    parser.add_argument("--regions", type=int, default=12, help="of the worst ones, how many")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report to look at")
    parser.add_argument(
        "--json",
        nargs="?",
        type=Path,
        const=True,
        metavar="FILE",
        help="write scores as JSON, or print them",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing reports")
