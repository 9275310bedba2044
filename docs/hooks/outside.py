"""Links that leave docs/: written for who reads the files, they work on the site, too.

Results of benchmarks become pages; whatever else is in the repository is linked there.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
RESULTS = "benchmarks/results"
SCRIPTS = "docs/figures", "docs/hooks", "docs/screenshots"  # they make pages and are none
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
log = get_plugin_logger(__name__)


def on_config(config: Any) -> Any:
    """Put the results of benchmarks behind the page about them."""
    (section,) = (entry["Benchmarks"] for entry in config.nav if "Benchmarks" in entry)
    section += [page_of(f"{RESULTS}/{path.name}") for path in results()]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Make pages of the results of benchmarks."""
    for path in results():
        page = page_of(f"{RESULTS}/{path.name}")
        files.append(File.generated(config, page, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Change the links that would lead out of the site."""
    here = page.file.src_uri
    address = config.repo_url.rstrip("/") + "/blob/main/"
    return LINK.sub(lambda link: link[1] + site_link(link[2], here, address) + link[3], markdown)


def results() -> list[Path]:
    """Files with what was measured."""
    return sorted((ROOT / RESULTS).glob("*.md"))


def page_of(path: str) -> str:
    """Path in the site of a file of the repository; empty if it has none."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return path.replace(RESULTS, "benchmarks") if path.startswith(f"{RESULTS}/") else ""


def site_link(target: str, here: str, address: str) -> str:
    """Return where a link of the page `here` leads on the site.

    Parameters
    ----------
    target
        As it is written; anything but a relative path stays as it is.
    here
        Path of the page in the site.
    address
        Of the repository's files.
    """
    if ":" in target or target.startswith("/"):
        return target
    generated = here.startswith("benchmarks/")
    file = here.replace("benchmarks", RESULTS, 1) if generated else f"docs/{here}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), target))
    if not generated and path.startswith("docs/") and not path.startswith(SCRIPTS):
        return target  # MkDocs checks it
    if not (ROOT / path).exists():
        log.warning(f"{here} links to {target}, and there is no {path}")
    if (page := page_of(path)) and not path.startswith(SCRIPTS):
        return posixpath.relpath(page, posixpath.dirname(here) or ".")
    return address + path
