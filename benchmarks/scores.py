"""What a method's probabilities are worth on the test images of a set."""

import numpy as np
from scipy import ndimage

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou


def tally(label, tests, classes):
    """Confusion matrix of ids from 0, over pairs of an image and its truth.

    `label` goes from an image to ids; those below 0 of the truth are not counted.
    """
    matrix = np.zeros((classes, classes), np.int64)
    for image, truth in tests:
        matrix += confusion_matrix(truth.astype(int), label(image).astype(int), classes)
    return matrix


def score(predict, dataset):
    """Predict every test image once.

    Parameters
    ----------
    predict
        From an image to class ids and their probabilities, ``(classes, Y, X)``.
    dataset
        A `datasets.Dataset`.

    Returns
    -------
    ndarray
        IoU of each class over all test images; the most probable class is the label.
    str
        The set's own scores.
    """
    count = len(dataset.classes)
    matrix, shares = np.zeros((count, count), np.int64), []
    for image, truth in dataset.test:
        ids, found = predict(image)
        shares.append(np.zeros((count, *truth.shape), np.float32))
        shares[-1][np.asarray(ids) - 1] = found
        matrix += confusion_matrix(truth.astype(int) - 1, shares[-1].argmax(0), count)
    return iou(matrix), _own(shares, dataset)


def _own(shares, dataset):
    if dataset.interior:
        found = fs.rand_and_info(
            np.stack([p[dataset.interior - 1] for p in shares]),
            np.stack([truth == dataset.interior for _, truth in dataset.test]),
        )
        return (f"V_Rand {found.v_rand:.4f} (at {found.rand_threshold}), "
                f"V_Info {found.v_info:.4f} (at {found.info_threshold})")  # fmt: skip
    if dataset.objects:
        pairs = [
            (truth, ndimage.label(p.argmax(0))[0])
            for truth, p in zip(dataset.objects, shares, strict=True)
        ]
        ap = np.nanmean([fs.average_precision(*pair) for pair in pairs])
        seg = np.concatenate([fs.seg_jaccards(*pair) for pair in pairs]).mean()
        return f"AP50 {ap:.3f}, SEG {seg:.3f}"
    return "-"
