"""The command that shows everything. Heavy modules are imported when it runs."""

import sys
from argparse import Namespace
from importlib.util import find_spec
from typing import Any

from napari_fcnseg.printing import print_json, print_table

INTERRUPTED = 130


def demo(options: Namespace) -> int:
    """Run the main job on a synthetic EM stack: strokes, training, prediction, scores."""
    from napari_fcnseg.demo import DemoDone, run_demo
    from napari_fcnseg.progress import follow
    from napari_fcnseg.training.recipe import Recipe

    recipe = Recipe.from_dict({"minutes": 1.0} | given(options, "steps", "minutes", "seed"))
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


def given(options: Namespace, *names: str) -> dict[str, Any]:
    """Options that were given on the command line."""
    return {n: getattr(options, n) for n in names if getattr(options, n) is not None}
