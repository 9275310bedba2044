"""Files of a model package, a zip or a folder, that a stranger may have made."""

import hashlib
import io
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from napari_fcnseg.errors import GET_AGAIN, ModelError

DESCRIPTIONS = ("bioimageio.yaml", "rdf.yaml")  # what a package says of itself
MEMBERS = 10_000
LARGEST = 2**35  # bytes of all files: more than the weights of any segmentation network
PACKED = 200  # times that a file of a zip may be smaller than what is in it
LITTLE = 2**20  # bytes; what is smaller may be packed as tightly as one likes
HARM = "{}: {} leads out of the package; it was made to do harm: remove it"


class Package:
    """Reads files of a package by name; nothing is unpacked to the disk.

    Parameters
    ----------
    path
        Zip file or folder. A zip is looked through at once.

    Raises
    ------
    ModelError
        If it is not there or no package, or if it is made to do harm: names that lead out of it,
        links, the same name twice, more data than a model has.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise ModelError(f"the model {path} does not exist: give the path of a model package")
        self._folder = path.resolve() if path.is_dir() else None
        if self._folder is None:
            if not zipfile.is_zipfile(path):
                raise ModelError(
                    f"{path} is not a model package: it is no zip file, or a truncated one. Give a "
                    ".zip saved by napari-fcnseg, or of the BioImage Model Zoo"
                )
            with zipfile.ZipFile(path) as package:
                check_members(package, str(path))

    def has(self, name: str) -> bool:
        """Whether there is a file called `name`."""
        if self._folder is not None:
            return self._inside(name).is_file()
        with zipfile.ZipFile(self.path) as package:
            return name in package.namelist()

    def read(self, name: str, most: int = LARGEST, sha256: str | None = None) -> bytes:
        """Return the bytes of a file.

        Parameters
        ----------
        name
            In the package.
        most
            Bytes that it may have.
        sha256
            Checksum that it should have, if one is known.

        Raises
        ------
        ModelError
            If it is not there, larger than `most`, or something else than its checksum says.
        """
        check_name(name, str(self.path))
        if not self.has(name):
            raise ModelError(
                f"{self.path} holds no {name}: it is no whole model package: {GET_AGAIN}"
            )
        if self._folder is not None:
            self._check_size(name, self._inside(name).stat().st_size, most)
            data = self._inside(name).read_bytes()
        else:
            with zipfile.ZipFile(self.path) as package:
                self._check_size(name, package.getinfo(name).file_size, most)
                data = read_member(package, name)
        if sha256 and hashlib.sha256(data).hexdigest() != sha256:
            raise ModelError(
                f"{self.path}: {name} does not match its checksum; the file is damaged, or was "
                "changed after it was saved. Get it again from where it came from"
            )
        return data

    def _check_size(self, name: str, size: int, most: int) -> None:
        if size > most:
            raise ModelError(
                f"{self.path}: {name} has {size} bytes, more than the {most} expected: {GET_AGAIN}"
            )

    def _inside(self, name: str) -> Path:
        """Path of a file of a folder; links may not lead out of it."""
        assert self._folder is not None
        found = (self._folder / name).resolve()
        if not found.is_relative_to(self._folder):
            raise ModelError(HARM.format(self.path, name))
        return found


def check_name(name: str, where: str) -> None:
    """Raise `ModelError` if a name leads out of its package."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    absolute = posix.is_absolute() or windows.drive or windows.root
    if not name or absolute or ".." in windows.parts or "\0" in name:
        raise ModelError(HARM.format(where, name))


def check_members(package: zipfile.ZipFile, where: str) -> None:
    """Raise `ModelError` unless all files of a zip are what a package may have."""
    members = package.infolist()
    if len(members) > MEMBERS:
        raise ModelError(
            f"{where} holds {len(members)} files; a model has up to {MEMBERS}: {GET_AGAIN}"
        )
    names = [member.filename for member in members]
    if len({name.casefold() for name in names}) < len(names):  # PyTorch finds them by any case
        raise ModelError(f"{where} holds files of the same name; it was made to mislead: remove it")
    for member in members:
        check_name(member.filename, where)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ModelError(f"{where}: {member.filename} is a link; a model has none: {GET_AGAIN}")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelError(
                f"{where}: {member.filename} is packed in a way that no model is: {GET_AGAIN}"
            )
        if member.flag_bits & 1:
            raise ModelError(
                f"{where}: {member.filename} is encrypted; a model is not: {GET_AGAIN}"
            )
        if member.file_size > max(LITTLE, PACKED * member.compress_size):
            raise ModelError(
                f"{where}: {member.filename} would unpack from {member.compress_size} to "
                f"{member.file_size} bytes; it was made to fill the memory: remove it"
            )
    if sum(member.file_size for member in members) > LARGEST:
        raise ModelError(
            f"{where} would unpack to more than {LARGEST} bytes; no model has so many: {GET_AGAIN}"
        )


def read_member(package: zipfile.ZipFile, name: str) -> bytes:
    """Read a file of a zip: as many bytes as it declares, whatever it would unpack to."""
    with package.open(name) as file:
        return file.read(package.getinfo(name).file_size)


def repacked(data: bytes, where: str) -> tuple[bytes, dict[str, bytes]]:
    """Check a zip within a package; return it with what Python read of it and nothing else.

    Others may read the same bytes otherwise: by another directory, or another size.
    """
    packed, files = io.BytesIO(), {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            check_members(package, where)
            files = {name: read_member(package, name) for name in package.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelError(
            f"{where} is no file with tensors, or a damaged one: {error}; {GET_AGAIN}"
        ) from error
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return packed.getvalue(), files
