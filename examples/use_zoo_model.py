"""Segment with a model in the form of the BioImage Model Zoo: a file, or one that is downloaded.

    python examples/use_zoo_model.py  # with one that it makes itself
    python examples/use_zoo_model.py --model model.zip --image cells.tif
    python examples/use_zoo_model.py --model affable-shark --image cells.tif --download

A nickname such as affable-shark downloads a model, which is why `--download` must allow it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import tifffile

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic_nuclei import synthetic_nuclei

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--model", help="a package, or a nickname, DOI or URL, which is downloaded")
parser.add_argument("--image", type=Path, help="an image of Y and X")
parser.add_argument("--download", action="store_true", help="allow that")
parser.add_argument("--steps", type=int, default=100, help="of the model that it makes itself")
parser.add_argument("--out", type=Path, default=Path("zoo"))
options = parser.parse_args()
options.out.mkdir(exist_ok=True)
source, image = options.model, options.image
if source is None:  # train one, and export it with weights that other tools run
    pixels, ids = synthetic_nuclei((192, 192))
    image, source = options.out / "nuclei.tif", options.out / "nuclei.zip"
    tifffile.imwrite(image, pixels)
    recipe = fs.Recipe(steps=options.steps, patch=96)
    trained = fs.fit(pixels, fs.Instances(ids), recipe, unpainted="background")
    about = fs.About("Nuclei that touch", ("Ada Lovelace",), "CC-BY-4.0")
    replace(trained, about=about).save(source, formats=("torchscript",), overwrite=True)

model = fs.load_model(source, download=options.download)  # runs no code of the package
print("classes:", ", ".join(c.name for c in model.classes))
fs.predict(model, image, options.out / "labels.ome.tif", axes="YX", overwrite=True).wait()
