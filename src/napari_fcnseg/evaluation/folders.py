"""Which file of one folder belongs to which file of another."""

from pathlib import Path

from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.images.find import bare_name, is_own, some
from napari_fcnseg.images.zarr_reader import is_zarr


def is_folder(path: str | Path) -> bool:
    """Whether `path` is a folder of images, and no image itself."""
    return Path(path).is_dir() and not is_zarr(Path(path))


def match(found: Path, *others: Path) -> tuple[list[tuple[Path, ...]], list[str]]:
    """Pair the files of folders by their names.

    ``cell_1.labels.ome.zarr`` belongs to ``cell_1.png``.

    Returns
    -------
    list of tuple
        A file of each folder, by name.
    list of str
        Names that are not in all of the folders.

    Raises
    ------
    EvaluationError
        If no name is in all folders, or one stands for two files of a folder.
    """
    folders = [_by_name(folder) for folder in (found, *others)]
    shared = sorted(set.intersection(*(set(files) for files in folders)))
    if not shared:
        raise EvaluationError(
            f"no file of {found} has the name of one in {' and in '.join(map(str, others))}: "
            f"{some(list(folders[0])) or 'nothing'} there, "
            f"{some(list(folders[1])) or 'nothing'} here. A segmentation of cell_1.png is "
            "cell_1.labels.ome.zarr, cell_1.tif or the like"
        )
    alone = sorted(set.union(*(set(files) for files in folders)) - set(shared))
    return [tuple(files[name] for files in folders) for name in shared], alone


def _by_name(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if is_own(path) or (path.is_dir() and not is_zarr(path)):
            continue
        name = bare_name(path)
        if name in files:
            raise EvaluationError(
                f"{files[name].name} and {path.name} in {folder} have one name, {name}: leave one "
                "of them in the folder"
            )
        files[name] = path
    return files
