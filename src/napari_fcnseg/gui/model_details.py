"""What a person wants to know of the chosen model: picture, classes, scores, facts."""

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_fcnseg.gui.model_list import picture
from napari_fcnseg.models.card import Card

EMPTY = (
    "No models yet. What you train is kept here by itself; or import a .zip, or get one of the "
    "BioImage Model Zoo."
)
COVER_HEIGHT = 140  # pixels


class ModelDetails(QWidget):
    """Shows one card; names of strangers are shown as text, whatever is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.cover, self.text = QLabel(), QLabel()
        self.cover.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.cover)
        layout.addWidget(self.text)

    def show_card(self, card: Card | None) -> None:
        """Show what is known of a model; of none, how to get one."""
        shown = card is not None and card.cover is not None
        self.cover.setVisible(shown)
        if card is not None and card.cover is not None:
            self.cover.setPixmap(
                picture(card.cover).scaledToHeight(
                    COVER_HEIGHT, Qt.TransformationMode.SmoothTransformation
                )
            )
        self.text.setText(EMPTY if card is None else told(card))


def told(card: Card) -> str:
    """Return a card as rich text."""
    rows = [f"<b>{escape(card.name)}</b>"]
    if card.problem:
        return f"{rows[0]}<br>{escape(card.problem)}"
    for c in card.classes:
        square = f'<span style="color:{c.color}">■</span>'
        rows.append(f"{square} {escape(c.name)}{_score(card, c.name)}")
    if card.about is not None and not card.scores:  # of ours
        rows.append("no labels were held out: how good it is, is not known")
    file = f"{card.path.name}, {card.size / 1e6:,.1f} MB"
    facts = {"network": card.network, **card.facts, "file": file}
    rows += [f"<i>{label}</i>: {escape(text)}" for label, text in facts.items() if text]
    return "<br>".join(rows)


def _score(card: Card, name: str) -> str:
    if name not in card.scores:
        return ": too few held-out labels" if card.scores else ""
    counted = f" on {card.pixels[name]:,} held-out pixels" if name in card.pixels else ""
    return f": IoU {card.scores[name]:.2f}{counted}"
