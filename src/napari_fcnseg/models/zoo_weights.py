"""Weights of another tool's model: which are taken, and what they may do."""

import hashlib
import importlib
import re
import sys
import types
from typing import Any

from bioimageio.spec.model import v0_5 as spec
from torch import nn

from napari_fcnseg.errors import TAKE_ANOTHER, ModelError, UntrustedCodeError
from napari_fcnseg.models.archive import Package, repacked
from napari_fcnseg.models.plain import read_tensors
from napari_fcnseg.models.zoo_runs import CodeRun, OnnxRun, ScriptRun

DOT = re.compile(rb"[\s\\]*\.[\s\\]*")
FORBIDDEN = re.compile(  # all but the operators of networks: of files, of libraries, of Python
    rb"\.(save|from_file|load|read_file|write_file|PythonOp|classes)\b"
    rb"|\bops\.(?!(prim|aten|quantized)\.)\w+"
)
CODE = "pytorch_state_dict"
MOST = 80  # letters of a name in a message


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
            "read and delete files, or send them elsewhere",
            "If you trust who made it, allow that with trust_code=True (--trust-code); or ask for "
            "TorchScript or ONNX weights",
        )
    if getattr(entry, "external_data", None):
        raise ModelError(f"{where}: ONNX weights in two files cannot be read; join them")
    data = read_file(package, entry)
    key = hashlib.sha256(data).hexdigest()
    if kind == "onnx":
        return kind, OnnxRun(data).opened(), key
    if kind == "torchscript":
        return kind, ScriptRun(_checked_script(data, where)), key
    return kind, _run_code(package, entry, data), f"{key} {_code_of(entry)}"


def file_name(file: Any) -> str:
    """Name of a file of a package, in the words of the spec."""
    return str(getattr(file.source, "root", file.source))


def read_file(package: Package, file: Any) -> bytes:
    """Read a file of a package, and compare it with its checksum, if it has one."""
    return package.read(file_name(file), sha256=str(file.sha256) if file.sha256 else None)


def _checked_script(data: bytes, where: str) -> bytes:
    """Return TorchScript that reads and writes no files: it could, and a network does not."""
    data, files = repacked(data, f"{where}: its TorchScript weights")
    for name, source in files.items():
        if "code/" in name.casefold() and not name.endswith(".debug_pkl"):
            # A comment may stand within a name, and a "#" in a text that is no comment.
            for text in (source, re.sub(rb"#[^\n]*", b"", source)):
                if found := FORBIDDEN.search(DOT.sub(b".", text)):
                    raise ModelError(
                        f"{where}: its TorchScript weights call {found[0].decode()}, which may "
                        "read or write files; no network needs that, and it was not loaded"
                    )
    return data


def _code_of(entry: Any) -> str:
    architecture = entry.architecture
    if isinstance(architecture, spec.ArchitectureFromFileDescr):
        return f"its own source code ({_quoted(file_name(architecture))}, {architecture.sha256})"
    library = _quoted(architecture.import_from)
    return f"{_quoted(architecture.callable)} of the library {library}"


def _quoted(name: object) -> str:
    """Name that a stranger has given, in quotes and no longer than one line."""
    return repr(str(name)[:MOST])


def _run_code(package: Package, entry: Any, data: bytes) -> nn.Module:
    """Build a network by source code, and give it its weights."""
    architecture = entry.architecture
    if isinstance(architecture, spec.ArchitectureFromFileDescr):
        module = types.ModuleType(f"napari_fcnseg_trusted_{architecture.sha256}")
        source = read_file(package, architecture).decode()
        sys.modules[module.__name__] = module  # dataclasses and pickle look there
        exec(compile(source, file_name(architecture), "exec"), module.__dict__)
    else:
        module = importlib.import_module(architecture.import_from)
    net = getattr(module, str(architecture.callable))(**architecture.kwargs)
    if not isinstance(net, nn.Module):
        raise ModelError(f"{package.path}: {_code_of(entry)} makes no network; {TAKE_ANOTHER}")
    size = sum(t.numel() * t.element_size() for t in net.state_dict().values())
    net.load_state_dict(read_tensors(data, size, f"{package.path}: the weights"))
    return CodeRun(net.eval())
