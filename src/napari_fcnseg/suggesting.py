"""What the command does that tells where to paint next. Heavy modules wait until it runs."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from napari_fcnseg.events import Suggested
from napari_fcnseg.model_options import add_model, load_told
from napari_fcnseg.predict_options import add_region, whole_number
from napari_fcnseg.printing import open_as_told, print_json


def suggest(options: Namespace) -> int:
    """Say where a model is most unsure of an image, and to paint next."""
    from napari_fcnseg.annotations.written import read_written
    from napari_fcnseg.inference.suggest import suggest
    from napari_fcnseg.progress import follow

    model, image = load_told(options), open_as_told(options.image, options)
    job = suggest(
        model,
        image,
        read_written(options.labels, options.radius) if options.labels else None,
        regions=options.regions,
        size=options.size,
        method=options.method,
        every=options.every,
        region=options.region and options.region.of(image),
        memory=options.memory,
        device=options.device,
    )
    *_, done = follow(job)
    assert isinstance(done, Suggested)
    if options.json:
        return print_json([asdict(region) for region in done.regions])
    if not done.regions:
        print("nothing is left to paint: every region is labelled by more than half")
        return 0
    line = "{:>4}" + "  {:>6}" * len(image.kept) + "  {:>9}  {:>6}  {:>8}  {}"
    print(line.format("rank", *image.kept, "size", "score", "labelled", "unsure between"))
    for rank, region in enumerate(done.regions, 1):
        starts = [start for start, _ in region.spans]
        size = " x ".join(str(stop - start) for start, stop in region.spans[-2:])
        numbers = f"{region.score:.3f}", f"{region.labelled:.1%}"
        print(line.format(rank, *starts, size, *numbers, " and ".join(region.classes)))
    return 0


def add_options(parser: ArgumentParser) -> None:
    """Add the model, the image, what is painted already, and what to look for."""
    add_model(parser)
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--labels", metavar="P", help="what is labelled already")
    parser.add_argument(
        "--radius", type=float, help="of the disks that points of a .csv label, in pixels"
    )
    parser.add_argument("--regions", type=whole_number, default=10, help="how many, at most")
    parser.add_argument("--size", type=whole_number, default=128, help="their edge in pixels")
    parser.add_argument(
        "--method",
        choices=("entropy", "disagreement"),
        default="entropy",
        help="where the model cannot tell, or where its views of an image disagree",
    )
    parser.add_argument(
        "--every", type=whole_number, default=1, metavar="N", help="look at every Nth plane"
    )
    add_region(parser, "look at a part")
    parser.add_argument("--memory", metavar="2GB", help="what network and tiles may take")
