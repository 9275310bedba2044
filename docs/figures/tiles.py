"""Tiles and the whole: where naive tiles differ, and what takes the difference away."""

import numpy as np
from style import BLUE, GREEN, RED, show, strip_and_plot

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

TINY = {"size": 96, "core": 32, "steps": 2, "width": 2}


def untiled(model, pixels, frame):
    """The network on the whole image, `frame` pixels of it mirrored at each border."""
    whole = np.pad(pixels, frame, "reflect")
    inside = slice(frame, -frame)
    return model.probabilities(whole[None])[:, inside, inside]


def tiled(model, pixels, frame, core, halo):
    """The loop that everybody writes: tiles that see `halo` pixels around their core."""
    whole = np.pad(pixels, frame, "reflect")
    out = np.zeros((len(model.classes), *pixels.shape), np.float32)
    for top in range(0, len(pixels), core):
        for left in range(0, len(pixels), core):
            rows, columns = (slice(frame + n - halo, frame + n + core + halo) for n in (top, left))
            found = model.probabilities(whole[None, rows, columns])
            kept = found[:, halo : halo + core, halo : halo + core]
            out[:, top : top + core, left : left + core] = kept
    return out


def measure(size=256, core=64, steps=150, width=8, seed=3):
    """Train a U-Net for a moment, then tile a slice that it has not seen, in several ways."""
    image, truth = synthetic_em((3, max(size, 160), max(size, 160)), seed)
    names = [fs.SegClass(i, name, "#000000") for i, name in CLASSES.items()]
    recipe = fs.Recipe(
        net="unet_light", net_options={"depth": 3, "width": width}, steps=steps, patch=96, batch=4,
        pseudo=0, validation=0, seed=seed,
    )  # fmt: skip
    model = fs.fit(image[:2], truth[:2], recipe, axes="ZYX", classes=names, device="cpu")
    pixels = image[2, :size, :size]
    geometry = model.net.geometry[0]
    exact, stride = geometry.halo, geometry.stride
    frame = exact + 2 * stride
    whole = untiled(model, pixels, exact)

    halos = range(0, frame + 1, stride // 2)
    loop = {halo: tiled(model, pixels, frame, core, halo) for halo in halos}
    engine = fs.segment(model, pixels, "probabilities", tile=core + 2 * exact, device="cpu")
    model.net.double()
    precise = fs.segment(model, pixels, "probabilities", tile=core + 2 * exact, device="cpu")
    closest = np.abs(precise - untiled(model, pixels, exact)).max()

    off = exact + stride // 2
    ways = {"no halo": loop[0], "off the grid": loop[off], "this engine": engine}
    numbers = {
        "field": list(geometry.field), "stride": stride, "halo": exact, "core": core,
        "off": off, "tiles": (size // core) ** 2,
        "largest": {n: float(np.abs(w - whole).max()) for n, w in ways.items()},
        "labels that differ": {
            n: int((w.argmax(0) != whole.argmax(0)).sum()) for n, w in ways.items()
        },
        "pixels": size**2,
        "largest in float64": float(closest),
    }  # fmt: skip
    curve = {halo: float(np.abs(w - whole).max()) for halo, w in loop.items()}
    numbers["largest by halo"] = {str(halo): value for halo, value in curve.items()}
    return {"whole": whole, "ways": ways, "curve": curve, "numbers": numbers}


def draw(seen):
    """Draw the untiled prediction, the differences from it, and the largest one by halo."""
    figure, row, axes = strip_and_plot(4, 5.4, (1, 0.95))
    numbers, stride = seen["numbers"], seen["numbers"]["stride"]
    show(row[0], seen["whole"][0], "membrane, untiled\n", cmap="viridis", vmin=0, vmax=1)
    for panel, (name, found) in zip(row[1:], seen["ways"].items(), strict=True):
        gone = np.abs(found - seen["whole"]).max(0)
        title = f"{name}: differs\nby up to {gone.max():.1g}"
        shown = show(panel, gone, title, cmap="magma", vmin=0, vmax=0.3)
    row[0].figure.colorbar(shown, ax=row, fraction=0.02, label="|difference|", extend="max")
    for on, colour, about in ((True, BLUE, "on the grid"), (False, RED, "off the grid")):
        points = {h: v for h, v in seen["curve"].items() if (h % stride == 0) == on}
        axes.semilogy(
            list(points), np.maximum(list(points.values()), 1e-8), "o-", color=colour,
            label=f"tiles {about} of {stride} pixels",
        )  # fmt: skip
    axes.axvline(numbers["halo"], color=GREEN, linestyle="--", linewidth=1.5)
    axes.annotate(
        f"halo of this network: {numbers['halo']} px", (numbers["halo"], 0.02), (5, 0),
        textcoords="offset points", color=GREEN,
    )  # fmt: skip
    axes.set(
        xlabel="halo in pixels",
        ylabel="largest difference",
        title="largest difference of a probability from the untiled network",
        ylim=(1e-8, 2),
    )
    axes.legend(loc="lower left")
    return figure
