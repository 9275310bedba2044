"""The table of a recipe's fields, made of the dataclass that checks them."""

import dataclasses
import re
from inspect import cleandoc
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from napari_fcnseg import Recipe

MARK = "<!-- generated: fields of a recipe -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the table where a page has the mark."""
    return markdown.replace(MARK, table()) if MARK in markdown else markdown


def table() -> str:
    """All fields with defaults, what they may be, and what they decide, as Markdown."""
    fields = {f.name: f for f in dataclasses.fields(Recipe)}
    hints = get_type_hints(Recipe, include_extras=True)
    rows = ["| field | default | may be | what it decides |", "|---|---|---|---|"]
    for names, text in described():
        told = [
            [f"`{name}`" for name in names],
            [f"`{_default(fields[name])}`" for name in names],
            [_allowed(hints[name]) for name in names],
        ]
        rows.append(f"| {' | '.join('<br>'.join(cell) for cell in told)} | {text} |")
    return "\n".join(rows)


def described() -> list[tuple[list[str], str]]:
    """Names of fields, and what the docstring says of them, in its order."""
    section = cleandoc(Recipe.__doc__ or "").split("Attributes\n----------\n")[1]
    entries = re.findall(r"^(\S.*)\n((?:    .*\n?)+)", section, re.MULTILINE)
    return [(names.split(", "), " ".join(text.split())) for names, text in entries]


def _default(field: "dataclasses.Field[Any]") -> str:
    if field.default_factory is not dataclasses.MISSING:
        return repr(field.default_factory())
    return f'"{field.default}"' if isinstance(field.default, str) else repr(field.default).lower()


def _allowed(hint: Any) -> str:
    kind, limits = hint, {}
    if get_origin(hint) is Annotated:
        kind, limits = hint.__origin__, hint.__metadata__[0]
    if get_origin(kind) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(kind))
    if "min" in limits:
        return f"{limits['min']:,} to {limits['max']:,}".replace(",", " ")
    words = {bool: "`true`, `false`", str: "a name", dict: "a table", list: "a list of numbers"}
    return words[get_origin(kind) or kind]
