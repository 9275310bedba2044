"""Which files are images: of paths, folders and globs, as a person gives them."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zarr

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.output import journal_path
from napari_fcnseg.images.slices import PICTURES, natural
from napari_fcnseg.images.tiff import SUFFIXES as TIFF
from napari_fcnseg.images.zarr_reader import OURS, is_zarr

LABELS = ".labels"  # ends the name of labels
ENDINGS = (".ome", LABELS)  # that come before the suffix, and are of no image's name
OWN = (".journal", ".partial", ".lock", ".old", ".whole")  # stand beside an output in the making
SHOWN = 3  # names in a message


@dataclass(frozen=True)
class Found:
    """Images, each once, and what was left out.

    Attributes
    ----------
    images
        Files and Zarr folders; a path that was named and is not there is among them.
    notes
        What was left out and why, in plain words.
    """

    images: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def find_images(sources: str | Path | Iterable[str | Path]) -> Found:
    """Find the images among paths, in folders and by globs.

    Left out and told: files of other kinds, folders in folders, and labels, which are no input:
    those written by napari-fcnseg, label images of NGFF, and files called ``NAME.labels.*``.

    Parameters
    ----------
    sources
        Paths of files and Zarr folders; folders, of which the images right in them are taken;
        globs, in which ``**`` is any folders. One, or several.

    Returns
    -------
    Found
        Images of a folder or glob in natural order of their names.

    Raises
    ------
    ImageError
        If there is no image at all.
    """
    given = [sources] if isinstance(sources, str | Path) else list(sources)
    images: dict[Path, Path] = {}  # by the place that they are at
    left: dict[str, list[str]] = {}
    for source in given:
        for path in _expanded(str(source), left):
            if kind := _left_out(path):
                left.setdefault(kind, []).append(path.name)
            else:
                images.setdefault(path.resolve(), path)
    notes = tuple(f"left out, {kind}: {some(names)}" for kind, names in left.items())
    if not images:
        where = " and ".join(map(str, given)) or "an empty list"
        raise ImageError(
            f"there are no images in {where}{'; ' * bool(notes)}{'; '.join(notes)}. Give TIFF, "
            "PNG, JPEG, BMP or Zarr, a folder of them, or a pattern such as 'data/**/*.tif'"
        )
    return Found(tuple(images.values()), notes)


def bare_name(path: Path) -> str:
    """Return the name that an image and its labels share: ``cell_1`` of ``cell_1.ome.tif``."""
    name = path.stem
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def is_own(path: Path) -> bool:
    """Whether a path is hidden, or stands beside an output while it is written."""
    return path.name.startswith(".") or path.suffix in OWN


def some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many there are more."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _expanded(source: str, left: dict[str, list[str]]) -> Iterator[Path]:
    """Return the files that a source stands for."""
    path = Path(source)
    if glob.has_magic(source) and not path.exists():
        matches = [Path(match) for match in glob.glob(source, recursive=True)]
        files = [match for match in matches if not any(map(is_zarr, match.parents))]
        if not files:
            left.setdefault("patterns that match nothing", []).append(source)
        yield from _images_first(files, left if "**" not in source else {})
    elif path.is_dir() and not is_zarr(path):
        files = list(path.iterdir())
        if not files:
            left.setdefault("empty folders", []).append(source)
        yield from _images_first(files, left)
    else:
        yield path


def _images_first(paths: Iterable[Path], left: dict[str, list[str]]) -> Iterator[Path]:
    """Return files and Zarr folders; other folders must be named themselves."""
    for path in sorted(paths, key=lambda path: (str(path.parent), natural(path))):
        if is_own(path):
            continue
        if path.is_dir() and not is_zarr(path):
            left.setdefault("folders in folders; name them, too", []).append(path.name)
        else:
            yield path


def _left_out(path: Path) -> str:
    """Return why a path is no image to be segmented; nothing of one that is."""
    if not path.exists():
        return ""  # who named it is told when it is opened
    if not path.is_dir() and path.suffix.lower() not in TIFF + PICTURES:
        return "no images"
    named = path.stem.removesuffix(".ome").endswith(LABELS)
    if named or journal_path(path).exists() or _says_labels(path):
        return "labels"
    return ""


def _says_labels(path: Path) -> bool:
    """Whether a Zarr says that it is a label image, or a result of ours."""
    if not path.is_dir():
        return False
    try:
        attributes: dict[str, Any] = zarr.open(path, mode="r").attrs.asdict()
    except Exception:  # a damaged one is told when it is opened
        return False
    return OURS in attributes or "image-label" in attributes.get("ome", attributes)
