"""Weights of another tool's model: which are taken, and what they may do."""

import hashlib
import importlib
import io
import re
import types
import zipfile
from typing import Any

from bioimageio.spec.model import v0_5 as spec
from torch import nn

from napari_fcnseg.errors import ModelError, UntrustedCodeError
from napari_fcnseg.models.archive import Package, check_members
from napari_fcnseg.models.plain import read_tensors
from napari_fcnseg.models.zoo_runs import OnnxRun, ScriptRun

FORBIDDEN = re.compile(rb"\b(aten\.|torch\.)(save|from_file|load)\b|\bprim\.PythonOp\b")
CODE = "pytorch_state_dict"


def open_weights(
    package: Package, weights: Any, wanted: str | None, trust_code: bool
) -> tuple[str, nn.Module, str]:
    """Open weights of a model.

    Parameters
    ----------
    package
        Has the files.
    weights
        In the words of the spec.
    wanted
        Of which format; by default TorchScript, ONNX, and a state dict, the first that there is.
    trust_code
        Whether source code of the package, or of the library that it names, may be run: a state
        dict needs it.

    Returns
    -------
    kind : str
        Format.
    run : Module
        What computes.
    key : str
        Checksum.

    Raises
    ------
    UntrustedCodeError
        If only source code can run them, and it may not be.
    ModelError
        If there are none that can be run here.
    """
    where = str(package.path)
    there = [kind for kind in ("torchscript", "onnx", CODE) if getattr(weights, kind)]
    if not there or (wanted and wanted not in there):
        told = ", ".join(kind for kind, entry in weights if entry) or "none"
        raise ModelError(
            f"{where} has no {wanted or 'TorchScript or ONNX'} weights (it has: {told}): others "
            "are not run here. Convert them with bioimageio.core"
        )
    kind = wanted or there[0]
    entry = getattr(weights, kind)
    if kind == CODE and not trust_code:
        raise UntrustedCodeError(
            f"{where} can only be run by {_code_of(entry)}, which may do anything on this machine: "
            "read and delete files, or send them elsewhere. If you trust who made it, allow that "
            "with trust_code=True (--trust-code); or ask for TorchScript or ONNX weights"
        )
    if getattr(entry, "external_data", None):
        raise ModelError(f"{where}: ONNX weights in two files cannot be read; join them")
    data = read_file(package, entry)
    key = hashlib.sha256(data).hexdigest()
    if kind == "onnx":
        return kind, OnnxRun(data), key
    if kind == "torchscript":
        _check_script(data, where)
        return kind, ScriptRun(data), key
    return kind, _run_code(package, entry, data), key


def file_name(file: Any) -> str:
    """Name of a file of a package, in the words of the spec."""
    return str(getattr(file.source, "root", file.source))


def read_file(package: Package, file: Any) -> bytes:
    """Read a file of a package, and compare it with its checksum, if it has one."""
    return package.read(file_name(file), sha256=str(file.sha256) if file.sha256 else None)


def _check_script(data: bytes, where: str) -> None:
    """TorchScript may read and write files; a network does not."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as script:
            check_members(script, f"{where}: TorchScript weights")
            sources = [script.read(n) for n in script.namelist() if n.endswith(".py")]
    except zipfile.BadZipFile as error:
        raise ModelError(f"{where}: its TorchScript weights are damaged: {error}") from error
    for source in sources:
        if found := FORBIDDEN.search(source):
            raise ModelError(
                f"{where}: its TorchScript weights call {found[0].decode()}, which reads or writes "
                "files; no network needs that, and it was not loaded"
            )


def _code_of(entry: Any) -> str:
    architecture = entry.architecture
    if isinstance(architecture, spec.ArchitectureFromFileDescr):
        return f"its own source code ({file_name(architecture)})"
    return f"{architecture.callable} of the library {architecture.import_from}"


def _run_code(package: Package, entry: Any, data: bytes) -> nn.Module:
    """Build a network by source code, and give it its weights."""
    architecture = entry.architecture
    if isinstance(architecture, spec.ArchitectureFromFileDescr):
        module = types.ModuleType(f"napari_fcnseg_trusted_{architecture.sha256}")
        source = read_file(package, architecture).decode()
        exec(compile(source, file_name(architecture), "exec"), module.__dict__)
    else:
        module = importlib.import_module(architecture.import_from)
    net = getattr(module, str(architecture.callable))(**architecture.kwargs)
    if not isinstance(net, nn.Module):
        raise ModelError(f"{package.path}: {_code_of(entry)} makes no network")
    size = sum(t.numel() * t.element_size() for t in net.state_dict().values())
    net.load_state_dict(read_tensors(data, size, f"{package.path}: the weights"))
    return net.eval()
