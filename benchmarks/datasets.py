"""The shared real images as training and test sets: strokes on a few images, truth on others."""

import csv
from dataclasses import dataclass, field, replace

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
    interior
        Id of the class whose borders are scored by V_Rand and V_Info, on slices of one size.
    objects, train_objects
        Ids of the objects in each test image, ``(Y, X)``, where objects are scored; and in each
        training image.
    stack, slices
        What the training images are slices of, if a network may see the others, too; and which.
    """

    train: list
    test: list
    classes: dict
    interior: int = 0
    objects: list = field(default_factory=list)
    train_objects: list = field(default_factory=list)
    stack: fs.Image | None = None
    slices: tuple = ()

    def as_painted(self, painted):
        """Return images and strokes as a person has them: a stack, or one of each."""
        if self.stack is None:
            return [list(part) for part in zip(*painted, strict=True)]
        strokes = np.zeros(self.stack.shape, np.uint8)
        for z, (_, of_slice) in zip(self.slices, painted, strict=True):
            strokes[z] = of_slice
        return self.stack, strokes

    def painted(self, seed, share=SHARE):
        """Strokes on the training images, as `train` has truth."""
        return [
            (image, fs.simulate_strokes(truth[None], [0], share, seed=seed + i)[0])
            for i, (image, truth) in enumerate(self.train)
        ]


def isbi(folder, train=(0, 7, 14)):
    """ISBI 2012: slices 0, 7 and 14 train, 15 to 19 test."""
    stack = fs.open_image(folder / "isbi2012" / "train-volume.tif", axes="ZYX").read({})[0]
    cells = fs.open_image(folder / "isbi2012" / "train-labels.tif", axes="ZYX").read({})[0] > 0
    pairs = [(fs.Image(p, "YX"), t + np.uint8(1)) for p, t in zip(stack, cells, strict=True)]
    return Dataset([pairs[i] for i in train], pairs[15:], {1: "membrane", 2: "cell"}, interior=2)


def isbi_stack(folder):
    """ISBI 2012: the same, and the slices 1 to 13, on which nobody painted, may be seen, too."""
    dataset, slices = isbi(folder), (0, 7, 14)
    stack = fs.open_image(folder / "isbi2012" / "train-volume.tif", axes="ZYX").read({})[0]
    return replace(dataset, stack=fs.Image(stack[:15], "ZYX", name="stack"), slices=slices)


def isbi15(folder):
    """ISBI 2012: slices 0 to 14 train, 15 to 19 test."""
    return isbi(folder, range(15))


def isbi_short(folder):
    """ISBI 2012 as of a shorter exposure, slices 3, 10 and 12 train: another specimen.

    Half the contrast and noise of 24 grey values are computed, not measured.
    """
    dataset, rng = isbi(folder, (3, 10, 12)), np.random.default_rng(0)

    def seen(image):
        pixels = image.read(tuple((0, n) for n in image.kept_shape))[0]
        grain = rng.normal(0, 24, pixels.shape)
        return fs.Image(np.clip(60 + pixels / 2 + grain, 0, 255).astype(np.uint8), "YX")

    pairs = [[(seen(image), truth) for image, truth in p] for p in (dataset.train, dataset.test)]
    return replace(dataset, train=pairs[0], test=pairs[1])


def axons(folder):
    """Axons: four images train, two test, one of them of an animal that is in no other."""
    pairs = _pairs(folder / "axons", _from_one)
    tests = [p for p in sorted(pairs) if "data11" in p or "data12" in p]
    train = [pairs[p] for p in sorted(pairs) if p not in tests]
    return Dataset(train, [pairs[p] for p in tests], {1: "background", 2: "myelin", 3: "axon"})


def uhcs(folder):
    """Steel: every second image trains."""
    pairs = [p for _, p in sorted(_pairs(folder / "uhcs", _from_one).items())]
    names = {1: "matrix", 2: "network", 3: "spheroidite", 4: "widmanstaetten"}
    return Dataset(pairs[::2], pairs[1::2], names)


def u373(folder):
    """Phase contrast: the first four frames train, the last eight test."""
    pairs = [p for _, p in sorted(_pairs(folder / "u373").items())]
    return _objects(pairs[:4], pairs[-8:], "cell")


def dsb2018(folder):
    """Fluorescent nuclei: eight images train, all others test."""
    used = [pair for pair, _ in _fluorescent(folder)]
    return _objects(used[:8], used[8:], "nucleus")


def nuclei_256(folder):
    """Fluorescent nuclei in images of 256 x 256: eight train, all others test.

    The competition's images come from many laboratories; size tells one set from another.
    """
    used = [pair for pair, size in _fluorescent(folder) if size == (256, 256)]
    return _objects(used[:8], used[8:], "nucleus")


def nuclei_360(folder):
    """Small, dim nuclei in images of 360 x 360: three train, all others test."""
    used = [pair for pair, size in _fluorescent(folder) if size == (360, 360)]
    return _objects(used[:3], used[3:], "nucleus")


def nuclei_520(folder):
    """Large nuclei in images of 520 x 696: three train, all others test."""
    used = [pair for pair, size in _fluorescent(folder) if size == (520, 696)]
    return _objects(used[:3], used[3:], "nucleus")


def _fluorescent(folder):
    """Pairs of the 2018 Data Science Bowl with their sizes in pixels."""
    with open(folder / "dsb2018" / "index.tsv", newline="") as file:
        fluorescent = {r["id"]: (int(r["height"]), int(r["width"]))
                       for r in csv.DictReader(file, delimiter="\t")
                       if r["modality"] == "fluo"}  # fmt: skip
    pairs = _pairs(folder / "dsb2018", grey=True)
    return [(pairs[p], fluorescent[p]) for p in sorted(pairs) if p in fluorescent]


def _objects(train, test, name):
    """Two classes, of images with the ids of objects."""
    classes = {1: "background", 2: name}
    inside = [[(image, (ids > 0) + np.uint8(1)) for image, ids in p] for p in (train, test)]
    ids = [[ids for _, ids in pairs] for pairs in (test, train)]
    return Dataset(*inside, classes, objects=ids[0], train_objects=ids[1])


def _from_one(classes):
    return (classes + 1).astype(np.uint8)


def _pairs(folder, change=None, **options):
    found = {}
    for path in sorted((folder / "images").iterdir()):
        labels = fs.open_image(next((folder / "labels").glob(f"{path.stem}.*"))).read({})
        labels = labels.reshape(labels.shape[-2:])
        found[path.stem] = fs.open_image(path, **options), change(labels) if change else labels
    return found


DATASETS = {
    f.__name__: f
    for f in (
        isbi, isbi_stack, isbi15, isbi_short, axons, uhcs, u373,
        dsb2018, nuclei_256, nuclei_360, nuclei_520,
    )
}  # fmt: skip
