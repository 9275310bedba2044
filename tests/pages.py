"""What README and docs tell to type: commands, Python, recipes."""

import ast
import builtins
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^(?:    |\s*\$ )((?:fcnseg|make|pip) (?:.*\\\n)*.*)$", re.MULTILINE)


def name(page):
    return str(page.relative_to(ROOT))


def commands(page, program):
    """Yield the words of each command of a program."""
    for line in COMMAND.findall(page.read_text("utf-8")):
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        if words[0] == program:
            yield words[1:]


def blocks(page, language):
    """Return code blocks of a language, those within lists and tabs, too."""
    fence = rf"^( *)```{language}\n(.*?)^\1```"
    found = re.findall(fence, page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def every(kind, *options):
    """Yield pages with what `kind` finds in them; what stands on several, once."""
    seen = []
    for page in PAGES:
        for found in kind(page, *options):
            if found not in seen:
                seen.append(found)
                yield page, found


def unknown_names(code):
    """Names that code reads and does not make."""
    names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)} | set(dir(builtins))
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return {n.id for n in names} - made


def file_arguments(code):
    """Yield function, place and text of each text that is an argument of a function of ours."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for place, argument in enumerate(node.args):
                parts = argument.elts if isinstance(argument, ast.List) else [argument]
                for part in parts:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield node.func.attr, place, part.value
