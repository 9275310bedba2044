"""Every error has an entry in the catalogue, and every message a way out."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import napari_fcnseg
from napari_fcnseg import errors

SOURCE = Path(napari_fcnseg.__file__).parent
PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "errors.md").read_text("utf-8")
CLASSES = {n: c for n, c in vars(errors).items() if isinstance(c, type)}
ENTRIES = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
# A clause of a message that begins so says what to do, ...
DO = (
    "add|allow|appear|ask|choose|click|close|convert|copy|declare|delete|download|draw|erase|"
    "fit|free|get|give|go|install|join|keep|leave|let|load|look|lower|make|measure|mend|move|"
    "name|open|pack|paint|press|put|raise|remove|rename|repeat|report|run|save|say|score|"
    "segment|set|show|start|switch|take|train|try|turn|update|use|wait|write|zoom"
)
IMPERATIVE = re.compile(rf"(?:^|[:;,.(?]\s*|\bor |\band |\bthen |\bfirst )(?:{DO})\b", re.I)
# ... and so does one that lists what there is, or says what would be right.
CHOICES = re.compile(
    r"\bknown( \w+)?( are\b|:)|its options:|\bgo from|did you mean|pip install", re.I
)
RIGHT = re.compile(
    r"[:;] .*(at least|must|needed|needs|nearest|\d to [\d{]|for example)"
    r"|not within|should be of the type",
    re.I,
)
# A message that another one is put into has the way out of that one.
INNER = re.compile(r"^\{(str\(error\)|event\.error|error|found\.problem)\}($|\. )")


@cache
def trees():
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


@cache
def texts():
    """What is assigned to names: of modules by name, of functions by file and name."""
    found = {}
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault((path, node.targets[0].id), []).append(node.value)
                if node in tree.body:
                    found.setdefault(node.targets[0].id, []).append(node.value)
    return found


@cache
def returned():
    """What functions of modules return in the end, by their name."""
    functions = (
        n for tree in trees().values() for n in tree.body if isinstance(n, ast.FunctionDef)
    )
    return {f.name: f.body[-1].value for f in functions if isinstance(f.body[-1], ast.Return)}


def written(node, path, depth=0):
    """The words of a message; what is put into it later stands in braces, if it is no text."""
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(written(part, path, depth) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return written(node.value, path, depth)
    if isinstance(node, ast.BinOp):
        return written(node.left, path, depth) + written(node.right, path, depth)
    if isinstance(node, ast.IfExp):
        return " ".join(written(part, path, depth) for part in (node.body, node.orelse))
    if isinstance(node, ast.Name) and depth < 3:
        known = texts().get((path, node.id)) or (
            texts().get(node.id) if node.id.isupper() else None
        )
        said = " ".join(written(value, path, depth + 1) for value in known or ())
        if said.strip():
            return said
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".format"):
        return written(node.func.value, path, depth)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in returned() and depth < 3:
        return written(returned()[ast.unparse(node.func)], path, depth + 1)
    return "{" + ast.unparse(node) + "}"


def messages():
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in CLASSES:
                place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                yield place, " ".join(written(a, path) for a in node.args)


def has_way_out(message):
    return any(rule.search(message) for rule in (IMPERATIVE, CHOICES, RIGHT, INNER))


def test_each_class_has_an_entry_and_each_entry_a_class():
    assert set(ENTRIES) == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_an_entry_says_the_exit_code_and_what_to_do(name):
    code = re.search(r"Exit\s+code\s+(\d+)", ENTRIES[name])
    assert int(code[1]) == CLASSES[name].exit_code
    for heading in ("What it means", "What to do"):
        assert f"**{heading}.**" in ENTRIES[name]


def test_no_message_lacks_a_way_out():
    found = list(messages())
    assert len(found) > 300
    assert not [f"{place} {message}" for place, message in found if not has_way_out(message)]


@pytest.mark.parametrize(
    ("message", "known"),
    [
        ("image.tif is damaged", False),
        ("image.tif has the given axes", False),
        ("image.tif is damaged: copy it again", True),
        ("unknown network: known networks are unet", True),
    ],
)
def test_the_rule_tells_ways_out_from_mere_complaints(message, known):
    assert has_way_out(message) == known
