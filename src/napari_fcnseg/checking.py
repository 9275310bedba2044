"""What the command does that looks at images before they are segmented."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from napari_fcnseg.model_options import add_model, load_told
from napari_fcnseg.printing import open_as_told, print_json


def check(options: Namespace) -> int:
    """Say what stands between a model and images, before it is run."""
    from napari_fcnseg.inference.doctor import check_data

    model, found = load_told(options), {}
    for path in options.image:
        image = open_as_told(path, options)
        labels = open_as_told(options.labels, options) if options.labels else None
        found[path] = check_data(model, image, labels, device=options.device)
    if options.json:
        return print_json({path: [asdict(f) for f in rows] for path, rows in found.items()})
    for path, rows in found.items():
        print(path, *[f"  {f.weight}: {f.text}" for f in rows] or ["  nothing was found"], sep="\n")
    return 0


def add_options(parser: ArgumentParser) -> None:
    """Add the model, the images, and labels of them."""
    add_model(parser)
    parser.add_argument("image", metavar="IMAGE", nargs="+")
    parser.add_argument("--labels", metavar="P", help="labels that are to go with the image")
