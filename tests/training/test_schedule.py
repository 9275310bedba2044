import pytest

from napari_fcnseg.training.schedule import rate_factor


def test_up_then_down():
    assert rate_factor(0, 0.1) == pytest.approx(0.01)
    assert rate_factor(0.05, 0.1) == pytest.approx(0.505)
    assert rate_factor(0.1, 0.1) == pytest.approx(1)
    assert rate_factor(0.55, 0.1) == pytest.approx(0.505)
    assert rate_factor(1, 0.1) == pytest.approx(0.01)


def test_without_warm_up():
    assert rate_factor(0, 0.0) == pytest.approx(1)


def test_it_falls_once_more_when_held_out_labels_train():
    assert rate_factor(0.05 * 0.8, 0.1, 0.2) == pytest.approx(0.505)
    assert rate_factor(0.7999, 0.1, 0.2) == pytest.approx(0.01, abs=1e-4)
    assert rate_factor(0.8, 0.1, 0.2) == pytest.approx(0.3)
    assert rate_factor(0.9, 0.1, 0.2) == pytest.approx(0.3 * 0.505)
    assert rate_factor(1, 0.1, 0.2) == pytest.approx(0.003)
