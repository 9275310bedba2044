"""Give a model package another name; all else in it stays byte for byte."""

import json
import unicodedata
import zipfile
from pathlib import Path

import yaml

from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.models.archive import DESCRIPTIONS, Package
from napari_fcnseg.models.load import read_description

SHORTEST, LONGEST = 5, 128  # letters of a name, by the spec


def legal_name(name: str) -> str:
    """Return a name as the bioimage.io spec takes it: plain letters, digits, ``_+- ()``."""
    apart = unicodedata.normalize("NFKD", name.replace("ß", "ss"))  # é as e and its accent
    plain = [c for c in apart if not unicodedata.combining(c)]
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_+-()") else " " for c in plain)
    kept = " ".join(kept.split())[:LONGEST]
    return kept if len(kept) >= SHORTEST else f"model {kept}".strip()


def rename(path: Path, name: str, target: Path) -> None:
    """Write the package `path` as `target`, with another name in its description.

    Parameters
    ----------
    path
        A ``.zip``; it is removed once `target` is whole. They may be the same.
    name
        Becomes what `legal_name` makes of it.

    Raises
    ------
    ModelError
        If it is no model package, or its description has no name that can be changed.
    OSError
        If it cannot be written.
    """
    package = Package(path)
    read_description(package)  # before anything else looks into it
    described = next(n for n in DESCRIPTIONS if package.has(n))
    changed = _with_name(package.read(described).decode("utf-8"), legal_name(name), path)
    partial = partial_path(target)
    try:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(partial, "w") as new:
            for member in old.infolist():
                data = changed.encode() if member.filename == described else old.read(member)
                new.writestr(member, data, member.compress_type)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    if target != path:
        path.unlink()


def _with_name(text: str, name: str, path: Path) -> str:
    """Replace the name in a description where it stands."""
    root = yaml.compose(text, yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "name" and isinstance(value, yaml.ScalarNode):
            start, end = value.start_mark.index, value.end_mark.index
            return f"{text[:start]}{json.dumps(name)}{text[end:]}"
    raise ModelError(f"{path} has no name that could be changed")
