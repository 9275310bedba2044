import numpy as np

from napari_fcnseg.inference.plan import plan
from napari_fcnseg.inference.tile_tally import DONE, IN_WORK, TODO, TileTally
from napari_fcnseg.nets.geometry import AxisGeometry

PIXELWISE = (AxisGeometry(), AxisGeometry())


def test_tiles_of_the_plane_that_is_worked_on():
    tiles = plan("ZYX", (3, 100, 150), PIXELWISE, 50, ((1, 3), (0, 100), (0, 150)))
    tally = TileTally(tiles, range(1, len(tiles)))
    now = tally.now()
    assert now.states.shape == (2, 3)
    assert now.states.tolist() == [[DONE, IN_WORK, TODO], [TODO] * 3]
    assert (now.plane, now.done, now.planes, now.is_of_planes) == (0, 0, 2, False)
    for number in (1, 2, 5, 4):
        tally.take(tiles[number].core)
    assert tally.now().states.tolist() == [[DONE] * 3, [IN_WORK, DONE, DONE]]
    tally.take(tiles[3].core)
    assert (tally.now().plane, tally.now().done) == (1, 1)
    for number in range(6, 12):
        tally.take(tiles[number].core)
        tally.take(tiles[number].core)  # told twice, counted once
    now = tally.now()
    assert (now.states == DONE).all()
    assert (now.done, now.planes) == (2, 2)


def test_planes_of_one_tile_are_shown_side_by_side():
    tiles = plan("ZYX", (4, 50, 50), PIXELWISE, 50)
    tally = TileTally(tiles, [0, 2, 3])
    now = tally.now()
    assert now.is_of_planes
    assert now.states.tolist() == [[IN_WORK, DONE, TODO, TODO]]
    tally.take(tiles[0].core)
    assert np.array_equal(tally.now().states, [[DONE, DONE, IN_WORK, TODO]])
    assert tally.now().done == 2
