"""A file takes its name when it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.output import partial_path, sync


@contextmanager
def whole_file(path: Path, what: str = "") -> Iterator[Path]:
    """Give the place where a file is to be written; it takes its name at the end.

    Parameters
    ----------
    path
        Name of the file. What is there stays till then, and if anything fails.
    what
        What it is, for the error.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    partial = partial_path(path)
    try:
        yield partial
        sync(partial)
        partial.replace(path)
    except OSError as error:
        name = f"{what} {path}".lstrip()
        told = error.strerror or error
        raise OutputError(f"cannot write {name}: {told}; {MAKE_ROOM}") from error
    finally:
        partial.unlink(missing_ok=True)
