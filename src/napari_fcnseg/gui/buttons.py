"""Buttons that say what they do."""

from collections.abc import Callable

from qtpy.QtWidgets import QPushButton


def push_button(text: str, tip: str, press: Callable[[], object]) -> QPushButton:
    """Make a button with a tooltip that calls `press`."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda: press())
    return button
