"""How a bioimage.io model lays out its tensors, and which sizes it takes."""

from typing import Any

from bioimageio.spec.model import v0_5 as spec

from napari_fcnseg.errors import TAKE_ANOTHER, ModelError
from napari_fcnseg.models.zoo_net import Layout
from napari_fcnseg.nets.geometry import AxisGeometry

LETTERS = {"batch": "N", "channel": "C"}
SOME, SOME_SLICES = 64, 4  # pixels of halo for a model that tells none


def read_layout(taken: Any, given: Any, where: str) -> tuple[Layout, int]:
    """Read axes, sizes and halo.

    Parameters
    ----------
    taken, given
        Input and output in the words of the spec.
    where
        Of what model, for messages.

    Returns
    -------
    Layout
        Of its tensors.
    int
        Channels of the input.

    Raises
    ------
    ModelError
        If it does not see images of two or three axes, or gives them in another resolution.
    """
    into, out = _letters(taken.axes, where), _letters(given.axes, where)
    space = "".join(a for a in "ZYX" if a in into)
    if space not in ("YX", "ZYX") or space != "".join(a for a in "ZYX" if a in out):
        raise ModelError(
            f"{where} turns images with the axes {into} into {out}: only models of Y and X, or Z, "
            f"Y and X, that give as many can be run here; {TAKE_ANOTHER}"
        )
    inputs = {str(a.id).upper(): a for a in taken.axes if a.type == "space"}
    outputs = {str(a.id).upper(): a for a in given.axes if a.type == "space"}
    geometry = tuple(_geometry(inputs, outputs[axis], axis, where) for axis in space)
    channels = next((len(a.channel_names) for a in taken.axes if a.type == "channel"), 1)
    return Layout(into, out, geometry, space), channels


def _letters(axes: Any, where: str) -> str:
    found = "".join(
        str(a.id).upper() if a.type == "space" else LETTERS.get(a.type, "?") for a in axes
    )
    if "?" in found or len(set(found)) < len(found) or set(found) - set("NCZYX"):
        told = ", ".join(f"{a.id} ({a.type})" for a in axes)
        raise ModelError(
            f"{where} has the axes {told}: only batch, channel, z, y and x are known; "
            f"{TAKE_ANOTHER}"
        )
    return found


def _geometry(inputs: dict[str, Any], output: Any, name: str, where: str) -> AxisGeometry:
    """Sizes of one axis."""
    axis = inputs[name]
    size = axis.size
    if isinstance(size, spec.SizeReference):  # as large as another axis
        other = inputs.get(str(size.axis_id).upper())
        if other is None or size.offset or other.scale != axis.scale:
            raise ModelError(
                f"{where}: the size of {axis.id} follows that of {size.axis_id} oddly; "
                f"{TAKE_ANOTHER}"
            )
        size = other.size
    if isinstance(size, spec.ParameterizedSize):
        least, step, most = size.min, size.step, 0
    else:
        least, step, most = int(size), 1, int(size)
    lost = _lost(axis, output, least, where)
    halo = getattr(output, "halo", 0) or (SOME if name in "YX" else SOME_SLICES)
    halo = min(halo, (least - 2 * lost - 1) // 4) if most else halo
    reach = halo + lost
    field = 2 * reach + 1
    return AxisGeometry(step, lost, reach, reach, least, (field, field), most, 0)


def _lost(axis: Any, output: Any, least: int, where: str) -> int:
    """Pixels that the output lacks on each side."""
    size = output.size
    if output.scale != axis.scale:
        raise ModelError(
            f"{where} gives its output in another resolution (along {axis.id} {output.scale} for "
            f"{axis.scale}): only models that give a class for each pixel can be run here; "
            f"{TAKE_ANOTHER}"
        )
    if not isinstance(size, int) and str(size.axis_id) != str(axis.id):
        raise ModelError(
            f"{where}: the output's {axis.id} follows the input's {size.axis_id}; {TAKE_ANOTHER}"
        )
    lost = least - int(size) if isinstance(size, int) else -size.offset
    if lost < 0 or lost % 2:
        raise ModelError(
            f"{where} lacks {lost} pixels along {axis.id}: as many on each side wanted; "
            f"{TAKE_ANOTHER}"
        )
    return lost // 2
