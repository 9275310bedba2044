"""A desk with tiny files, under the names that pages give to large ones."""

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Pillow
from skimage.measure import label

import napari_fcnseg as fs
from napari_fcnseg.images.output import OutputSpec
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.images.write_zarr import OmeZarrOutput

SHAPE = (3, 96, 112)
TINY = {"depth": 2, "width": 4, "padding": "same", "norm": "batch"}
SCALE, UNITS = (28.0, 4.0, 4.0), ("nanometer",) * 3


class Desk:
    """Makes files in a folder, each when somebody is about to read it.

    Parameters
    ----------
    folder
        Empty.
    model
        Package that is copied wherever a model is read.
    """

    def __init__(self, folder, model):
        self.folder, self.model = Path(folder), model
        self.image, self.truth = synthetic_em(SHAPE, seed=3)
        self.strokes = fs.simulate_strokes(self.truth, [0, 1], share=0.2, seed=3)

    def pixels(self, role, path):
        cells = np.stack([label(plane == 2) for plane in self.truth]).astype(np.uint16)
        values = np.where(self.truth == 1, 0, 255).astype(np.uint8)
        if role == "labels":  # what kind of labels a page means it says by their name
            return {"ids": cells, "values": values}.get(path.stem, self.strokes)
        return {"image": self.image, "truth": self.truth, "found": self.truth, "objects": cells}[
            role
        ]

    def put(self, role, text, planar=False):
        """Make what a page reads under a name, a folder or a pattern, unless it is there."""
        path = self.folder / text.replace("**", "deep").replace("*", "one")
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if role == "model":
            path.write_bytes(self.model.read_bytes())
        elif role == "recipe":
            fs.Recipe(net_options=TINY, patch=32, batch=2).to_toml(path)
        elif path.suffix == ".csv":
            path.write_text("axis-0,axis-1,axis-2,class\n0,40,40,cell\n1,50,60,gap\n")
        elif not path.suffix:
            for name in ("a.tif", "b.tif"):
                self.put(role, str(path.relative_to(self.folder) / name), planar)
        elif role in ("probabilities", "predicted"):
            output = "labels" if role == "predicted" else "probabilities"
            model = fs.load_model(self.model)
            fs.predict(model, self.image, path, axes="ZYX", output=output, tile=64).wait()
        else:
            self.write(path, self.pixels(role, path), planar)

    def write(self, path, pixels, planar):
        if path.suffix == ".png":
            Pillow.fromarray(pixels[0]).save(path)
        elif path.suffix == ".zarr":
            block = (1, *pixels.shape[1:])
            spec = OutputSpec("ZYX", pixels.shape, pixels.dtype, block, SCALE, UNITS, (0, 0, 0), "")
            output = OmeZarrOutput(path, spec, "create")
            output.write(tuple((0, n) for n in pixels.shape), pixels)
            output.finish()
        else:
            axes = "YX" if planar else "ZYX"
            pixels = pixels[0] if planar else pixels
            tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": axes})


def make_model(folder):
    """Train a model for as long as a test may take; return its file."""
    desk = Desk(folder, None)
    desk.put("image", "stack.tif")
    desk.put("labels", "strokes.tif")
    recipe = fs.Recipe(net_options=TINY, patch=32, batch=2, steps=3)
    model = fs.fit(folder / "stack.tif", folder / "strokes.tif", recipe, classes=CLASSES)
    return model.save(folder / "cells.zip")
