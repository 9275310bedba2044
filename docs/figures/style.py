"""One look for all figures: colours that colour-blind people tell apart, on white."""

from io import BytesIO

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"  # Okabe and Ito
SKY, PINK, GREY = "#56b4e9", "#cc79a7", "#6b7280"
LINES = BLUE, ORANGE, GREEN, PINK
LOOK = {
    "axes.edgecolor": GREY,
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": "white",
    "font.size": 10,
    "image.interpolation": "nearest",
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "xtick.color": "#374151",
    "xtick.labelsize": 9,
    "ytick.color": "#374151",
    "ytick.labelsize": 9,
}


def strip(columns, height, ratios=None):
    """Return a figure as wide as a page of text, and its axes in a row."""
    figure = _page(height)
    return figure, figure.subplots(1, columns, width_ratios=ratios)


def strip_and_plot(columns, height, ratios=(1, 1.2)):
    """Return a figure, its axes in a row, and wide ones for a plot below them."""
    figure = _page(height)
    above, below = figure.subfigures(2, 1, height_ratios=ratios)
    return figure, above.subplots(1, columns), below.subplots()


def _page(height):
    figure = Figure((9.6, height), dpi=130, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.09, w_pad=0.07)  # in inches
    return figure


def show(axes, pixels, title, **options):
    """Show an image without ticks, its title above; returns what a colour bar needs."""
    shown = axes.imshow(pixels, **({"cmap": "gray"} | options))
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return shown


def mark(axes, centre, width, label="", **options):
    """Draw a square of `width` pixels around a pixel ``(y, x)``, its name above."""
    corner = centre[1] - width / 2, centre[0] - width / 2
    look = {"fill": False, "edgecolor": ORANGE, "linewidth": 1.8} | options
    axes.add_patch(Rectangle(corner, width, width, **look))
    axes.annotate(
        label, (corner[0], corner[1] - 2), color=look["edgecolor"], fontsize=9, va="bottom"
    )


def save(draw, seen, path):
    """Draw what was measured, and write a small PNG: 128 colours, no date."""
    with rc_context(LOOK):
        raw = BytesIO()
        draw(seen).savefig(raw, format="png")
    with Image.open(raw) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
