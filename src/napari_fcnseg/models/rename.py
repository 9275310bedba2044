"""Give a model package another name; all else in it stays as it is."""

import json
import unicodedata
import zipfile
import zlib
from pathlib import Path

import yaml

from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.models.archive import Package, read_member
from napari_fcnseg.models.load import description_name
from napari_fcnseg.models.plain import LONGEST as LONGEST_DESCRIPTION
from napari_fcnseg.models.plain import read_yaml

SHORTEST, LONGEST = 5, 128  # letters of a name, by the spec


def plain_letters(name: str) -> str:
    """Return what the bioimage.io spec takes of a name: plain letters, digits, ``_+- ()``."""
    apart = unicodedata.normalize("NFKD", name.replace("ß", "ss"))  # é as e and its accent
    plain = [c for c in apart if not unicodedata.combining(c)]
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_+-()") else " " for c in plain)
    return " ".join(kept.split())[:LONGEST].strip()


def legal_name(name: str) -> str:
    """Return a name that the spec takes, and that is long enough for it."""
    kept = plain_letters(name)
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
        If it is no model package, or damaged.
    OSError
        If it cannot be written.
    """
    package = Package(path)
    described = description_name(package)
    data = package.read(described, LONGEST_DESCRIPTION)
    changed = _with_name(data, legal_name(name), f"{path}: {described}")
    partial = partial_path(target)
    try:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(partial, "w") as new:
            for member in old.infolist():
                data = read_member(old, member.filename)
                if zlib.crc32(data) != member.CRC:  # it would get a new checksum
                    raise zipfile.BadZipFile(f"{member.filename} is not what its checksum says")
                data = changed if member.filename == described else data
                new.writestr(member, data, member.compress_type)
        partial.replace(target)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelError(f"{path} is damaged ({error}): get the file again") from error
    finally:
        partial.unlink(missing_ok=True)
    if target != path:
        path.unlink()


def _with_name(data: bytes, name: str, where: str) -> bytes:
    """Replace the name in a description where it stands, or write all of it anew."""
    wanted = read_yaml(data, where) | {"name": name}
    try:
        text = data.decode("utf-8")
        root = yaml.compose(text, yaml.SafeLoader)
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        values = [value for key, value in pairs if key.value == "name"]
        start, end = values[-1].start_mark.index, values[-1].end_mark.index
        changed = f"{text[:start]}{json.dumps(name)}{text[end:]}".encode()
        if read_yaml(changed, where) == wanted:
            return changed
    except (ModelError, UnicodeDecodeError, IndexError):
        pass  # the name is in several lines, named elsewhere, or not there
    return yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True).encode()
