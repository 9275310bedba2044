"""Small models of other tools, as the BioImage Model Zoo has them."""

import hashlib
import io
import warnings

import numpy as np
import torch
import yaml
from bioimageio.core import create_prediction_pipeline
from bioimageio.core.digest_spec import get_test_input_sample
from bioimageio.spec import load_description, save_bioimageio_package
from bioimageio.spec.model import v0_5 as spec
from tests.models.packages import DESCRIPTION, description, forge, rewrite
from torch import nn


class Blur(nn.Module):
    """Averages 5 x 5 pixels, and makes `classes` scores of them; axes may be in another order."""

    def __init__(self, channels, classes, order):
        super().__init__()
        kind = nn.Conv3d if len(order) == 5 else nn.Conv2d
        torch.manual_seed(0)
        self.conv, self.order = kind(channels, classes, 5, padding=2), order

    def forward(self, x):
        standard = sorted(range(len(self.order)), key=lambda i: "NCZYX".index(self.order[i]))
        back = sorted(range(len(self.order)), key=lambda i: standard[i])
        return self.conv(x.permute(standard)).permute(back)


def write_zoo_model(
    folder,
    *,
    before=(),
    after=(),
    order="NCYX",
    channels=1,
    classes=1,
    size=None,
    halo=4,
    sample=None,
):
    """Write a package with TorchScript weights; its test output is what bioimageio.core gives.

    `before` and `after` are steps as plain data, `size` that of Y and X in words of the spec.
    """
    size = size or {"min": 16, "step": 8}
    space = [a for a in order if a not in "NC"]
    lengths = {"N": 1, "C": channels, "Z": 8, "Y": 48, "X": 40}
    if isinstance(size, int):
        lengths |= {"Y": size, "X": size}
    shape = [lengths[a] for a in order]
    if sample is None:
        sample = np.random.default_rng(0).uniform(0, 200, shape)
    sample = sample.astype(np.float32)
    net = Blur(channels, classes, order).eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.jit.trace(net, torch.from_numpy(sample)).save(folder / "w.pt")
        output = net(torch.from_numpy(sample)).numpy()
        np.save(folder / "in.npy", sample)
        np.save(folder / "out.npy", output)
        (folder / "doc.md").write_text("# A model\n")

        def axes(of):
            for a in order:
                if a == "N":
                    yield {"type": "batch"}
                elif a == "C":
                    count = channels if of == "raw" else classes
                    yield {"type": "channel", "channel_names": [f"{of}{i}" for i in range(count)]}
                elif of == "raw":
                    yield {"type": "space", "id": a.lower(),
                           "size": {"min": 8, "step": 1} if a == "Z" else size}  # fmt: skip
                else:
                    same = {"tensor_id": "raw", "axis_id": a.lower()}
                    yield {"type": "space", "id": a.lower(), "size": same}

        assert space
        described = spec.ModelDescr(
            name="of another tool",
            description="averages",
            authors=[spec.Author(name="somebody")],
            license=spec.LicenseId("MIT"),
            documentation=spec.FileDescr(source=folder / "doc.md"),
            inputs=[
                spec.InputTensorDescr.model_validate(
                    {"id": "raw", "axes": list(axes("raw")), "preprocessing": list(before),
                     "test_tensor": {"source": folder / "in.npy"}}
                )
            ],
            outputs=[
                spec.OutputTensorDescr.model_validate(
                    {"id": "found", "axes": list(axes("found")), "postprocessing": list(after),
                     "test_tensor": {"source": folder / "out.npy"}}
                )
            ],
            weights=spec.WeightsDescr(
                torchscript=spec.TorchscriptWeightsDescr(
                    source=folder / "w.pt", pytorch_version=spec.Version("2.6.0")
                )
            ),
        )  # fmt: skip
        path = folder / "zoo.zip"
        save_bioimageio_package(described, output_path=path)
        loaded = load_description(path)
        with create_prediction_pipeline(loaded) as pipeline:
            found = pipeline.predict_sample_without_blocking(get_test_input_sample(loaded))
        (output,) = (t.data.to_numpy() for t in found.members.values())
        buffer = io.BytesIO()
        np.save(buffer, output.astype(np.float32))
        forge(path, "out.npy", buffer.getvalue())
        _tell_halo(path, halo)  # with one bioimageio.core mirrors the image at its borders
    return path, sample, output.astype(np.float32)


def _tell_halo(path, halo):
    changed = description(path)
    for axis in changed["outputs"][0]["axes"]:
        if axis["type"] == "space":
            axis["halo"] = 2 if axis["id"] == "z" else halo
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(changed)})


SOURCE = """
from pathlib import Path
import torch

Path({target!r}).touch()

def make_net(scale):
    net = torch.nn.Conv2d(1, 1, 5, padding=2)
    net.scale = scale
    return net
"""


def write_code_model(folder):
    """Write a package that only its own source code can run; the code writes a file."""
    path, image, wanted = write_zoo_model(folder, after=[{"id": "sigmoid"}])
    target, buffer = folder / "executed", io.BytesIO()
    state = torch.jit.load(str(folder / "w.pt")).conv.state_dict()
    torch.save({k: v.detach().clone() for k, v in state.items()}, buffer)
    source = SOURCE.format(target=str(target)).encode()
    described = description(path)
    described["weights"] = {
        "pytorch_state_dict": {
            "source": "state.pt",
            "sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
            "pytorch_version": "2.6.0",
            "architecture": {
                "source": "net.py",
                "sha256": hashlib.sha256(source).hexdigest(),
                "callable": "make_net",
                "kwargs": {"scale": 1},
            },
        }
    }
    files = {"state.pt": buffer.getvalue(), "net.py": source, "w.pt": None}
    rewrite(path, **files, **{"rdf.yaml": yaml.safe_dump(described)})
    return path, target, image, wanted
