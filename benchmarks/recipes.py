"""Recipes with fields from a command line."""

import ast
from dataclasses import replace


def changed(recipe, pairs):
    """Change fields of a recipe by ``["rate=0.001", "net=unet"]``."""
    given = dict(pair.split("=", 1) for pair in pairs)
    return replace(recipe, **{name: _value(text) for name, text in given.items()})


def _value(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
