"""What the commands that train do. Heavy modules are imported when their command runs."""

import sys
from argparse import Namespace
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from napari_fcnseg.events import Step, Trained
from napari_fcnseg.printing import open_as_told, print_json, print_table

INTERRUPTED = 130


def demo(options: Namespace) -> int:
    """Run the main job on a synthetic EM stack: strokes, training, prediction, scores."""
    from napari_fcnseg.demo import DemoDone, run_demo
    from napari_fcnseg.progress import follow
    from napari_fcnseg.training.recipe import Recipe

    recipe = Recipe.from_dict({"minutes": 1.0} | _given(options, "steps", "minutes", "seed"))
    job = run_demo(options.out, recipe, device=options.device, overwrite=options.overwrite)
    *_, done = follow(job)
    assert isinstance(done, DemoDone)
    files = {name: str(path) for name, path in done.files.items()}
    if options.json:
        return print_json({"iou": done.iou, "mean_iou": done.mean_iou, "files": files})
    print(f"\nIoU on the slices without strokes; {done.painted_share:.1%} of the stack is painted:")
    print_table({k: f"{v:.3f}" for k, v in (done.iou | {"mean": done.mean_iou}).items()})
    print("\nFiles:")
    print_table(files)
    print(f"\nLook at {files['picture']}, or open the result in napari:\n")
    if find_spec("napari") is None:
        print(f'  {sys.executable} -m pip install "napari[all]>=0.9"')
    shown = " ".join(files[name] for name in ("image", "prediction"))
    print(f"  {sys.executable} -m napari --plugin napari-fcnseg {shown}")
    return 0


def train(options: Namespace) -> int:
    """Train a model from images and their labels."""
    from napari_fcnseg.annotations.classes import parse_class_map
    from napari_fcnseg.models.load import load_model
    from napari_fcnseg.models.package import check_place
    from napari_fcnseg.training.recipe import Recipe

    recipe = Recipe.from_toml(options.recipe) if options.recipe else Recipe()
    changes = _given(options, "steps", "minutes", "seed", "net")
    if "minutes" in changes:
        changes["steps"] = 0  # a recipe's own steps would go first
    start = load_model(options.start) if options.start else None
    if (
        start and start.recipe and not options.recipe
    ):  # the same network, or a finer one of its kind
        recipe = replace(recipe, net=start.recipe.net, net_options=start.recipe.net_options)
    elif changes.get("net", recipe.net) != recipe.net:
        changes["net_options"] = {}
    recipe = Recipe.from_dict(recipe.to_dict() | changes)
    checkpoint = options.out.with_name(options.out.name + ".checkpoint")
    # What an interrupted run has saved is replaced by what it comes to in the end.
    replaces = options.overwrite or (options.resume and checkpoint.exists())
    check_place(options.out, replaces)
    if options.overwrite and not options.resume:
        checkpoint.unlink(missing_ok=True)
    classes = parse_class_map(options.classes) if options.classes else None
    images = [open_as_told(path, options) for path in options.image]

    from napari_fcnseg.progress import follow
    from napari_fcnseg.training.train import train

    job = train(
        images,
        [_labels(path, options) for path in options.labels],
        recipe,
        classes=classes,
        unpainted=options.unpainted,
        device=options.device,
        name=options.out.stem,
        start=start,
        checkpoint=checkpoint,
        resume=options.resume,
    )
    model, last, code = None, None, 0
    try:
        for event in follow(job):
            last = event if isinstance(event, Step) else last
            model = event.model if isinstance(event, Trained) else None
    except KeyboardInterrupt:
        if last is None:
            raise
        job.close()
        further = "; --resume goes on with it" * checkpoint.exists()
        print(f"interrupted: the best model so far is saved{further}", file=sys.stderr)
        code = INTERRUPTED
    if model is None:
        assert last is not None
        model = last.best()
    model.save(options.out, overwrite=replaces)
    if not code:
        checkpoint.unlink(missing_ok=True)
    found = {
        "model": str(options.out),
        "classes": {c.id: c.name for c in model.classes},
        "steps": model.provenance["steps"],
        "validation": model.provenance["validation"],
    }
    if options.json:
        print_json(found)
    else:
        print_table(found)
    return code


def _labels(path: str, options: Namespace) -> Any:
    """Labels as `train` takes them."""
    from napari_fcnseg.annotations.instances import Instances
    from napari_fcnseg.annotations.points_file import read_if_points

    if options.instances:
        return Instances(path, options.instances)
    return read_if_points(path, options.radius)


def _given(options: Namespace, *names: str) -> dict[str, Any]:
    """Options that were given on the command line."""
    return {n: getattr(options, n) for n in names if getattr(options, n) is not None}
