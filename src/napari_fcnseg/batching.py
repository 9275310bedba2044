"""What the command does that segments many files. Heavy modules are imported when it runs."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from napari_fcnseg.commands import INTERRUPTED, given
from napari_fcnseg.events import BatchStarted, FileDone, FileFailed, FileStarted
from napari_fcnseg.model_options import add_model, load_told
from napari_fcnseg.predict_options import whole_number
from napari_fcnseg.printing import print_json

Row = FileDone | FileFailed


def batch(options: Namespace) -> int:
    """Segment files, folders and globs with a model; a file that fails stops no other."""
    from napari_fcnseg.batch import segment_files
    from napari_fcnseg.progress import follow

    job = segment_files(
        load_told(options),
        options.files,
        options.out,
        **given(options, "pattern"),
        overwrite=options.overwrite,
        axes=options.axes,
        level=options.level,
        series=options.series,
        grey=options.grey,
        device=options.device,
        tile=options.tile,
        memory=options.memory,
    )
    rows, files, notes = list[Row](), 0, tuple[str, ...]()
    code = 0
    try:
        for event in follow(job):
            match event:
                case BatchStarted():
                    files, notes = event.files, event.notes
                    for note in notes:
                        print(f"note: {note}", file=sys.stderr)
                case FileStarted():
                    print(f"{event.path} ({event.number} of {event.files})", file=sys.stderr)
                case FileFailed() if options.debug:
                    raise event.error
                case FileDone() | FileFailed():
                    rows.append(event)
                    if not options.json:
                        print(_line(event), flush=True)
    except KeyboardInterrupt:
        again = " without --overwrite" * options.overwrite
        print(
            f"fcnseg: interrupted; what is done is kept, and the same command{again} goes on",
            file=sys.stderr,
        )
        code = INTERRUPTED
    failed = [row for row in rows if isinstance(row, FileFailed)]
    if options.json:
        print_json({"files": [_plain(row) for row in rows], "left_out": notes})
    else:
        told = f"{len(rows) - len(failed)} of {files} done"
        print(told + f", {len(failed)} failed" * bool(failed))
    return code or (failed[0].error.exit_code if failed else 0)


def _line(row: Row) -> str:
    """Return how a file ended, for people."""
    if isinstance(row, FileFailed):
        return f"failed  {row.path}: {' '.join(str(row.error).split())}"
    taken = f"{row.elapsed:.1f} s" if row.computed else "was done already"
    return f"done    {row.path} -> {row.out} ({taken})"


def _plain(row: Row) -> dict[str, Any]:
    """Return how a file ended, for programs."""
    plain: dict[str, Any] = {"image": str(row.path), "output": str(row.out)}
    if isinstance(row, FileFailed):
        return plain | {"status": "failed", "error": str(row.error), "code": row.error.exit_code}
    more = {"tiles": row.tiles, "computed": row.computed, "seconds": round(row.elapsed, 2)}
    return plain | {"status": "done"} | more


def add_options(parser: ArgumentParser) -> None:
    """Add what is segmented, with what, and where the labels go."""
    add_model(parser)
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILES",
        help="images, Zarr folders, folders of images, globs in quotes",
    )
    add("--out", type=Path, required=True, metavar="FOLDER", help="folder for the labels")
    add(
        "--pattern",
        metavar="P",
        help="names of labels, by default '{name}.labels.ome.zarr'; fields are {name}, {suffix}, "
        "{folder} of an image",
    )
    add("--tile", type=whole_number, help="largest edge of a tile, halo included")
    add("--memory", metavar="2GB", help="what network and tiles may take")
