"""Folders whose pages get into the navigation by themselves, and the list of decisions."""

from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]
FOLDERS = {"Tutorials": "tutorials", "Decisions": "decisions"}
MARK = "<!-- generated: decisions -->"


def on_config(config: Any) -> Any:
    """Put all pages of a folder behind those that the navigation names; drop empty sections."""
    for entry in list(config.nav):
        for name in FOLDERS.keys() & entry.keys():
            entry[name] = named(entry[name] or [], FOLDERS[name])
            if not entry[name]:
                config.nav.remove(entry)
    return config


def named(section: list[Any], folder: str) -> list[Any]:
    """Return a section with all pages of its folder."""
    known = {
        path for part in section for path in (part.values() if isinstance(part, dict) else [part])
    }
    return [*section, *(path for path in pages(folder) if path not in known)]


def pages(folder: str) -> list[str]:
    """Pages of a folder, the index first."""
    found = sorted((DOCS / folder).glob("*.md"), key=lambda path: (path.stem != "index", path.name))
    return [f"{folder}/{path.name}" for path in found]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the list where a page has the mark."""
    return markdown.replace(MARK, listed()) if MARK in markdown else markdown


def listed() -> str:
    """Titles of all decisions, with links, as Markdown."""
    files = [DOCS / path for path in pages("decisions")[1:]]
    titles = (file.read_text("utf-8").splitlines()[0].removeprefix("# ") for file in files)
    return "\n".join(f"- [{t}]({f.name})" for f, t in zip(files, titles, strict=True))
