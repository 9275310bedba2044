"""What the command does that hands a model on. Heavy modules wait until it runs."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from napari_fcnseg.model_options import add_model, load_told

FORMATS = ("torchscript", "onnx")


def export(options: Namespace) -> int:
    """Write a model as a bioimage.io package for other tools."""
    from napari_fcnseg.printing import print_json

    model = load_told(options, check=True)
    given = {
        "description": options.description,
        "authors": options.author and tuple(options.author),
        "license": options.license,
        "cite": options.cite and tuple(options.cite),
    }
    about = replace(model.about, **{k: v for k, v in given.items() if v is not None})
    model = replace(model, about=about, name=options.name or model.name)
    out = model.save(options.out, overwrite=options.overwrite, formats=options.formats)
    if options.json:
        return print_json({"model": str(out), "formats": ["state_dict", *options.formats]})
    print(out)
    return 0


def add_options(parser: ArgumentParser) -> None:
    """Add the model, what it is written as, and what people say of it."""
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE.zip")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    parser.add_argument(
        "--formats",
        type=_formats,
        default=FORMATS,
        metavar="F,F",
        help="weights beside the state dict: torchscript,onnx (both by default), or none",
    )
    parser.add_argument("--name", help="of the model")
    parser.add_argument("--description", help="one sentence")
    parser.add_argument(
        "--author", action="append", metavar="'NAME; AFFILIATION; ORCID'", help="again for each"
    )
    parser.add_argument("--license", metavar="SPDX", help="for example CC-BY-4.0")
    parser.add_argument(
        "--cite",
        action="append",
        metavar="'TEXT; DOI'",
        help="what to cite, or an URL; again for each",
    )


def _formats(text: str) -> tuple[str, ...]:
    found = () if text == "none" else tuple(text.split(","))
    if unknown := [name for name in found if name not in FORMATS]:
        raise ValueError(unknown)
    return found
