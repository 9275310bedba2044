"""Neighbours that look alike."""

import math

import pytest
import torch

from napari_fcnseg.training.affinity import ALIKE, NEAR, affinity_loss


def test_it_is_the_share_of_alike_neighbours_in_other_classes():
    torch.manual_seed(0)
    images, logits = torch.randn(2, 3, 11, 13) * 0.3, torch.randn(2, 4, 11, 13)
    grey = torch.nn.functional.avg_pool2d(images, 5, 1, 2, count_include_pad=False)
    p, total, weights = logits.softmax(1), 0.0, 0.0
    offsets = [(d * a, d * b) for d in (1, 2, 4) for a, b in ((0, 1), (1, 0), (1, 1), (1, -1))]
    for n in range(2):
        for y in range(11):
            for x in range(13):
                for dy, dx in offsets:
                    if not (y + dy < 11 and 0 <= x + dx < 13):
                        continue
                    apart = (grey[n, :, y, x] - grey[n, :, y + dy, x + dx]).square().sum()
                    w = math.exp(-apart / (2 * ALIKE**2) - (dy**2 + dx**2) / (2 * NEAR**2))
                    total += w * float(1 - (p[n, :, y, x] * p[n, :, y + dy, x + dx]).sum())
                    weights += w
    assert float(affinity_loss(logits, images)) == pytest.approx(total / weights, rel=1e-4)


def test_edges_may_divide_and_even_areas_may_not():
    images = torch.ones(1, 1, 32, 32)
    images[..., 16:] = -1
    at_edge, elsewhere = torch.zeros(1, 2, 32, 32), torch.zeros(1, 2, 32, 32)
    at_edge[:, 0, :, :16], at_edge[:, 1, :, 16:] = 9, 9
    elsewhere[:, 0, :, :8], elsewhere[:, 1, :, 8:] = 9, 9
    assert affinity_loss(at_edge, images) < 0.2 * affinity_loss(elsewhere, images)
    assert affinity_loss(torch.zeros(1, 1, 32, 32), images) == 0  # one class is no division


def test_stacks_are_seen_slice_by_slice_and_borders_are_cut():
    torch.manual_seed(1)
    images, logits = torch.randn(1, 1, 3, 20, 24), torch.randn(1, 2, 3, 16, 20)
    whole = affinity_loss(logits, images)
    seen = images[..., 2:-2, 2:-2].movedim(2, 0)[:, 0]
    assert whole == pytest.approx(float(affinity_loss(logits.movedim(2, 0)[:, 0], seen)))
