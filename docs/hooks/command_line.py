"""What each command takes, read off the parser that takes it."""

import argparse
from functools import partial
from typing import Any

from napari_fcnseg.cli import make_parser

MARK = "<!-- generated: commands -->"
WIDTH = 88  # columns of a usage
HELP = (argparse.SUPPRESS, None)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put all commands where a page has the mark."""
    return markdown.replace(MARK, commands()) if MARK in markdown else markdown


def commands() -> str:
    """All commands: what they do, their usage and a table of their options, as Markdown."""
    return "\n\n".join(_command(parser) for parser in parsers().values())


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Parser of each command, by its name."""
    (found,) = (
        action
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(found.choices)


def _command(parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = partial(argparse.HelpFormatter, width=WIDTH)  # type: ignore[assignment]
    usage = parser.format_usage().removeprefix("usage: ")
    rows = ["| option | |", "|---|---|"]
    rows += [f"| {_names(a)} | {_text(a)} |" for a in parser._actions if a.dest != "help"]
    parts = [f"## {parser.prog}", parser.description or "", f"```text\n{usage}```"]
    return "\n\n".join([*parts, "\n".join(rows)])


def _names(action: argparse.Action) -> str:
    """Options as they are typed, with what comes behind them."""
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`".replace("|", "\\|")
    shown = action.metavar or (f"{{{','.join(action.choices)}}}" if action.choices else "")
    if not shown and action.nargs != 0:
        shown = action.dest.upper()
    return "<br>".join(f"`{f'{name} {shown}'.strip()}`" for name in action.option_strings)


def _text(action: argparse.Action) -> str:
    text = action.help or ("its name" if action.required and not action.option_strings else "")
    more = ["required"] if action.required and action.option_strings else []
    if action.default not in (*HELP, False) and action.option_strings:
        more.append(f"default: `{action.default}`")
    return f"{text} ({', '.join(more)})".strip() if more else text.replace("|", "\\|")
