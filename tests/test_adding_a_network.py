"""The page on adding a network adds one, and all that it promises holds."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg import nets
from napari_fcnseg.cli import main
from napari_fcnseg.nets.registry import NETS, NetEntry
from tests.nets import test_every_net as shared

PAGE = Path(__file__).parents[1] / "docs" / "adding-a-network.md"


@pytest.fixture
def tower(tmp_path, monkeypatch):
    """Follow the page: file, line and case; return its test."""
    file, line, case, test = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "tower.py").write_text(file)
    monkeypatch.setattr(nets, "__path__", [*nets.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    entry = eval(line, {"NetEntry": NetEntry})
    monkeypatch.setitem(NETS, entry.name, entry)
    monkeypatch.setitem(shared.CASES, *next(iter(eval(case).items())))
    shared.geometry.cache_clear()
    yield test
    sys.modules.pop("napari_fcnseg.nets.tower", None)


def test_the_page_holds(tower, tmp_path):
    assert len(tower.splitlines()) <= 14  # about ten lines of test
    space = {}
    exec(tower, space)
    space["test_tower"]()
    promised = [
        getattr(shared.TestEveryNet(), n) for n in dir(shared.TestEveryNet) if n.startswith("test_")
    ]
    assert len(promised) >= 5
    for check in promised:
        check("tower", **({"tmp_path": tmp_path} if "saving" in check.__name__ else {}))
    shared.test_strips_are_the_whole("tower")
    shared.test_the_engine_tiles_it_exactly("tower")


def test_it_is_everywhere_at_once(tower, painted, capsys):
    image, _, strokes = painted
    assert "tower" in fs.list_nets()
    recipe = fs.Recipe(net="tower", net_options={"width": 8}, steps=3, patch=64, batch=2)
    labels = fs.segment(fs.fit(image, strokes, recipe, axes="ZYX"), image, axes="ZYX")
    assert labels.shape == image.shape
    assert np.isin(labels, [1, 2, 3]).all()
    assert main(["info", "tower"]) == 0
    assert "receptive_field 63" in capsys.readouterr().out
    with pytest.raises(fs.FcnsegError, match="floors = 9: choose 1 to 8"):
        fs.build_net("tower", floors=9)
