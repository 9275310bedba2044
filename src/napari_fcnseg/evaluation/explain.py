"""What the scores mean, in a sentence each."""

MEANING = {
    "mean IoU": "Intersection over union, mean of the classes: 1 is perfect.",
    "mean Dice": "Dice coefficient, mean of the classes: 1 is perfect, and higher than the IoU.",
    "pixel accuracy": "Part of the labelled pixels that are right; large classes decide it.",
    "frequency-weighted IoU": "IoU, each class weighted by its true pixels.",
    "IoU": "Pixels that are in both, divided by those that are in either.",
    "Dice": "Twice the pixels that are in both, divided by the sum of both.",
    "precision": "Part of what was found that is right.",
    "recall": "Part of what is there that was found.",
    "boundary F": "Whether borders lie where they should, up to the tolerance in pixels.",
    "V_Rand": "ISBI 2012: whether pixels of a cell stay together, after thinning. 1 is perfect.",
    "V_Info": "ISBI 2012: information shared with the truth, after thinning. 1 is perfect.",
    "objects": "How many there are in truth.",
    "found": "How many were found.",
    "AP50": "Matched objects, of all true and found ones; a match shares half: IoU of 0.5.",
    "AP75": "The same for matches with an IoU of 0.75.",
    "SEG": "Cell Tracking Challenge: mean IoU of the true objects; 0 for one that was missed.",
    "panoptic quality": "IoU of matched objects, less for each that is missed or wrong.",
    "adapted Rand error": "Pairs of pixels that are joined or split wrongly. 0 is perfect.",
    "VI split": "Variation of information, in bits: how much objects are cut. 0 is perfect.",
    "VI merged": "Variation of information, in bits: how much objects are joined. 0 is perfect.",
}
