"""What the command does that compares methods. Heavy modules are imported when it runs."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fcnseg.commands import given
from napari_fcnseg.printing import open_as_told, print_json, print_rows

if TYPE_CHECKING:
    from napari_fcnseg.comparison import ComparisonDone


def compare(options: Namespace) -> int:
    """Let networks and simpler methods learn the same strokes, and score them side by side."""
    from napari_fcnseg.annotations.classes import parse_class_map
    from napari_fcnseg.comparison import USUAL, ComparisonDone, MethodStarted, compare
    from napari_fcnseg.progress import follow
    from napari_fcnseg.training.recipe import Recipe

    recipe = Recipe.from_toml(options.recipe) if options.recipe else Recipe()
    changes = given(options, "steps", "minutes", "seed")
    if "minutes" in changes:
        changes["steps"] = 0  # a recipe's own steps would go first
    job = compare(
        [open_as_told(path, options) for path in options.image],
        options.labels,
        options.methods or USUAL,
        truth=options.truth,
        recipe=Recipe.from_dict(recipe.to_dict() | changes),
        classes=parse_class_map(options.classes) if options.classes else None,
        device=options.device,
        out=options.out,
        overwrite=options.overwrite,
    )
    done = None
    for event in follow(job):
        if isinstance(event, MethodStarted):
            print(f"{event.method} ({event.number} of {event.methods})", file=sys.stderr)
        done = event if isinstance(event, ComparisonDone) else None
    assert done is not None
    if options.json:
        return print_json(_plain(done))
    _print(done)
    return 0


def _plain(done: "ComparisonDone") -> dict[str, Any]:
    rows = {
        row.method: {
            **row.scores.to_dict(),
            "labelled": row.labelled,
            "learning_s": round(row.learning, 2),
            "segmenting_s": round(row.segmenting, 2),
        }
        for row in done.rows
    }
    return {"scored_on": "held-out strokes" if done.held_out else "truth", "methods": rows}


def _print(done: "ComparisonDone") -> None:
    """Print the best first."""
    by_class = done.rows[0].scores.classes
    names = [f"IoU {c.name}" for c in by_class]
    table = [["method", "mean IoU", *names, "labelled", "learning", "segmenting"]]
    for row in sorted(done.rows, key=lambda row: -row.scores.mean_iou):
        each = [f"{value:.3f}" for value in row.scores.by_class["IoU"]]
        times = [f"{seconds:.1f} s" for seconds in (row.learning, row.segmenting)]
        share = f"{row.labelled:.0%}"
        table.append([row.method, f"{row.scores.mean_iou:.3f}", *each, share, *times])
    where = "held-out strokes, which taught no method" if done.held_out else "the truth"
    pixels = int(done.rows[0].scores.matrix.sum())
    print(f"\nOn {pixels:,} pixels of {where}:\n")
    print_rows(table)


def add_options(parser: ArgumentParser) -> None:
    """Add what is learned, by whom, and what it is compared with."""
    add = parser.add_argument
    add("--image", nargs="+", required=True, metavar="P", help="images")
    add("--labels", nargs="+", required=True, metavar="P", help="strokes on each of them")
    add(
        "--truth",
        nargs="+",
        metavar="P",
        help="class ids of each image; without any a fifth of the strokes is held out",
    )
    add(
        "--methods",
        nargs="+",
        metavar="NAME",
        help="networks and classical methods; see fcnseg nets and fcnseg classical --help",
    )
    add("--recipe", type=Path, metavar="R.toml", help="how networks train")
    add("--classes", metavar="VALUE=NAME,...", help="names of label values")
    add("--out", type=Path, metavar="FOLDER", help="keep the labels of each method there")
