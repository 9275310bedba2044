"""What a long job yields while it runs, and the iterator that yields it."""

import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_fcnseg.annotations.classes import SegClass
    from napari_fcnseg.errors import FcnsegError
    from napari_fcnseg.evaluation.evaluation import Evaluation
    from napari_fcnseg.images.grid import Spans
    from napari_fcnseg.inference.plan import Plan
    from napari_fcnseg.inference.suggest import Region
    from napari_fcnseg.models.model import Model
    from napari_fcnseg.refine.table import Table


@dataclass(frozen=True)
class Event:
    """Something that a job reports."""


@dataclass(frozen=True)
class TrainingStarted(Event):
    """Training of the network ``net`` is set up, with so many ``parameters``, on a ``device``.

    ``pixels`` are the labelled ones, by class name. ``notes`` says in plain words what a person
    should know, for example that a class has too few strokes to validate it. ``step`` is the last
    of an earlier run that goes on.
    """

    net: str
    parameters: int
    device: str
    pixels: Mapping[str, int]
    notes: tuple[str, ...] = ()
    step: int = 0


@dataclass(frozen=True)
class Step(Event):
    """One optimisation step.

    ``loss`` is that of its patches, ``rate`` the learning rate; ``step`` counts from 1.
    ``progress`` runs from 0 to 1 over the budget; ``elapsed`` is seconds of training.
    ``model()`` copies the network as it is now, ``best()`` the best one so far; both work
    as long as the event is kept, also after the job was closed.
    """

    step: int
    loss: float
    rate: float
    progress: float
    elapsed: float
    model: "Callable[[], Model]" = field(repr=False, compare=False)
    best: "Callable[[], Model]" = field(repr=False, compare=False)


@dataclass(frozen=True)
class Teaching(Event):
    """Before a step, labels are made where nobody painted; ``part`` of that is done, 0 to 1."""

    part: float


@dataclass(frozen=True)
class Fitting(Event):
    """What learns all labels at once has looked at ``part`` of them, 0 to 1."""

    part: float


@dataclass(frozen=True)
class Validated(Event):
    """Scores on held-out strokes: ``iou`` by class name, and on how many ``pixels``.

    ``mean_iou`` is over these classes, and ``best`` says that it was never higher up to this
    ``step``. ``vanished`` are classes that have labels there, but that the network finds nowhere.
    """

    step: int
    iou: Mapping[str, float]
    pixels: Mapping[str, int]
    mean_iou: float
    best: bool
    vanished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note(Event):
    """What a person should know and has turned up while a job runs: ``text`` in plain words."""

    text: str


@dataclass(frozen=True)
class Trained(Event):
    """The end of training: the best ``model``, after so many ``steps`` and ``elapsed`` seconds.

    ``early``: before its budget was spent, as scores had not risen for the recipe's patience.
    """

    model: "Model" = field(repr=False)
    steps: int
    elapsed: float
    early: bool = False


@dataclass(frozen=True)
class PredictionStarted(Event):
    """The ``plan`` of a prediction is made, and its output is there to be filled.

    ``data`` is the growing output: one array per pyramid level, finest first; nothing where
    pixels are not kept. ``done`` tiles need not be computed, or were by an earlier run.
    ``notes`` says in plain words what a person should know. ``todo`` are the numbers of the tiles
    that are left, in the order in which they are begun.
    """

    plan: "Plan" = field(repr=False)
    data: tuple[Any, ...] = field(repr=False)
    done: int = 0
    notes: tuple[str, ...] = ()
    todo: Sequence[int] = field(repr=False, default=())


@dataclass(frozen=True)
class TileDone(Event):
    """A tile is written, ``done`` of ``tiles``.

    ``spans`` is its core: ``((start, stop), ...)`` in pixels along the axes of the output.
    """

    done: int
    tiles: int
    spans: "Spans"


@dataclass(frozen=True)
class Predicted(Event):
    """The end of a prediction: all ``tiles`` are written; ``path`` is ``None`` for an array.

    It took ``elapsed`` seconds. ``paths`` has one for each output; ``path`` is the first.
    """

    path: Path | None
    tiles: int
    elapsed: float
    paths: tuple[Path | None, ...] = ()


@dataclass(frozen=True)
class VerificationStarted(Event):
    """A prediction is going to be read again: ``finished`` tiles of ``tiles``."""

    finished: int
    tiles: int


