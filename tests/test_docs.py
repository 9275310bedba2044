"""What the site is built of: generated tables are whole, every name has its place, links lead."""

import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest
import yaml

import napari_fcnseg as fs

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "decisions" not in p.parts)
LISTS = "index.md", "benchmarks.md"
TEACHING = [p for p in PAGES if p.name not in LISTS]


def hook(name):
    """A hook of the site, as MkDocs loads it."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / "hooks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ids(page):
    return str(page.relative_to(DOCS))


def test_all_fields_of_a_recipe_are_in_its_table():
    rows = hook("recipe").table().splitlines()[2:]
    named = re.findall(r"`(\w+)`", "".join(row.split(" | ")[0] for row in rows))
    assert named == [f.name for f in dataclasses.fields(fs.Recipe)]
    (patch,) = (row for row in rows if "`patch`" in row)
    assert "`128` | 1 to 4 096 | Edge of the training patches" in patch
    (loss,) = (row for row in rows if "`loss`" in row)
    assert '`"cross_entropy"` | `"cross_entropy"`, `"focal"` | Of each labelled' in loss
    assert all(row.count(" | ") == 3 for row in rows)


def test_all_options_of_all_commands_are_in_their_tables():
    made = hook("command_line")
    text = made.commands()
    for name, parser in made.parsers().items():
        part = text.split(f"## fcnseg {name}\n")[1].split("\n## ")[0]
        assert parser.description in part
        for action in parser._actions[1:]:  # the first is --help
            assert all(f"`{option}" in part for option in action.option_strings)
    predict = text.split("## fcnseg predict\n")[1]
    assert "| `--augment {none,flips,all}` | mean of several views" in predict
    assert "(default: `none`)" in predict


def test_generated_parts_have_their_place():
    for name, page in (("recipe", "recipe"), ("command_line", "command-line")):
        text = (DOCS / "reference" / f"{page}.md").read_text("utf-8")
        assert hook(name).MARK in text
        assert hook(name).MARK not in hook(name).on_page_markdown(text)


def test_each_public_name_has_one_entry():
    text = "".join(p.read_text("utf-8") for p in (DOCS / "reference" / "python").glob("*.md"))
    entries = re.findall(r"^::: napari_fcnseg\.(\w+)$", text, re.MULTILINE)
    assert sorted(entries) == sorted(set(fs.__all__) - {"__version__"})


@pytest.mark.parametrize("page", TEACHING, ids=ids)
def test_a_page_that_teaches_has_a_picture_or_an_example(page):
    text = page.read_text("utf-8")
    assert re.search(r"!\[.*\]\(.*\)|^ *```|^    fcnseg |--8<--", text, re.MULTILINE)


def test_each_picture_is_shown():
    shown = "".join(p.read_text("utf-8") for p in [*PAGES, DOCS.parent / "README.md"])
    shown += (DOCS.parent / "mkdocs.yml").read_text("utf-8")
    pictures = [p for p in (DOCS / "images").rglob("*") if p.suffix in (".png", ".gif", ".svg")]
    assert pictures
    assert not [p for p in pictures if p.relative_to(DOCS).as_posix() not in shown]


def test_decisions_and_tutorials_are_found_in_their_folders():
    made = hook("folders")
    numbered = sorted(p.name for p in (DOCS / "decisions").glob("[0-9]*.md"))
    assert re.findall(r"^- \[\d+\. .+\]\((.+)\)$", made.listed(), re.MULTILINE) == numbered
    first = {"First": f"decisions/{numbered[3]}"}
    section = made.named([first], "decisions")
    assert section[:2] == [first, "decisions/index.md"]
    assert len(section) == len(numbered) + 1


def test_links_out_of_docs_lead_somewhere(monkeypatch):
    pytest.importorskip("mkdocs")
    outside, wrong = hook("outside"), []
    monkeypatch.setattr(outside.log, "warning", wrong.append)
    link = lambda target, here: outside.site_link(target, here, "https://host/blob/main/")  # noqa: E731
    assert link("../benchmarks/results/tiling.md", "benchmarks.md") == "benchmarks/tiling.md"
    assert link("../Makefile", "contributing.md") == "https://host/blob/main/Makefile"
    assert link("figures", "contributing.md") == "https://host/blob/main/docs/figures"
    assert link("memory.md", "benchmarks/tiling.md") == "memory.md"
    decision = "decisions/0002-exact-tiles.md"
    assert link(f"../../docs/{decision}", "benchmarks/tiling.md") == f"../{decision}"
    assert link("training.md", "tiling.md") == "training.md"
    assert link("https://example.org", "tiling.md") == "https://example.org"
    assert not wrong
    link("../gone.md", "tiling.md")
    assert "no gone.md" in wrong[0]


def test_the_site_is_strict():
    site = yaml.safe_load((DOCS.parent / "mkdocs.yml").read_text("utf-8"))
    assert site["strict"] is True
    assert set(site["validation"]["links"].values()) == {"warn"}
    assert "make docs" in (DOCS.parent / ".ci" / "run").read_text("utf-8")
