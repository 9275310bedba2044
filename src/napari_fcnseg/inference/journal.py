"""Which tiles of a prediction are finished: what a killed run goes on from.

A text file: a line of JSON that says what is predicted, then a line for each finished tile,
its number and the CRC-32 of its pixels, or ``-`` for a tile that was found damaged. A line
without its end was never finished. A tile is recorded only once its pixels are on the disk.
"""

import json
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import OutputError

FORMAT = 1
LINE = re.compile(rb"(\d+) ([0-9a-f]{8}|-)\n")
NEVER = -1


def checksum(block: NDArray[Any]) -> int:
    """CRC-32 of pixels in C order."""
    return zlib.crc32(np.ascontiguousarray(block).data)


class Journal:
    """Finished tiles of one output, on disk.

    Parameters
    ----------
    path
        Of the file; read if it is there, else made by `start`.

    Attributes
    ----------
    identity
        What is predicted, as plain data; empty before `start`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity: dict[str, Any] = {}
        self._sums: NDArray[np.int64] = np.zeros(0, np.int64)
        self._torn = False  # whether the last line has no end
        if path.exists():
            self._read()

    def _read(self) -> None:
        lines = self.path.read_bytes().splitlines(keepends=True)
        self._torn = bool(lines) and not lines[-1].endswith(b"\n")
        if not lines or not lines[0].endswith(b"\n"):
            return  # killed while it began
        try:
            header = json.loads(lines[0])
            found, tiles, self.identity = header["format"], header["tiles"], header["identity"]
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.path} is not the journal of a prediction; start again with overwrite=True "
                "(--overwrite)"
            ) from error
        if found > FORMAT:
            raise OutputError(f"{self.path} was written by a newer napari-fcnseg; update this one")
        self._sums = np.full(tiles, NEVER, np.int64)
        for line in lines[1:]:
            match = LINE.fullmatch(line)
            if match and int(match[1]) < tiles:
                self._sums[int(match[1])] = NEVER if match[2] == b"-" else int(match[2], 16)

    def start(self, identity: Mapping[str, Any], tiles: int) -> None:
        """Begin anew, with no tile finished."""
        self.identity = _plain(identity)
        self._sums = np.full(tiles, NEVER, np.int64)
        self._torn = False
        header = {"format": FORMAT, "tiles": tiles, "identity": self.identity}
        self._write(json.dumps(header).encode() + b"\n", "wb")

    def differences(self, identity: Mapping[str, Any]) -> list[str]:
        """Say what of `identity` is not as recorded."""
        wanted = _plain(identity)
        return [
            f"{key} ({self.identity.get(key)} then, {wanted.get(key)} now)"
            for key in dict.fromkeys([*wanted, *self.identity])
            if wanted.get(key) != self.identity.get(key)
        ]

    def record(self, sums: Mapping[int, int]) -> None:
        """Record finished tiles, ``{number: checksum}``; on the disk when this returns."""
        for number, found in sums.items():
            self._sums[number] = found
        self._write(b"".join(b"%d %08x\n" % pair for pair in sums.items()), "ab")

    def forget(self, numbers: "list[int]") -> None:
        """Record that tiles are damaged and must be computed again."""
        self._sums[numbers] = NEVER
        self._write(b"".join(b"%d -\n" % number for number in numbers), "ab")

    def _write(self, lines: bytes, mode: str) -> None:
        with open(self.path, mode) as file:
            file.write(b"\n" * self._torn + lines)
            file.flush()
            os.fsync(file.fileno())
        self._torn = False

    @property
    def tiles(self) -> int:
        """Tiles that there are."""
        return len(self._sums)

    def __len__(self) -> int:
        """Tiles that are finished."""
        return int((self._sums != NEVER).sum())

    def __contains__(self, number: int) -> bool:
        return bool(self._sums[number] != NEVER)

    def __getitem__(self, number: int) -> int:
        """Checksum of a finished tile."""
        return int(self._sums[number])


def _plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """As it is read back: tuples are lists."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(identity)))
    return plain
