"""What the tutorials share: their options, and the look of their pictures."""

import argparse
import sys
from pathlib import Path

STYLE = Path(__file__).parents[2] / "docs" / "figures"  # of all figures of the docs


def read_options(doc, steps, size=256):
    """Return the options of a tutorial; the defaults are those of its page."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--steps", type=int, default=steps, help="of the training")
    parser.add_argument("--size", type=int, default=size, help="edge of the images in pixels")
    parser.add_argument("--out", type=Path, default=Path("tutorial"), help="folder for files")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw what is seen")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def draw(folder, name, panels, classes=()):
    """Draw panels, pairs of a title and pixels, in a row, and the colours of classes below."""
    from matplotlib.patches import Patch

    sys.path.insert(0, str(STYLE))
    from style import save, show, strip

    def sheet(panels):
        figure, columns = strip(len(panels), 9.6 / len(panels) + (0.65 if classes else 0.3))
        for axes, (title, pixels) in zip(columns, panels, strict=True):
            show(axes, pixels, title, vmin=0, vmax=255)
        if classes:
            names = [Patch(color=c.color, label=c.name) for c in classes if c.id]
            figure.legend(handles=names, loc="outside lower left", ncols=len(names))
        return figure

    folder.mkdir(parents=True, exist_ok=True)
    save(sheet, panels, folder / f"{name}.png")
