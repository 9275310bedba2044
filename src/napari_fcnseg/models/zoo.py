"""Models of other tools, from the BioImage Model Zoo: described as bioimage.io, run by us."""

import warnings
import zipfile
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from bioimageio.spec import InvalidDescr, ValidationContext, build_description
from bioimageio.spec.model import v0_5 as spec

from napari_fcnseg.annotations.classes import BACKGROUND, MAX_ID, SegClass, default_class
from napari_fcnseg.errors import TAKE_ANOTHER, ModelError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.models.archive import Package
from napari_fcnseg.models.compare import check_output
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.plain import read_array
from napari_fcnseg.models.zoo_axes import read_layout
from napari_fcnseg.models.zoo_net import ZooNet
from napari_fcnseg.models.zoo_steps import Preprocessing, read_after, read_steps
from napari_fcnseg.models.zoo_weights import file_name, open_weights, read_file

ONE = 1e-3  # how far probabilities of a pixel may be from adding up to 1


def build_zoo_model(
    package: Package,
    description: dict[str, Any],
    weights: str | None = None,
    check: bool = False,
    trust_code: bool = False,
) -> Model:
    """Build a model of another tool.

    Parameters
    ----------
    package
        Its files.
    description
        As plain data, of the bioimage.io spec 0.4 or 0.5.
    weights
        ``"torchscript"`` or ``"onnx"``; by default the first that it has.
    check
        Whether to compare what it makes of its test input with its test output.
    trust_code
        Whether source code of the package may be run.

    Raises
    ------
    ModelError
        If it is no model that gives each pixel of one image scores of classes, or has no weights
        that can be run here without trusting its code.
    """
    where = str(package.path)
    for tensor in description.get("inputs") or []:  # the spec would look for it in the zoo
        if isinstance(tensor, dict):
            tensor.pop("output_of", None)
    described = _validated(package, description)
    if len(described.inputs) != 1 or len(described.outputs) != 1:
        raise ModelError(
            f"{where} has {len(described.inputs)} inputs and {len(described.outputs)} outputs: "
            f"only models with one of each can be run here; {TAKE_ANOTHER}"
        )
    taken, given = described.inputs[0], described.outputs[0]
    layout, channels = read_layout(taken, given, where)
    kind, run, key = open_weights(package, described.weights, weights, trust_code)
    steps = read_steps(taken.preprocessing, layout.space.lower(), where)
    sample = _tensor(package, taken, layout.into, "NC" + layout.space)[0]
    output = _tensor(package, given, layout.out, "NC" + layout.space)[0]
    exclusive, probabilities = _meaning(output, where)
    names = _names(given, len(output))
    lost = [2 * axis.margin for axis in layout.geometry]
    told = [len(names), *(n - m for n, m in zip(sample.shape[1:], lost, strict=True))]
    if len(sample) != channels or list(output.shape) != told:
        raise ModelError(
            f"{where}: its test tensors {sample.shape} and {output.shape} are not what its "
            f"description says: {channels} channels in, {told} out; {TAKE_ANOTHER}"
        )
    classes = _classes(names, exclusive)
    net = ZooNet(
        run,
        layout,
        channels,
        len(classes),
        read_after(given.postprocessing, where),
        exclusive,
        probabilities,
        key=f"{kind} {key}",
    )
    model = Model(
        net=net.eval(),
        normalisation=Preprocessing(steps, channels),
        classes=classes,
        name=described.name,
        sample=sample.astype(np.float32),
        pixel_size=_pixel_size(taken),
        provenance={"made_by": [author.name for author in described.authors], "weights": kind},
    )
    if check:
        own = torch.from_numpy(model.on(Image(sample, "C" + layout.space)).normalisation(sample))
        with torch.inference_mode():
            found = net.output(own[None])[0].numpy()
        check_output(found, output, f"{where}: test output")
    return model


def _validated(package: Package, description: dict[str, Any]) -> spec.ModelDescr:
    """Check a description by the rules of the spec, and bring it to its newest version."""
    with ExitStack() as opened:
        root: Any = package.path
        if not package.path.is_dir():
            root = opened.enter_context(zipfile.ZipFile(package.path))
        opened.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # the spec's advice to who wrote it
        context = ValidationContext(root=root, perform_io_checks=False)
        found = build_description(description, context=context, format_version="latest")
    if isinstance(found, InvalidDescr):
        said = " ".join(str(found.validation_summary.errors[0].msg).split())
        raise ModelError(f"{package.path} breaks the rules of bioimage.io: {said}")
    if not isinstance(found, spec.ModelDescr):
        raise ModelError(
            f"{package.path} is no model, but of the type {found.type!r}: give a model"
        )
    return found


def _tensor(package: Package, tensor: Any, stored: str, wanted: str) -> Any:
    """Read a test tensor, with the axes ``wanted``."""
    if tensor.test_tensor is None:
        raise ModelError(
            f"{package.path} has no test tensors, which tell what its outputs mean; {TAKE_ANOTHER}"
        )
    file = tensor.test_tensor
    found = read_array(read_file(package, file), f"{package.path}: {file_name(file)}")
    if found.ndim != len(stored):
        raise ModelError(
            f"{package.path}: a test tensor has {found.ndim} axes, not {len(stored)}; "
            f"{TAKE_ANOTHER}"
        )
    found = found.reshape([*found.shape, *[1] * (len(wanted) - len(stored))])
    order = stored + "".join(a for a in wanted if a not in stored)
    return found.transpose([order.index(a) for a in wanted])


def _meaning(output: Any, where: str) -> tuple[bool, bool]:
    """Whether classes exclude each other, and whether outputs are probabilities."""
    inside = bool(output.min() >= -ONE and output.max() <= 1 + ONE)
    if inside and len(output) > 1 and np.abs(output.sum(0) - 1).max() < ONE:
        return True, True
    if inside:
        return False, True
    if len(output) > 1 and output.min() < 0:
        return True, False
    raise ModelError(
        f"{where} gives {len(output)} numbers for each pixel, from {output.min():.3g} to "
        f"{output.max():.3g}: these are no probabilities or scores of classes, but distances or "
        f"grey values; {TAKE_ANOTHER}"
    )


def _pixel_size(taken: Any) -> PixelSize | None:
    """Pixels of the images that it was made for; ``None`` where the description does not tell."""
    axes = {str(axis.id).upper(): axis for axis in taken.axes if axis.type == "space"}
    along = [axes["Y"], axes["X"]]
    return PixelSize.told([float(a.scale) for a in along], [str(a.unit or "") for a in along])


def _names(described: Any, count: int) -> list[str]:
    found = [a.channel_names for a in described.axes if a.type == "channel"]
    return [str(name) for name in found[0]] if found else ["object"] * count


def _classes(names: list[str], exclusive: bool) -> tuple[SegClass, ...]:
    """Classes of the outputs; where they do not exclude each other background comes first."""
    if len(names) > MAX_ID:
        raise ModelError(
            f"a model with {len(names)} classes; up to {MAX_ID} can be told apart; {TAKE_ANOTHER}"
        )
    own = tuple(default_class(i, name) for i, name in enumerate(names, 1))
    return own if exclusive else (BACKGROUND, *own)
