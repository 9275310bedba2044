"""The model on the command line. Heavy modules wait until it is loaded."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_fcnseg.models.model import Model


def add_model(parser: ArgumentParser) -> None:
    """Add the model, and how one of another tool is loaded."""
    parser.add_argument(
        "model", metavar="MODEL", help="package, folder; or URL, DOI, nickname of the model zoo"
    )
    parser.add_argument(
        "--weights",
        choices=("torchscript", "onnx", "pytorch_state_dict"),
        help="of another tool's model; by default TorchScript, if there are any",
    )
    parser.add_argument(
        "--download", action="store_true", help="fetch a model from elsewhere, once"
    )
    parser.add_argument(
        "--trust-code",
        action="store_true",
        help="run source code that comes with a model: it can do anything on this machine",
    )


def load_told(options: Namespace, path: str | None = None, check: bool = False) -> "Model":
    """Load the model that the command line names, or the one at `path`."""
    from napari_fcnseg.models.load import load_model

    source = path or options.model
    return load_model(
        source,
        check=check,
        weights=options.weights,
        download=options.download,
        trust_code=options.trust_code,
    )
