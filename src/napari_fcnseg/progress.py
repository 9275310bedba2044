"""Progress of a job in a terminal."""

import sys
from collections.abc import Generator
from contextlib import closing
from typing import Any

from tqdm import tqdm

from napari_fcnseg.events import (
    BlockDone,
    Event,
    Fitting,
    Note,
    PredictionStarted,
    Step,
    Steps,
    Teaching,
    TileChecked,
    TileDone,
    TrainingStarted,
    Validated,
    VerificationStarted,
)

TRAINING = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


def follow(job: Steps[Any], quiet: bool = False) -> Generator[Event, None, None]:
    """Run a job and pass its events on, with a bar for each phase on stderr.

    The job is closed with the iterator.
    """
    bar: tqdm[Any] = tqdm(disable=True)
    scores = ""
    with closing(job):
        try:
            for event in job:
                match event:
                    case TrainingStarted():
                        _say_start(event, quiet)
                        bar = tqdm(
                            desc="train", total=1.0, bar_format=TRAINING, disable=quiet, leave=True
                        )
                    case Teaching():
                        bar.set_postfix_str(f"labels around strokes {event.part:.0%}")
                    case Fitting():
                        bar.update(event.part - bar.n)
                    case Step():
                        bar.set_postfix_str(
                            f"step {event.step}, loss {event.loss:.3f}{scores}", False
                        )
                        bar.update(event.progress - bar.n)
                    case Validated():
                        scores = f", held-out IoU {event.mean_iou:.3f}"
                        if event.vanished:
                            scores += f", {' and '.join(event.vanished)} not found at all"
                    case Note():
                        bar.write(f"note: {event.text}", file=sys.stderr)
                    case PredictionStarted():
                        bar.close()
                        _say_notes(event.notes)
                        bar = tqdm(
                            desc="segment",
                            total=len(event.plan),
                            initial=event.done,
                            unit="tile",
                            disable=quiet,
                        )
                    case TileDone():
                        bar.update(event.done - bar.n)
                    case VerificationStarted():
                        bar = tqdm(desc="verify", total=event.finished, unit="tile", disable=quiet)
                    case TileChecked():
                        bar.update()
                    case BlockDone():
                        if bar.disable and event.done == 1:
                            bar = tqdm(
                                desc=event.task, total=event.blocks, unit="block", disable=quiet
                            )
                        bar.update(event.done - bar.n)
                    case _:
                        bar.close()
                yield event
        finally:
            bar.close()


def _say_start(event: TrainingStarted, quiet: bool) -> None:
    _say_notes(event.notes)
    if not quiet:
        painted = ", ".join(f"{name} {count:,}" for name, count in event.pixels.items())
        print(
            f"{event.net} with {event.parameters:,} parameters on {event.device}; "
            f"labelled pixels: {painted}",
            file=sys.stderr,
        )


def _say_notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
