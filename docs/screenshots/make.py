"""Pictures of every widget in use, made by the real napari.

    make screenshots                                   # of the sample, for README and docs
    python docs/screenshots/make.py --themes dark light --out shots --data ISBI_FOLDER train

Each picture is made by a process of its own, as a person would: a window of 1280 x 800, an image,
strokes, the widget from napari's menu, its button pressed, its job waited for. With ``--data`` it
is the folder of ISBI 2012 instead of the sample.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scenes import SCENES
from stage import Stage, scene_data

import napari_fcnseg as fs

STEPS = 200
NAME = "EM stack model"


def main(options):
    """Make the model, then each picture in a process of its own."""
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        image, _, strokes, names = scene_data(options.data)
        learned = fs.Image(image, "ZYX"), strokes, fs.Recipe(steps=STEPS)
        model = fs.fit(*learned, classes=names, name=NAME)
        kept = model.save(Path(folder) / f"{NAME}.zip")
        for theme in options.themes:
            for name in options.names or SCENES:
                out = options.out / (f"{name}.png" if theme == "dark" else f"{name}-{theme}.png")
                data = [str(options.data)] if options.data else []
                subprocess.run(
                    [sys.executable, __file__, "--scene", name, theme, str(out), str(kept), *data],
                    env=os.environ | {"FCNSEG_MODELS": str(kept.parent)},
                    check=True,
                )
                print(out, flush=True)


def play(name, theme, out, model, data=None):
    """Make one picture; in a process of its own."""
    stage = Stage(theme, Path(model), Path(data) if data else None)
    stage.viewer.dims.set_current_step(0, int(stage.planes[0]))
    SCENES[name](stage)
    stage.save(out)
    stage.viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENES)}")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "images")
    parser.add_argument("--data", type=Path, help="folder of ISBI 2012; by default the sample")
    parser.add_argument("--themes", nargs="+", default=["dark"], choices=["dark", "light"])
    parser.add_argument("--scene", nargs="+", help=argparse.SUPPRESS)
    told = parser.parse_args()
    play(*told.scene) if told.scene else main(told)
