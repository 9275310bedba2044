"""Write a model as a bioimage.io 0.5 package."""

import gc
import tempfile
import warnings
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED

import numpy as np
import torch
from bioimageio.spec import save_bioimageio_package
from bioimageio.spec.model import v0_5 as spec

from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.whole import whole_file
from napari_fcnseg.models.archive import Package
from napari_fcnseg.models.convert import Format, write_onnx, write_torchscript
from napari_fcnseg.models.cover import write_cover
from napari_fcnseg.models.load import read_description
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.plain import dig
from napari_fcnseg.models.rename import legal_name
from napari_fcnseg.models.stored import Stored
from napari_fcnseg.models.tensors import describe_input, describe_output, make_sample

VERSION = spec.Version(torch.__version__.split("+")[0])


def save_model(
    model: Model, path: Path, overwrite: bool = False, formats: Collection[Format] = ()
) -> Path:
    """Write `model` as a bioimage.io 0.5 model package with state-dict weights.

    Parameters, result and errors as of `Model.save`.
    """
    model.own_normalisation  # noqa: B018  of another tool: it says so
    check_place(path, overwrite)
    with whole_file(path) as growing:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the spec's advice on optional fields
            described = _describe(model, Path(folder), formats)
            # Weights hardly compress, and trying takes most of the time of saving them.
            save_bioimageio_package(described, output_path=growing, compression=ZIP_STORED)
            del described
            gc.collect()  # the spec leaves files open till then; Windows moves no open ones
        _read_back(growing)
    return path


def _read_back(path: Path) -> None:
    """Raise `ModelError` where what was written could not be read again."""
    description = read_description(Package(path))
    Stored.read(dig(description, "config", "napari_fcnseg"), str(path))


def check_place(path: Path, overwrite: bool = False) -> None:
    """Make the folder for a model, or raise `OutputError` if it cannot be saved as `path`."""
    if path.suffix.lower() != ".zip":
        raise OutputError(f"{path}: a model is saved as a .zip; give a name that ends in .zip")
    if path.is_dir() or (path.exists() and not overwrite):
        raise OutputError(
            f"{path} exists already; give another name, or allow to replace it with "
            "overwrite=True (--overwrite)"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}; {MAKE_ROOM}") from error


def _describe(model: Model, folder: Path, formats: Collection[Format]) -> spec.ModelDescr:
    """Write the files of the package into `folder` and describe them."""
    stored, about = Stored.of(model), model.about.described()
    sample = make_sample(model)
    probabilities = model.probabilities(sample)
    np.save(folder / "test_input.npy", sample[None])
    np.save(folder / "test_output.npy", probabilities[None])
    write_cover(folder / "cover.png", sample, probabilities, model)
    weights = {k: v.cpu().contiguous() for k, v in model.net.state_dict().items()}
    torch.save(weights, folder / "weights.pt")
    (folder / "README.md").write_text(_readme(model), "utf-8")
    names = [c.name for c in model.classes]
    build = stored.net.model_dump(include={"name", "in_channels", "classes"})
    return spec.ModelDescr(
        name=legal_name(model.name),
        description=model.about.description or f"Segmentation into {', '.join(names)}",
        **(about | {"authors": about["authors"] or [spec.Author(name="unknown")]}),
        covers=[spec.FileDescr(source=folder / "cover.png")],
        documentation=spec.FileDescr(source=folder / "README.md"),
        inputs=[describe_input(model, folder)],
        outputs=[describe_output(model, folder)],
        weights=spec.WeightsDescr(
            pytorch_state_dict=spec.PytorchStateDictWeightsDescr(
                source=folder / "weights.pt",
                architecture=spec.ArchitectureFromLibraryDescr(
                    callable=spec.Identifier("build_net"),
                    import_from="napari_fcnseg",
                    kwargs=build | stored.net.options,
                ),
                pytorch_version=VERSION,
            ),
            **_converted(model, folder, formats),
        ),
        config=spec.Config.model_validate({"napari_fcnseg": stored.model_dump()}),
    )


def _converted(model: Model, folder: Path, formats: Collection[Format]) -> dict[str, Any]:
    """Write weights for other tools, and describe them."""
    found: dict[str, Any] = {}
    if "torchscript" in formats:
        path = folder / "weights_torchscript.pt"
        write_torchscript(model.net, path)
        found["torchscript"] = spec.TorchscriptWeightsDescr(
            source=path, pytorch_version=VERSION, parent="pytorch_state_dict"
        )
    if "onnx" in formats:
        path = folder / "weights.onnx"
        found["onnx"] = spec.OnnxWeightsDescr(
            opset_version=write_onnx(model.net, path), source=path, parent="pytorch_state_dict"
        )
    return found


def _readme(model: Model) -> str:
    classes = "\n".join(f"- {c.id}: {c.name}" for c in model.classes)
    scores = model.provenance.get("validation")
    found = f"IoU on held-out labels: {scores}" if scores else "No labels were held out."
    return (
        f"# {model.name}\n\nTrained with napari-fcnseg {version('napari-fcnseg')}.\n\n"
        f"## Classes\n\n{classes}\n\n## Validation\n\n{found}\n"
    )
