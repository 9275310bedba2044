"""Links are well-formed, and those to our own files and headings lead there.

Whether other sites answer is not tried: they may be down for an hour, and tests need no network.
"""

import re
import tomllib
from urllib.parse import urlsplit

import pytest

from tests.pages import PAGES, ROOT, name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SOURCE = PROJECT["urls"]["Source"]
OURS = re.compile(
    rf"(?:{SOURCE}/(?:blob|tree|edit)/main|"
    rf"{SOURCE.replace('github.com', 'raw.githubusercontent.com')}/main)/(.+)"
)
SITE = re.compile(rf"{PROJECT['urls']['Documentation']}/([^#]+)\.html(#.*)?")
RESULTS = sorted((ROOT / "benchmarks/results").glob("*.md"))
MARKDOWN = [*PAGES, *sorted(ROOT.glob("[!R]*.md")), *RESULTS]
OTHERS = [
    *(ROOT / n for n in ("pyproject.toml", "CITATION.cff", "mkdocs.yml")),
    *sorted((ROOT / ".github").rglob("*.yml")),
    *sorted((ROOT / "src").rglob("*.py")),
]
CODE = re.compile(r"^( *)```.*?^\1```|``.+?``|`[^`\n]+`", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"\]\(\s*([^)\s]+)[^)]*\)")
DEFINED = re.compile(r"^\[[^]]+\]: (\S+)$", re.MULTILINE)
GENERATED = re.compile(r"^(<!-- generated: |::: )", re.MULTILINE)  # `make docs` knows its headings
ADDRESS = re.compile(r"https?://[^\s<>\"'`)\]}|,]+")


def links(page):
    """Return where a page of Markdown leads, without what stands in its code."""
    text = CODE.sub("", page.read_text("utf-8"))
    return INLINE.findall(text) + DEFINED.findall(text)


def anchors(page):
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", words).strip().lower()))
    return found


def wrong_path(page, link):
    """Tell what is wrong with a link to one of our files; empty if nothing is."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return f"there is no {target}"
    written = target.suffix == ".md" and not GENERATED.search(target.read_text("utf-8"))
    if anchor and written and anchor not in anchors(target):
        return f"{target.name} has no heading #{anchor}"
    return ""


def wrong_address(address):
    """Tell what is wrong with an address; empty if nothing can be seen from here."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc):
        return "it is no address of https"
    if re.search(r"[\\^{}|\s]|//", parts.path):
        return "its path has characters that belong to no address"
    if ours := OURS.fullmatch(address):
        return wrong_path(ROOT / "README.md", ours[1])
    if (site := SITE.fullmatch(address)) and not (ROOT / "docs" / f"{site[1]}.md").exists():
        return f"the site has no page {site[1]}"
    return ""


@pytest.mark.parametrize("page", MARKDOWN, ids=name)
def test_links_of_a_page_lead_somewhere(page):
    wrong = {}
    for link in links(page):
        if not link.startswith("mailto:"):
            wrong[link] = wrong_address(link) if ":" in link else wrong_path(page, link)
    assert not any(wrong.values()), {link: what for link, what in wrong.items() if what}


def test_addresses_elsewhere_lead_somewhere():
    found = {(a.rstrip(".:;"), p) for p in OTHERS for a in ADDRESS.findall(p.read_text("utf-8"))}
    assert found
    wrong = {(a, name(p)): wrong_address(a) for a, p in found if "\\" not in a}  # no patterns
    assert not any(wrong.values()), {where: what for where, what in wrong.items() if what}


def test_what_is_wrong_is_found():
    readme = ROOT / "README.md"
    assert wrong_path(readme, "docs/gone.md")
    assert wrong_path(readme, "docs/evaluation.md#gone")
    assert not wrong_path(readme, "docs/evaluation.md#in-napari")
    assert wrong_address(f"{SOURCE}/blob/main/docs/gone.md")
    assert wrong_address("http://example.org")
    assert wrong_address("https://exampleorg")
