"""What a person wants to know of the chosen model: picture, classes, scores, facts."""

import re
from html import escape

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_fcnseg.gui.model_list import picture
from napari_fcnseg.models.card import Card

EMPTY = (
    "No models yet. What you train is kept here by itself; or import a .zip, or get one of the "
    "BioImage Model Zoo."
)
COVER = QSize(280, 140)
LONGEST, WORD = 300, 24  # letters of a text, and of a word that is not broken


class ModelDetails(QWidget):
    """Shows one card; names of strangers are shown as text, whatever is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.cover, self.text = QLabel(), QLabel()
        self.cover.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        ignored, preferred = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        self.text.setSizePolicy(ignored, preferred)  # long words do not widen the window
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.cover)
        layout.addWidget(self.text)

    def show_card(self, card: Card | None) -> None:
        """Show what is known of a model; of none, how to get one."""
        self.cover.setVisible(card is not None and card.cover is not None)
        if card is not None and card.cover is not None:
            smooth, kept = Qt.TransformationMode, Qt.AspectRatioMode.KeepAspectRatio
            shown = picture(card.cover).scaled(COVER, kept, smooth.SmoothTransformation)
            self.cover.setPixmap(shown)
        self.text.setText(EMPTY if card is None else told(card))


def told(card: Card) -> str:
    """Return a card as rich text."""
    rows = [f"<b>{shown(card.name)}</b>"]
    if card.problem:
        return f"{rows[0]}<br>{shown(card.problem)}"
    for c in card.classes:
        square = f'<span style="color:{c.color}">■</span>'
        rows.append(f"{square} {shown(c.name)}{_score(card, c.name)}")
    if card.about is not None and not card.scores:  # of ours
        rows.append("no labels were held out: how good it is, is not known")
    file = f"{card.path.name}, {card.size / 1e6:,.1f} MB"
    facts = {"network": card.network, **card.facts, "file": file}
    rows += [f"<i>{label}</i>: {shown(text)}" for label, text in facts.items() if text]
    return "<br>".join(rows)


def shown(text: str) -> str:
    """Text of a stranger for a label of rich text: as it is, not too long, and breakable."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
    return escape(re.sub(rf"(\S{{{WORD}}})(?=\S)", "\\1\u200b", cut))


def _score(card: Card, name: str) -> str:
    if name not in card.scores:
        return ": too few held-out labels" if card.scores else ""
    counted = f" on {card.pixels[name]:,} held-out pixels" if name in card.pixels else ""
    return f": IoU {card.scores[name]:.2f}{counted}"
