"""The command that trains. Heavy modules are imported when it runs."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fcnseg.commands import INTERRUPTED, given
from napari_fcnseg.errors import UsageError
from napari_fcnseg.events import Step, Trained
from napari_fcnseg.interrupt import gently
from napari_fcnseg.predict_options import whole_number
from napari_fcnseg.printing import print_json, print_table

if TYPE_CHECKING:
    from napari_fcnseg.models.model import Model
    from napari_fcnseg.training.recipe import Recipe
    from napari_fcnseg.training.train import Training

READING = ("axes", "level", "series", "grey", "radius", "instances", "unpainted")
DECIDED = ("image", "labels", "recipe", "net", "classes", "steps", "minutes", "seed", "replay",
           "axes", "grey", "radius", "instances")  # fmt: skip


def add_train_options(parser: ArgumentParser) -> None:
    """Add what only ``fcnseg train`` knows."""
    add = parser.add_argument
    add("--image", nargs="+", metavar="P", help="images")
    add("--labels", nargs="+", metavar="P", help="their labels; all=1: the class 1 everywhere")
    add("--radius", type=float, help="of the disks that points of a .csv label, in pixels")
    add(
        "--instances",
        nargs="?",
        type=whole_number,
        const=2,
        metavar="WIDTH",
        help="each object has its own id: learn insides and borders, 2 pixels wide",
    )
    add("--out", type=Path, required=True, metavar="MODEL.zip")
    add("--recipe", type=Path, metavar="R.toml", help="how to train")
    add("--net", help="network, with its own defaults; see fcnseg nets")
    add("--start", type=Path, metavar="MODEL", help="model to go on from, or a coarser FCN")
    add(
        "--replay",
        nargs="*",
        metavar="P",
        help="images of the older training that are shown again, each with its labels behind it; "
        "without any: those that the model of --start remembers",
    )
    add(
        "--from",
        dest="repeated",
        type=Path,
        metavar="MODEL",
        help="repeat the training of this model: the same files, recipe and seed",
    )
    add("--resume", action="store_true", help="go on with an interrupted training, bit for bit")
    add("--classes", metavar="VALUE=NAME,...", help="names of label values")
    add(
        "--unpainted",
        choices=("ignore", "background"),
        default="ignore",
        help="what the value 0 is: unlabelled, or the background of dense labels",
    )


def train(options: Namespace) -> int:
    """Train a model from images and their labels."""
    from napari_fcnseg.models.package import check_place

    checkpoint = options.out.with_name(options.out.name + ".checkpoint")
    # What an interrupted run has saved is replaced by what it comes to in the end.
    replaces = options.overwrite or (options.resume and checkpoint.exists())
    check_place(options.out, replaces)
    if options.overwrite and not options.resume:
        checkpoint.unlink(missing_ok=True)
    how = {"device": options.device, "name": options.out.stem}
    how |= {"checkpoint": checkpoint, "resume": options.resume}
    repeated = _repeated(options)
    job = _again(repeated, options, how) if repeated else _anew(options, how)
    model, code = _run(job, checkpoint)
    model.save(options.out, overwrite=replaces)
    if not code:
        checkpoint.unlink(missing_ok=True)
    found: dict[str, Any] = {
        "model": str(options.out),
        "classes": {c.id: c.name for c in model.classes},
        "steps": model.provenance["steps"],
        "validation": model.provenance["validation"],
    }
    if repeated:
        from napari_fcnseg.models.fingerprint import fingerprint

        found["same_weights"] = fingerprint(model) == fingerprint(repeated)
    if options.json:
        print_json(found)
    else:
        print_table(found)
    return code


def _run(job: "Training", checkpoint: Path) -> "tuple[Model, int]":
    """Train to the end, or until it is interrupted; the best model, and the exit code."""
    from napari_fcnseg.progress import follow

    last: Step | None = None
    try:
        with gently("this step") as asked, closing(follow(job)) as events:
            for event in events:
                if isinstance(event, Trained):
                    return event.model, 0
                last = event if isinstance(event, Step) else last
                if asked():
                    break
    except KeyboardInterrupt:  # in the middle of a step
        job.close()
    if last is None:
        raise KeyboardInterrupt
    further = "; --resume goes on with it" * checkpoint.exists()
    print(f"interrupted: the best model so far is saved{further}", file=sys.stderr)
    return last.best(), INTERRUPTED


def _anew(options: Namespace, how: dict[str, Any]) -> "Training":
    """Train as the options say."""
    from napari_fcnseg.annotations.classes import parse_class_map
    from napari_fcnseg.models.load import load_model
    from napari_fcnseg.training.origin import Origin
    from napari_fcnseg.training.train import train

    start = load_model(options.start) if options.start else None
    recipe = _recipe(options, start)
    classes = parse_class_map(options.classes) if options.classes else None
    reading = {n: getattr(options, n) for n in READING}
    origin = Origin.of(options.image, options.labels, classes, **reading)
    assert origin  # all are paths
    images, labels = origin.open()
    return train(
        images,
        labels,
        recipe,
        classes=classes,
        unpainted=options.unpainted,
        start=start,
        replay=_replay(options, classes, reading),
        origin=origin,
        **how,
    )


def _recipe(options: Namespace, start: "Model | None") -> "Recipe":
    from napari_fcnseg.training.recipe import Recipe

    recipe = Recipe.from_toml(options.recipe) if options.recipe else Recipe()
    changes = given(options, "steps", "minutes", "seed", "net")
    if "minutes" in changes:
        changes["steps"] = 0  # a recipe's own steps would go first
    # Without a recipe: the same network as the model's, or a finer one of its kind.
    if start and start.recipe and not options.recipe:
        recipe = replace(recipe, net=start.recipe.net, net_options=start.recipe.net_options)
    elif changes.get("net", recipe.net) != recipe.net:
        changes["net_options"] = {}
    return Recipe.from_dict(recipe.to_dict() | changes)


def _replay(options: Namespace, classes: Any, reading: dict[str, Any]) -> Any:
    """Return what `train` replays."""
    from napari_fcnseg.training.origin import Origin

    if not options.replay:
        return options.replay is not None
    if len(options.replay) % 2:
        raise UsageError(
            f"--replay has {len(options.replay)} files; give the labels behind each image"
        )
    return [Origin.of(options.replay[::2], options.replay[1::2], classes, **reading)]


def _repeated(options: Namespace) -> "Model | None":
    """Model whose training is repeated, if any; what else decides a training is refused then."""
    if options.repeated is None:
        missing = [f"--{n}" for n in ("image", "labels") if not getattr(options, n)]
        if missing:
            raise UsageError(
                f"what is to be learned? {' and '.join(missing)} is missing; --from MODEL repeats "
                "the training of a model"
            )
        return None
    if decided := [f"--{n}" for n in DECIDED if getattr(options, n) is not None]:
        raise UsageError(
            f"--from repeats a training as it was; {', '.join(decided)} would change it: leave "
            "that out, or train with --start"
        )
    from napari_fcnseg.models.load import load_model

    return load_model(options.repeated)


def _again(model: "Model", options: Namespace, how: dict[str, Any]) -> "Training":
    from napari_fcnseg.training.repeat import doubts, repeat

    job = repeat(model, options.start, **how)
    for doubt in doubts(model):
        print(f"note: {doubt}", file=sys.stderr)
    return job
