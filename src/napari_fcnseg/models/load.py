"""Read a model package; nothing in it is executed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import GET_AGAIN, FcnsegError, ModelError
from napari_fcnseg.models.archive import DESCRIPTIONS, Package
from napari_fcnseg.models.compare import check_output
from napari_fcnseg.models.fetch import fetch, is_elsewhere
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.plain import LONGEST, dig, read_array, read_tensors, read_yaml
from napari_fcnseg.models.stored import Stored
from napari_fcnseg.nets.registry import build_net, outline_net


def load_model(
    path: str | Path,
    *,
    check: bool = False,
    weights: Literal["torchscript", "onnx", "pytorch_state_dict"] | None = None,
    download: bool = False,
    trust_code: bool = False,
) -> Model:
    """Load a model that napari-fcnseg saved, or one of the BioImage Model Zoo.

    The network is built by name and its weights are read as tensors only
    (``weights_only=True``): no code of the file runs. Models of other tools are run by their
    TorchScript or ONNX weights.

    Parameters
    ----------
    path
        A package, ``.zip`` or unpacked folder; or the URL, DOI or nickname of a model of the
        BioImage Model Zoo, see `fetch`.
    check
        Also run the test input through it and compare with the stored test output.
    weights
        Which weights of another tool's model are taken; by default TorchScript, if there are any.
    download
        Whether a model from elsewhere may be fetched, once; it is kept in a cache.
    trust_code
        Whether source code that comes with a model of another tool, or the library that it names,
        may be run: it can do anything on this machine. State dicts of others need it.

    Returns
    -------
    Model
        On the CPU, in evaluation mode.

    Raises
    ------
    UntrustedCodeError
        If only source code can run it, without `trust_code`.
    ModelError
        If it is not there, damaged or made to do harm, cannot be run here, or fails the check.
    """
    try:
        path = fetch(str(path), download) if is_elsewhere(path) else Path(path)
        package = Package(path)
        description = read_description(package)
        ours = dig(description, "config", "napari_fcnseg")
        if ours is None:
            from napari_fcnseg.models.zoo import build_zoo_model  # its rules take a second

            return build_zoo_model(package, description, weights, check, trust_code)
        model = _build(package, description, Stored.read(ours, str(path)))
        if check:
            _check(package, description, model)
    except ModelError:
        raise
    except Exception as error:  # damaged files fail in many ways
        known = isinstance(error, FcnsegError)
        said = str(error) if known else f"{type(error).__name__}: {error}"
        raise ModelError(
            f"{path} is not a readable model package ({said}). It may be damaged, or of another "
            "version of napari-fcnseg: copy or save it again, or update"
        ) from error
    return model


def read_description(package: Package) -> dict[str, Any]:
    """Return what a package says of itself, as plain data."""
    name = description_name(package)
    return read_yaml(package.read(name, LONGEST), f"{package.path}: {name}")


def description_name(package: Package) -> str:
    """Return the name of the file in which a package says what it is; `ModelError` without."""
    for name in DESCRIPTIONS:
        if package.has(name):
            return name
    raise ModelError(
        f"{package.path} holds no {' or '.join(DESCRIPTIONS)}; it is not a model package"
    )


def _build(package: Package, description: dict[str, Any], stored: Stored) -> Model:
    weights = dig(description, "weights", "pytorch_state_dict")
    source = f"{package.path}: the weights"
    data = _read(package, weights)
    build = (stored.net.name, stored.net.in_channels, stored.net.classes)
    outline = outline_net(*build, **stored.net_options).state_dict()
    size = sum(tensor.numel() * tensor.element_size() for tensor in outline.values())
    state = read_tensors(data, size, source)
    _compare(state, outline, f"{source} ({stored.net.name})")
    net = build_net(*build, **stored.net_options)
    net.load_state_dict(state)
    sample = read_array(_read(package, _tensor(description, "inputs")), f"{package.path}: sample")
    name = description.get("name")
    return Model(
        net=net.eval(),
        name=name if isinstance(name, str) else package.path.stem,
        sample=sample[0].astype(np.float32),
        **stored.parts(),
    )


def _compare(found: Mapping[str, Any], wanted: Mapping[str, Any], what: str) -> None:
    """Raise `ModelError` unless tensors have the names and shapes that a network has."""
    missing, more = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or more:
        parts = [f"lack {_few(missing)}"] * bool(missing) + [f"have {_few(more)}"] * bool(more)
        raise ModelError(
            f"{what} {' and '.join(parts)}: they are of another network, or of a version of "
            "napari-fcnseg that built it otherwise"
        )
    for name, tensor in wanted.items():
        if found[name].shape != tensor.shape:
            raise ModelError(
                f"{what}: {name} has the shape {tuple(found[name].shape)}, the network that is "
                f"described needs {tuple(tensor.shape)}"
            )


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _check(package: Package, description: dict[str, Any], model: Model) -> None:
    where = f"{package.path}: test output"
    stored: NDArray[Any] = read_array(_read(package, _tensor(description, "outputs")), where)
    if not stored.ndim:
        raise ModelError(f"{where} is a single number; {GET_AGAIN}")
    check_output(model.probabilities(model.sample), stored[0], where)


def _tensor(description: dict[str, Any], which: str) -> Any:
    tensors = description.get(which)
    first = tensors[0] if isinstance(tensors, list) and tensors else None
    return dig(first, "test_tensor")


def _read(package: Package, file: Any) -> bytes:
    """Read a file of a description, by its name and checksum."""
    source, sha256 = dig(file, "source"), dig(file, "sha256")
    if not isinstance(source, str) or not isinstance(sha256, str):
        raise ModelError(
            f"{package.path} names no file, or no checksum, for a part of the model; {GET_AGAIN}"
        )
    return package.read(source, sha256=sha256)
