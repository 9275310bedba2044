"""The rival with a network: MONAI's BasicUNet in the plain loop of its tutorials.

It learns from the very patches that ours would draw from the same strokes, augmentation
included, and from all of them: nothing is held out. DiceCELoss is told of labelled pixels only:
they are gathered out of logits and targets, as if each batch were one line of them, so that
unlabelled ones count neither in its Dice nor in its cross-entropy. AdamW at a constant rate.
"""

import time

import numpy as np
import torch
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet
from subjects import Patches

import napari_fcnseg as fs

FEATURES = (16, 16, 32, 64, 128, 16)  # 495,922 parameters for two classes, unet_light: 483,170
STRIDE = 16


def fit(painted, classes, minutes, rate, seed=0):
    """Train for `minutes` of wall time; patches, network and steps."""
    recipe = fs.Recipe(seed=seed)
    patches = Patches(painted, classes, recipe)
    torch.manual_seed(seed)
    net = BasicUNet(2, 1, len(patches.data.classes), FEATURES)
    loss_of = DiceCELoss(to_onehot_y=True, softmax=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate)
    end, steps = time.monotonic() + 60 * minutes, 0
    while time.monotonic() < end:
        x, y, _ = patches.supply(recipe.batch)
        labelled = y >= 0
        logits = net(x).movedim(1, -1)[labelled].T
        loss = loss_of(logits[None], y[labelled][None, None])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        steps += 1
    return patches, net.eval(), steps


def predict(patches, net, image):
    """Class ids, and the probability of each at every pixel, ``(classes, Y, X)``."""
    pixels = patches.normalisation.of(image)(image.read({}))
    height, width = pixels.shape[-2:]
    added = [(0, 0), (0, -height % STRIDE), (0, -width % STRIDE)]
    x = torch.from_numpy(np.pad(pixels, added, mode="reflect"))
    with torch.inference_mode():
        shares = net(x[None])[0].softmax(0)[:, :height, :width]
    return [c.id for c in patches.data.classes], shares.numpy()
