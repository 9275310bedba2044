"""The shared real images as training and test sets: strokes on a few images, truth on others."""

import csv
from dataclasses import dataclass

import numpy as np

import napari_fcnseg as fs

SHARE = 0.018  # of the pixels of a painted slice or image that strokes cover


@dataclass
class Dataset:
    """Images with class ids from 1.

    Attributes
    ----------
    train, test
        Pairs of an image ``(Y, X)`` and its dense class ids.
    classes
        Names by id.
    """

    train: list
    test: list
    classes: dict

    def painted(self, seed, share=SHARE):
        """Strokes on the training images, as `train` has truth."""
        return [
            (image, fs.simulate_strokes(truth[None], [0], share, seed=seed + i)[0])
            for i, (image, truth) in enumerate(self.train)
        ]


def isbi(folder):
    """ISBI 2012: slices 0, 7 and 14 train, 15 to 19 test."""
    stack = fs.open_image(folder / "isbi2012" / "train-volume.tif", axes="ZYX").read({})[0]
    cells = fs.open_image(folder / "isbi2012" / "train-labels.tif", axes="ZYX").read({})[0] > 0
    pairs = [(fs.Image(p, "YX"), t + np.uint8(1)) for p, t in zip(stack, cells, strict=True)]
    return Dataset([pairs[i] for i in (0, 7, 14)], pairs[15:], {1: "membrane", 2: "cell"})


def axons(folder):
    """Axons: four images train, two test, one of them of an animal that is in no other."""
    pairs = _pairs(folder / "axons", lambda labels: labels + np.uint8(1))
    tests = [p for p in sorted(pairs) if "data11" in p or "data12" in p]
    train = [pairs[p] for p in sorted(pairs) if p not in tests]
    return Dataset(train, [pairs[p] for p in tests], {1: "background", 2: "myelin", 3: "axon"})


def uhcs(folder):
    """Steel: every second image trains."""
    pairs = [p for _, p in sorted(_pairs(folder / "uhcs", lambda t: t + np.uint8(1)).items())]
    names = {1: "matrix", 2: "network", 3: "spheroidite", 4: "widmanstaetten"}
    return Dataset(pairs[::2], pairs[1::2], names)


def u373(folder):
    """Phase contrast: the first four frames train, the last eight test."""
    pairs = [p for _, p in sorted(_pairs(folder / "u373", _inside).items())]
    return Dataset(pairs[:4], pairs[-8:], {1: "background", 2: "cell"})


def dsb2018(folder):
    """Fluorescent nuclei: eight images train, all others test."""
    with open(folder / "dsb2018" / "index.tsv", newline="") as file:
        fluorescent = {r["id"] for r in csv.DictReader(file, delimiter="\t")
                       if r["modality"] == "fluo"}  # fmt: skip
    pairs = _pairs(folder / "dsb2018", _inside, grey=True)
    used = [pairs[p] for p in sorted(pairs) if p in fluorescent]
    return Dataset(used[:8], used[8:], {1: "background", 2: "nucleus"})


def _inside(ids):
    return (ids > 0) + np.uint8(1)


def _pairs(folder, classes, **options):
    found = {}
    for path in sorted((folder / "images").iterdir()):
        labels = next((folder / "labels").glob(f"{path.stem}.*"))
        image = fs.open_image(path, **options)
        truth = fs.open_image(labels).read({})
        found[path.stem] = image, classes(truth.reshape(truth.shape[-2:])).astype(np.uint8)
    return found


DATASETS = {f.__name__: f for f in (isbi, axons, uhcs, u373, dsb2018)}
