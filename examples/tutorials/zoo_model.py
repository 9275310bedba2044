"""A model from the zoo: share one in the form of the BioImage Model Zoo, and run one.

    python examples/tutorials/zoo_model.py

Its page is docs/tutorials/zoo-model.md.
"""

from lesson import draw, read_options

options = read_options(__doc__, steps=100, size=192)

# --8<-- [start:share]
from dataclasses import replace

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic_nuclei import synthetic_nuclei

image, ids = synthetic_nuclei((options.size, options.size), seed=1)
recipe = fs.Recipe(steps=options.steps, patch=96)
trained = fs.fit(image, fs.Instances(ids), recipe, unpainted="background")
about = fs.About("Nuclei that touch", ("Ada Lovelace",), "CC-BY-4.0")
source = options.out / "nuclei.zip"
replace(trained, about=about).save(source, formats=("torchscript",), overwrite=True)
# --8<-- [end:share]

# --8<-- [start:load]
model = fs.load_model(source, check=True)
print("classes:", ", ".join(c.name for c in model.classes))
# --8<-- [end:load]

# --8<-- [start:look]
fresh = fs.Image(synthetic_nuclei((options.size, options.size), seed=3)[0], "YX")
for finding in fs.check_data(model, fresh):
    print(finding.weight, finding.text)
# --8<-- [end:look]

# --8<-- [start:segment]
fs.predict(model, fresh, options.out / "labels.ome.tif", overwrite=True).wait()
labels = fs.open_image(options.out / "labels.ome.tif").data[:]
# --8<-- [end:segment]

if options.pictures:
    from napari_fcnseg.annotations.overlay import overlay, to_grey

    part = slice(0, 160), slice(0, 160)
    grey, (_, inside, border) = to_grey(fresh.data)[part], fs.segment(model, fresh, "probabilities")
    panels = [
        ("an image", grey),
        ("probability of insides", 255 * inside[part]),
        ("probability of borders", 255 * border[part]),
        ("labels", overlay(grey, labels[part], model.classes, 0.6)),
    ]
    draw(options.pictures, "zoo-model", panels, model.classes)
