"""Lines of Python and of a shell."""

import os
import shlex
import subprocess
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

WIDTH = 88  # letters of a line of a script
INDENT = "    "


def call(function: str, *arguments: str) -> str:
    """Source of a call: on one line, or its arguments on as many as they need."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    rows = [""]
    for argument in arguments:
        longer = f"{rows[-1]} {argument}," if rows[-1] else f"{argument},"
        if rows[-1] and len(INDENT + longer) > WIDTH:
            rows.append(f"{argument},")
        else:
            rows[-1] = longer
    return "\n".join([f"{function}(", *(INDENT + row for row in rows), ")"])


def named(values: Mapping[str, Any]) -> list[str]:
    """Source of arguments that are given by their names."""
    return [f"{name}={literal(value)}" for name, value in values.items()]


def literal(value: Any) -> str:
    """Source of a value."""
    return repr(str(value) if isinstance(value, Path) else value)


def comments(texts: Iterable[str]) -> list[str]:
    """Lines of comments; names in the texts, which may be anything, cannot end one early."""
    found = []
    for text in texts:
        found += textwrap.wrap(
            " ".join(text.split()), WIDTH, initial_indent="# ", subsequent_indent="# "
        )
    return found


def script(lines: Iterable[str], notes: Iterable[str] = ()) -> str:
    """Source of a script of ours."""
    return "\n".join([*comments(notes), "import napari_fcnseg as fs", "", *lines, ""])


def command(words: Iterable[Any]) -> str:
    """Line for the shell of this system, its words quoted where they must be."""
    plain = [str(word) for word in words]
    return subprocess.list2cmdline(plain) if os.name == "nt" else shlex.join(plain)


def options(values: Mapping[str, Any]) -> list[str]:
    """Words of options."""
    return [word for name, value in values.items() for word in (f"--{name}", str(value))]
