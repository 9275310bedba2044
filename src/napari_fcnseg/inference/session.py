"""One output in the making: what is written, which tiles are finished, and nobody else at it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.grid import Grid
from napari_fcnseg.images.output import Mode, Output, journal_path, open_levels, partial_path
from napari_fcnseg.inference.journal import Journal
from napari_fcnseg.inference.target import Target
from napari_fcnseg.inference.verify import check_blocks


class Session:
    """An output and its journal, opened by `open_session`.

    Attributes
    ----------
    sink
        Takes the blocks.
    """

    def __init__(self, sink: Output, journal: Journal | None = None) -> None:
        self.sink, self._journal = sink, journal

    def __contains__(self, number: int) -> bool:
        """Whether a tile is finished."""
        return self._journal is not None and number in self._journal

    def record(self, sums: Mapping[int, int]) -> None:
        """Record finished tiles and the checksums of their pixels."""
        if self._journal is not None:
            self._journal.record(sums)

    def finish(self) -> None:
        """Give the output its final name."""
        self.sink.finish()


def check_output(target: Target, identity: Mapping[str, Any], mode: Mode) -> None:
    """Raise `OutputError` if the output is taken, or was begun as something else."""
    target.check(mode)
    if target.path:
        _checked_journal(target.path, identity, mode)


def recorded(out: Any) -> dict[str, Any]:
    """Return what an output was begun with; nothing if it was not."""
    return _journal(Path(out)).identity if isinstance(out, str | Path) else {}


@contextmanager
def open_session(
    target: Target, identity: Mapping[str, Any], tiles: int, mode: Mode
) -> Iterator[Session]:
    """Open an output for this process alone, and let go of it in the end.

    Parameters
    ----------
    target
        Where it is.
    identity
        What decides its pixels; must be what it was begun with, to go on with it.
    tiles
        How many there are.
    mode
        ``"resume"``: tiles that are recorded stay. A finished output is compared with its
        journal, and what is damaged is done again.

    Raises
    ------
    OutputError
        If another process has it open, it was begun as something else or cannot be written.
    """
    if target.path is None:
        yield Session(target.open(mode))
        return
    with only_user(target.path):
        target.check(mode)
        journal = _checked_journal(target.path, identity, mode)
        begun = partial_path(target.path).exists()
        try:
            if mode == "resume" and not begun and target.path.exists():
                _forget_damaged(target.path, journal)  # before it is touched
                begun = True
            if mode == "resume" and begun and len(journal):
                sink = target.open(mode)
            else:
                # Killed here, an older journal would vouch for tiles that are gone.
                journal.path.unlink(missing_ok=True)
                sink = target.open("overwrite")
                journal.start(identity, tiles)
        except OSError as error:
            raise OutputError(f"cannot go on with {target.path}: {error}; {MAKE_ROOM}") from error
        yield Session(sink, journal)


def is_being_written(path: Path) -> bool:
    """Whether a process is at work on an output; a lock that a killed one left counts for none."""
    file = _lock_path(path)
    if not file.exists():
        return False
    try:
        with FileLock(file, timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def only_user(path: Path) -> Iterator[None]:
    """Keep other processes away from an output.

    Raises
    ------
    OutputError
        If one is there already.
    """
    file = _lock_path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise OutputError(
            f"another process is writing {path}: wait for it, or give another name"
        ) from error
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}; {MAKE_ROOM}") from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        lock.release()


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _journal(path: Path) -> Journal:
    return Journal(journal_path(path))


def _forget_damaged(path: Path, journal: Journal) -> None:
    """Strike out what of a finished output is not as it was written."""
    blocks = Grid(tuple(journal.identity["shape"]), tuple(journal.identity["block"]))
    try:
        levels = open_levels(path)
    except PermissionError:
        raise  # nothing is known to be damaged
    except Exception:  # damaged bytes raise what codec and format please
        damaged = [n for n in range(len(blocks)) if n in journal]
    else:
        damaged = [n for n, wrong in check_blocks(levels, blocks, journal) if wrong]
    journal.forget(damaged)


def _checked_journal(path: Path, identity: Mapping[str, Any], mode: Mode) -> Journal:
    """Journal of an output; what is gone on with must be what was begun."""
    journal = _journal(path)
    if mode == "resume" and path.exists() and not (journal.identity or partial_path(path).exists()):
        raise OutputError(
            f"{path} has no journal beside it ({journal.path.name}): whether it is whole cannot be "
            "told. Keep it, give another name, or start again with overwrite=True (--overwrite)"
        )
    if mode == "resume" and journal.identity and (changed := journal.differences(identity)):
        raise OutputError(
            f"{path} was begun with another {'; another '.join(changed)}: go on with what it was "
            "begun with, give another name, or start again with overwrite=True (--overwrite)"
        )
    return journal
