"""The command line, ``fcnseg COMMAND``.

Results go to stdout, progress and remarks to stderr. Exit codes: 0 done, 1 a defect, 2 wrong
usage, 3 image, 4 annotations, 5 network, method, recipe or tiling, 6 model, 7 device, 8 output, 9
scores, 130 interrupted, 141 the reader of the output has gone. ``batch`` returns 0 if all files
were done, else the code of the first file that failed.
"""

import argparse
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from napari_fcnseg import (
    __version__,
    about,
    batching,
    checking,
    classifying,
    commands,
    comparing,
    evaluating,
    exporting,
    labelling,
    learning,
    measuring,
    refining,
    segmenting,
    suggesting,
)
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.learning import add_train_options
from napari_fcnseg.predict_options import add_predict_options, whole_number

INTERRUPTED = commands.INTERRUPTED
BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # a reader like `head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BROKEN_PIPE
    except (Exception, KeyboardInterrupt) as error:
        if options.debug:
            raise
        message, code = _explain(error)
        print(f"fcnseg: {' '.join(message.split())}", file=sys.stderr)
    return code


def _explain(error: BaseException) -> tuple[str, int]:
    """One line for a person, and the exit code."""
    if isinstance(error, FcnsegError):
        return str(error), error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", INTERRUPTED
    return f"{type(error).__name__}: {error}. This is a defect; --debug shows where", 1


def make_parser() -> ArgumentParser:
    """Build the parser; each command's function stands in ``options.run``."""
    parser = ArgumentParser(
        prog="fcnseg",
        description="Train a network from painted strokes, segment stacks of any size.",
    )
    parser.add_argument("--version", action="version", version=f"fcnseg {__version__}")
    add = parser.add_subparsers(required=True, metavar="COMMAND").add_parser

    def command(
        run: Callable[[Namespace], int], *parents: ArgumentParser, common: bool = True
    ) -> ArgumentParser:
        summary = (run.__doc__ or "").splitlines()[0]
        shared = [_debug(), *([_json()] if common else []), *parents]
        sub = add(run.__name__, help=summary, description=summary, parents=shared)
        sub.set_defaults(run=run)
        return sub

    demo = command(commands.demo, _work(), _budget())
    demo.add_argument("--out", type=Path, default=Path("demo"), help="folder for the results")

    command(about.nets)

    info = command(about.info, _opening())
    info.add_argument("what", metavar="MODEL|IMAGE|NET")
    info.add_argument("--labels", metavar="P", help="labels that the network is to learn")
    info.add_argument("--tile", type=whole_number, help="edge of the input that memory is told for")
    info.add_argument("--batch", type=whole_number, default=1, help="inputs at once")

    add_train_options(command(learning.train, _work(), _budget(), _opening()))

    checking.add_options(command(checking.check, _device(), _opening()))

    add_predict_options(command(segmenting.predict, _work(), _opening()))

    batching.add_options(command(batching.batch, _work(), _opening()))

    verify = command(segmenting.verify)
    verify.add_argument("out", type=Path, metavar="OUT", help="what predict wrote")

    suggesting.add_options(command(suggesting.suggest, _device(), _opening()))

    exporting.add_options(command(exporting.export))

    classifying.add_options(command(classifying.classical, _opening()))

    evaluating.add_options(command(evaluating.evaluate, common=False))

    comparing.add_options(command(comparing.compare, _work(), _budget(), _opening()))

    measuring.add_options(command(measuring.measure))

    labelling.add_options(command(labelling.objects))

    refining.add_options(command(refining.refine, _work()))
    return parser


def _debug() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return options


def _json() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", help="print the result as JSON")
    return options


def _device() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    return options


def _work() -> ArgumentParser:
    options = ArgumentParser(add_help=False, parents=[_device()])
    options.add_argument("--overwrite", action="store_true", help="replace an existing output")
    return options


def _budget() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    size = options.add_mutually_exclusive_group()
    size.add_argument("--steps", type=whole_number, help="budget in steps: repeatable to the bit")
    size.add_argument("--minutes", type=float, help="budget in minutes")
    options.add_argument("--seed", type=int, help="seed of weights, patches and augmentation")
    return options


def _opening() -> ArgumentParser:
    options = ArgumentParser(add_help=False)
    options.add_argument("--axes", help="axes of the images, for example ZYX")
    options.add_argument("--level", type=int, default=0, help="level of a pyramid, 0 the finest")
    options.add_argument("--series", type=int, default=0, help="series of a TIFF")
    options.add_argument(
        "--grey",
        action=argparse.BooleanOptionalAction,
        help="read colour files as one channel, or keep all; by default if they are equal",
    )
    return options
