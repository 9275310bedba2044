"""Axes of an image, as a string of letters: never guessed in silence.

``T`` time, ``C`` channel, ``Z``, ``Y``, ``X`` space, in the order of the array.
"""

from collections.abc import Sequence

from napari_fcnseg.errors import AxesError

KNOWN = "TCZYX"
MEANINGS = {"T": "time", "C": "channel", "Z": "slice", "Y": "row", "X": "column"}
CANONICAL = "TZYX"  # order of the axes that a segmentation keeps
READINGS = {
    "ZYX": "a stack of slices",
    "TYX": "a time series",
    "CYX": "channels",
    "YXC": "RGB",
    "ZYXC": "slices in RGB",
    "TYXC": "a time series in RGB",
    "TZYX": "stacks over time",
    "CZYX": "channels, each a stack",
    "ZCYX": "slices, each with channels",
    "TCYX": "a time series with channels",
    "TZYXC": "stacks in RGB over time",
    "TZCYX": "ImageJ's order",
    "TCZYX": "OME's order",
}


def check_axes(axes: str, shape: Sequence[int], source: str) -> str:
    """Return `axes` in capitals if they can describe an array of `shape`.

    Parameters
    ----------
    axes
        Letters of ``TCZYX``, one for each dimension, each once, with Y and X among them.
    shape
        Shape of the array.
    source
        What the image is called in the error.

    Raises
    ------
    AxesError
        If they cannot.
    """
    axes = axes.upper()
    way_out = f"{source} has the shape {_times(shape)}. {how_to_say(len(shape))}"
    if unknown := set(axes) - set(KNOWN):
        raise AxesError(
            f"axes {axes!r}: {''.join(sorted(unknown))!r} is none of the letters "
            f"T (time), C (channel), Z, Y, X; {way_out}"
        )
    if len(set(axes)) != len(axes):
        raise AxesError(f"axes {axes!r} name an axis twice; {way_out}")
    if not {"Y", "X"} <= set(axes):
        raise AxesError(f"axes {axes!r} lack Y or X; {way_out}")
    if len(axes) != len(shape):
        counts = f"axes {axes!r} are {len(axes)}, dimensions are {len(shape)}"
        raise AxesError(f"{counts}; {way_out}", shape=tuple(shape))
    return axes


def ambiguous(shape: Sequence[int], source: str, found: str = "") -> AxesError:
    """Error for an array whose axes are not known; lists the readings that fit.

    Parameters
    ----------
    shape
        Shape of the array.
    source
        What the image is called in the message.
    found
        What its metadata says; a letter that is not one of ``TCZYX`` may be any axis.
    """
    pattern = found.upper() if len(found) == len(shape) else "?" * len(shape)
    fits = tuple(
        axes
        for axes in READINGS
        if len(axes) == len(shape)
        and all(p == a or p not in KNOWN for p, a in zip(pattern, axes, strict=True))
        and not (axes[-1] == "C" and shape[-1] > 4)
    )
    told = " or ".join(f"{axes} ({READINGS[axes]})" for axes in fits)
    could_be = f" It could be {told}." if fits else ""
    says = f" (its metadata says {found!r})" if found else ""
    return AxesError(
        f"{source}: the axes of its {len(shape)} dimensions, {_times(shape)}, are not known"
        f"{says}.{could_be} {how_to_say(fits[0] if fits else len(shape))}",
        fits,
        tuple(shape),
    )


def how_to_say(example: str | int) -> str:
    """How a person states axes in Python and on the command line."""
    if isinstance(example, int):
        example = {2: "YX", 3: "ZYX", 4: "TZYX"}.get(example, "TCZYX")
    return f'State them with axes="{example}" or --axes {example}.'


def kept_axes(axes: str) -> str:
    """Axes that a segmentation of an image with `axes` has: no C, canonical order."""
    return "".join(a for a in CANONICAL if a in axes)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape)


def given_order(axes: str, leading: int = 0) -> list[int]:
    """Transposition of a result with the `kept_axes` into the order in which `axes` has them.

    Parameters
    ----------
    axes
        Of the image.
    leading
        Dimensions in front of them, which stay.
    """
    kept = [kept_axes(axes).index(a) + leading for a in axes if a != "C"]
    return [*range(leading), *kept]
