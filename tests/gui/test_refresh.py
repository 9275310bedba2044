import time

from napari_fcnseg.gui import refresh
from napari_fcnseg.gui.refresh import Refresher


class Slow:
    """A layer that takes a while to refresh."""

    def __init__(self):
        self.count = 0

    def refresh(self, **_):
        self.count += 1
        time.sleep(0.02)


def test_a_slow_layer_is_refreshed_less_often(monkeypatch):
    monkeypatch.setattr(refresh, "SHORTEST", 0.01)
    layer = Slow()
    show = Refresher(layer)
    began = time.monotonic()
    while time.monotonic() < began + 0.5:
        show()
    assert 1 <= layer.count <= 0.5 / (0.02 * refresh.PATIENCE) + 2


def test_the_last_state_is_always_shown():
    layer = Slow()
    show = Refresher(layer)
    show()
    show()
    show(now=True)
    assert layer.count == 2
