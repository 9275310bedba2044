"""Public names and their signatures change on purpose only."""

import dataclasses
import inspect
import os
import re
from pathlib import Path

import napari_fcnseg as fs
from napari_fcnseg import errors, events

LISTING = Path(__file__).with_name("public_api.txt")
GIVE_NOTHING = {"write_report"}
CANNOT_FAIL = {"simulate_strokes"}  # for truths that are any
RENEW = "FCNSEG_RENEW=1 python -m pytest tests/test_public_api.py"


def listed():
    """One line for each public name: of functions what they take, of classes their members."""
    lines = []
    for module, prefix in ((fs, "fs"), (events, "fs.events"), (errors, "errors")):
        for name in names(module):
            lines += described(f"{prefix}.{name}", getattr(module, name))
    return "\n".join(lines) + "\n"


def names(module):
    if module is fs:
        return sorted(fs.__all__)
    return sorted(n for n, v in vars(module).items()
                  if inspect.isclass(v) and v.__module__ == module.__name__)  # fmt: skip


def described(name, value):
    if inspect.ismodule(value):
        return [f"{name}: module"]
    if not callable(value):
        return [f"{name}: {type(value).__name__}"]
    lines = [f"{name}{signature(value)}"]
    if inspect.isclass(value):
        for member, found in sorted(vars(value).items()):
            if not member.startswith("_"):
                kind = found.__func__ if isinstance(found, classmethod | staticmethod) else found
                shown = signature(kind) if inspect.isfunction(kind) else ""
                lines.append(f"    .{member}{shown}")
    return lines


def signature(value):
    """Names, kinds and defaults; types are what mypy looks after."""
    if inspect.isclass(value) and issubclass(value, Exception) and "__init__" not in vars(value):
        return "(...)"  # Python's own, which its versions tell differently
    found = inspect.signature(value)
    plain = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return str(found.replace(parameters=plain, return_annotation=found.empty))


def test_the_public_names_are_those_of_the_listing():
    now = listed()
    if os.environ.get("FCNSEG_RENEW"):
        LISTING.write_text(now, "utf-8")
    before = LISTING.read_text("utf-8").splitlines()
    gone = [f"- {line}" for line in before if line not in now.splitlines()]
    new = [f"+ {line}" for line in now.splitlines() if line not in before]
    assert now.splitlines() == before, "\n".join(
        ["The public interface has changed:", *gone, *new,
         f"If that is on purpose, tell it in CHANGELOG.md and run: {RENEW}"]
    )  # fmt: skip


def test_functions_say_what_they_return_and_raise():
    for name in names(fs):
        value = getattr(fs, name)
        if inspect.isroutine(value) and inspect.signature(value).parameters:
            text = inspect.getdoc(value)
            assert "\nReturns\n---" in text or name in GIVE_NOTHING, name
            assert "\nRaises\n---" in text or name in CANNOT_FAIL, name


def functions_of(kind):
    """Functions that a class has of its own: methods, and what is behind its properties."""
    for name, member in vars(kind).items():
        inner = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
        inner = getattr(inner, "func", inner)  # of a cached property
        if not name.startswith("_") and inspect.isfunction(inner):
            yield name, inner


def public_methods():
    """Methods that take something, of all public classes."""
    for module in (fs, events, errors):
        for name in names(module):
            value = getattr(module, name)
            for method, function in functions_of(value) if inspect.isclass(value) else ():
                signature = inspect.signature(function)
                taken = [
                    p for p in signature.parameters if p not in ("self", "cls") and p[0] != "_"
                ]
                if taken:
                    yield f"{name}.{method}", function, taken, signature.return_annotation


def test_methods_say_what_they_take_and_return():
    found = list(public_methods())
    assert len(found) > 15
    for name, function, taken, returned in found:
        text = inspect.getdoc(function) or ""
        unsaid = [p for p in taken if not re.search(rf"^(\w+, )*{p}\b", text, re.MULTILINE)]
        assert "\nParameters\n---" in text, name
        assert not unsaid, f"{name}: {unsaid}"
        assert "\nReturns\n---" in text or returned in (None, "None"), name


def test_fields_are_described():
    for module in (fs, events):
        for name in names(module):
            value = getattr(module, name)
            if inspect.isclass(value) and dataclasses.is_dataclass(value):
                words = set(re.findall(r"\w+", inspect.getdoc(value)))
                own = {f.name for f in dataclasses.fields(value) if f.name[0] != "_"}
                assert own <= words, f"{name}: {own - words}"


def test_methods_that_raise_say_so():
    raising = re.compile(r"^\s+raise \w", re.MULTILINE)
    found = 0
    for name in names(fs):
        value = getattr(fs, name)
        for method, function in functions_of(value) if inspect.isclass(value) else ():
            if raising.search(inspect.getsource(function)):
                found += 1
                assert "\nRaises\n---" in (inspect.getdoc(function) or ""), f"{name}.{method}"
    assert found > 5


def test_all_of_it_is_described():
    for module in (fs, events, errors):
        for name in names(module):
            value = getattr(module, name)
            if inspect.isroutine(value) or inspect.isclass(value):
                text = inspect.getdoc(value) or ""
                assert text, name
                if inspect.isroutine(value):
                    taken = [p for p in inspect.signature(value).parameters if p[0] != "_"]
                    unsaid = [p for p in taken if p not in text]
                    elsewhere = re.search(r"Parameters [\w ]*as `", text)
                    assert elsewhere or not unsaid, f"{name}: {unsaid}"
