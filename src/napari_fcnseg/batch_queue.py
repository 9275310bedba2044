"""Files that wait to be segmented, and where the labels of each go."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.create import TIFF, ZARR
from napari_fcnseg.images.find import bare_name
from napari_fcnseg.images.zarr_reader import is_zarr

PATTERN = "{name}.labels.ome.zarr"


@dataclass(frozen=True)
class BatchFile:
    """An image, and where its labels go."""

    path: Path
    out: Path


class FileQueue:
    """Files in the order in which they are segmented; another thread may add and remove some.

    Parameters
    ----------
    out_folder
        Folder of the labels; it is made when it is needed.
    pattern
        Name of the labels of an image, ending in ``.ome.zarr`` or ``.ome.tif``: ``{name}`` is
        that of the image without ``.ome`` and suffix, ``{suffix}`` the suffix without its dot,
        ``{folder}`` the name of the folder that the image is in.

    Raises
    ------
    OutputError
        If there cannot be such a folder, or the pattern names no such files.
    """

    def __init__(self, out_folder: str | Path, pattern: str = PATTERN) -> None:
        self.folder, self.pattern = Path(out_folder), pattern
        if is_zarr(self.folder) or (self.folder.exists() and not self.folder.is_dir()):
            raise OutputError(f"{self.folder} is no folder for labels: give the name of a folder")
        self._named(Path("folder/image.tif"))
        self._files: dict[str, BatchFile] = {}  # by the place that is written
        self._waiting: deque[BatchFile] = deque()
        self._lock = Lock()

    def __len__(self) -> int:
        """Files that wait or were taken; not those that were removed."""
        return len(self._files)

    def add(self, paths: Iterable[Path]) -> None:
        """Let images wait behind the others; none of them, if there is an error.

        Raises
        ------
        OutputError
            If two images would have labels of one name, or labels would replace an image.
        """
        with self._lock:
            files, new = dict(self._files), []
            for path in paths:
                file = BatchFile(path, self._named(path))
                key = _place(file.out)
                if key in files:
                    raise OutputError(
                        f"{files[key].path} and {path} would both go to {file.out}: give them "
                        f"apart, or another pattern of names than {self.pattern!r}, such as "
                        "'{name}-{suffix}.labels.ome.zarr' or '{folder}-{name}.labels.ome.zarr'"
                    )
                files[key] = file
                new.append(file)
            for file in files.values():
                if (key := _place(file.path)) in files:
                    raise OutputError(
                        f"the labels of {files[key].path} would replace the image {file.path}: "
                        "give another folder for labels, or another pattern of names"
                    )
            self._files = files
            self._waiting.extend(new)

    def remove(self, path: Path) -> bool:
        """Forget a file that waits; return whether it still did."""
        with self._lock:
            file = next((file for file in self._waiting if file.path == path), None)
            if file:
                self._waiting.remove(file)
                del self._files[_place(file.out)]
            return file is not None

    def take(self) -> BatchFile | None:
        """Return the next file, which waits no more; nothing at the end."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _named(self, path: Path) -> Path:
        place = path.absolute()
        fields = {
            "name": bare_name(place),
            "suffix": place.suffix.removeprefix("."),
            "folder": place.parent.name,
        }
        try:
            out = self.folder / self.pattern.format_map(fields)
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise OutputError(
                f"the pattern {self.pattern!r} of names cannot be read ({error}): use the fields "
                "{name}, {suffix} and {folder}"
            ) from error
        if out.suffix.lower() not in ZARR + TIFF:
            raise OutputError(
                f"the pattern {self.pattern!r} names files of no kind that can be written: let it "
                "end in .ome.zarr or .ome.tif"
            )
        return out


def _place(path: Path) -> str:
    """Return what paths of one file have in common, also where capitals do not matter."""
    return str(path.resolve()).casefold()