@dataclass(frozen=True)
class TileChecked(Event):
    """The tile ``number`` of a plan was read again.

    ``spans`` is its core, as of `TileDone`; ``problem`` says what is wrong with it, if anything.
    """

    number: int
    spans: "Spans"
    problem: str | None


@dataclass(frozen=True)
class Verified(Event):
    """The end of a verification of the file at ``path``, whose labels have ``axes``.

    Of its ``tiles`` so many were ``checked``, and the ``damaged`` ones are told. It took
    ``elapsed`` seconds.
    """

    path: Path
    axes: str
    checked: int
    tiles: int
    damaged: tuple[TileChecked, ...]
    elapsed: float


@dataclass(frozen=True)
class Suggested(Event):
    """The end of a search for where to paint next: ``regions``, the most unsure one first.

    It took ``elapsed`` seconds.
    """

    regions: tuple["Region", ...]
    elapsed: float


@dataclass(frozen=True)
class BlockDone(Event):
    """A block of an image was read, ``done`` of ``blocks``; ``task`` says what for."""

    task: str
    done: int
    blocks: int


@dataclass(frozen=True)
class Evaluated(Event):
    """The end of an ``evaluation``; it took ``elapsed`` seconds."""

    evaluation: "Evaluation"
    elapsed: float


@dataclass(frozen=True)
class ObjectsFound(Event):
    """Objects have ids from 1 to ``count``, in a file or, where there is no ``path``, in ``data``.

    ``sizes`` are their pixels, before they grew, and ``classes`` their class ids: whole numbers of
    shape ``(count,)``. It took ``elapsed`` seconds.
    """

    path: Path | None
    data: "NDArray[Any] | None" = field(repr=False)
    count: int
    sizes: "NDArray[Any]" = field(repr=False)
    classes: "NDArray[Any]" = field(repr=False)
    elapsed: float


@dataclass(frozen=True)
class Measured(Event):
    """The end of a measurement: a ``table``; it took ``elapsed`` seconds."""

    table: "Table"
    elapsed: float


@dataclass(frozen=True)
class Refined(Event):
    """The end of a refinement: class ids in a file or, where there is no ``path``, in ``data``.

    ``classes`` are names and colours of the ids. It took ``elapsed`` seconds.
    """

    path: Path | None
    data: "NDArray[Any] | None" = field(repr=False)
    classes: tuple["SegClass", ...]
    elapsed: float


@dataclass(frozen=True)
class BatchStarted(Event):
    """So many ``files`` are going to be segmented, one after the other.

    ``notes`` say what was left out.
    """

    files: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileStarted(Event):
    """The file at ``path``, the ``number``-th of ``files``, is opened; its labels go to ``out``."""

    path: Path
    out: Path
    number: int
    files: int


@dataclass(frozen=True)
class FileDone(Event):
    """The labels of the file at ``path`` are whole; they are in ``out``.

    ``computed`` of its ``tiles`` were computed now, in ``elapsed`` seconds; earlier runs did the
    others.
    """

    path: Path
    out: Path
    tiles: int
    computed: int
    elapsed: float


@dataclass(frozen=True)
class FileFailed(Event):
    """The labels of the file at ``path``, meant for ``out``, were given up.

    The ``error`` says why; the files after it go on.
    """

    path: Path
    out: Path
    error: "FcnsegError"


@dataclass(frozen=True)
class BatchDone(Event):
    """The end of a batch: ``rows`` tell how each file ended; it took ``elapsed`` seconds."""

    rows: tuple[FileDone | FileFailed, ...]
    elapsed: float

    @property
    def failed(self) -> tuple[FileFailed, ...]:
        """Files that were given up."""
        return tuple(row for row in self.rows if isinstance(row, FileFailed))


E = TypeVar("E", bound=Event)


class Steps(Iterator[E]):
    """A job that runs while it is iterated; it works in the thread that iterates.

    ``for event in job`` follows it, ``job.wait()`` runs it to its end, ``job.close()``
    stops it between two events.
    """

    def __init__(self, run: Generator[E, None, None]) -> None:
        self._run, self._touched = run, False

    def __next__(self) -> E:
        self._touched = True
        return next(self._run)

    def close(self) -> None:
        """Stop; what was computed so far is kept as the job's documentation says."""
        self._touched = True
        self._run.close()

    def wait(self) -> E:
        """Run to the end and return the last event."""
        return deque(self, maxlen=1)[0]

    def __del__(self) -> None:
        if not self._touched:
            warnings.warn(
                "a job was created but never run; iterate over it or call its wait()",
                RuntimeWarning,
                stacklevel=2,
            )
