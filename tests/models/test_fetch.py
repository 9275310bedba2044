"""Models from elsewhere are fetched once, and only when somebody asked for it."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.fetch import is_elsewhere
from napari_fcnseg.models.fingerprint import fingerprint

pytestmark = pytest.mark.filterwarnings("ignore")  # of bioimageio.spec


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A model behind an URL, and what was asked for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "served"
    folder.mkdir()
    make_model().save(folder / "m.zip")
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format, *arguments):
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/m.zip", asked
    server.shutdown()
    server.server_close()


def test_nothing_is_fetched_unasked(served):
    url, asked = served
    with pytest.raises(ModelError, match="download=True"):
        fs.load_model(url)
    assert main(["predict", url, "i.tif", "--out", "o.tif"]) == 6
    assert not asked


def test_it_is_fetched_once(served, tmp_path):
    url, asked = served
    model = fs.load_model(url, download=True, check=True)
    assert fingerprint(model) == fingerprint(make_model())
    assert asked
    asked.clear()
    assert fingerprint(fs.load_model(url)) == fingerprint(model)  # it is here now
    assert not asked
    assert [p.suffix for p in (tmp_path / "cache/napari-fcnseg/models").iterdir()] == [".zip"]


def test_what_is_not_there(served, tmp_path):
    url, _ = served
    with pytest.raises(ModelError, match=r"n.zip could not be fetched"):
        fs.load_model(url.replace("m.zip", "n.zip"), download=True)
    assert not list((tmp_path / "cache/napari-fcnseg/models").iterdir())


@pytest.mark.parametrize(
    ("source", "elsewhere"),
    [
        ("https://example.com/model.zip", True),
        ("10.5281/zenodo.5764892", True),
        ("https://doi.org/10.5281/zenodo.5764892", True),
        ("affable-shark", True),
        ("affable-shark/1.1", True),
        ("model.zip", False),
        ("models/cells", False),
        ("cells.zip", False),
    ],
)
def test_what_is_elsewhere(source, elsewhere):
    assert is_elsewhere(source) == elsewhere


def test_a_folder_of_that_name_is_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "affable-shark").mkdir()
    assert not is_elsewhere("affable-shark")
