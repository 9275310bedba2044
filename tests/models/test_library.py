"""The folder of a person's models: what is listed, kept, named and never lost."""

import io
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import yaml
from PIL import Image as Pillow
from tests.conftest import make_model
from tests.models.packages import DESCRIPTION, contents, description, rewrite
from tests.models.zoo_packages import write_code_model, write_zoo_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError, OutputError
from napari_fcnseg.models.card import COVER, read_card
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.library import Library
from napari_fcnseg.models.rename import legal_name

pytestmark = pytest.mark.filterwarnings("ignore")  # of bioimageio.core, which writes the models
SIGMOID = [{"id": "sigmoid"}]


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "kept")


def names(library):
    return [card.name for card in library.cards()]


def test_a_card_tells_what_the_model_does(library):
    about = fs.About(authors=("Ada Lovelace; London",), license="MIT")
    scores = {"validation": {"membrane": 0.5}, "validated_pixels": {"membrane": 1234}}
    model = replace(make_model(), name="membranes", about=about)
    model = replace(model, provenance={**model.provenance, **scores, "steps": 20})
    card = read_card(library.keep(model))
    assert card.name == "membranes"
    assert card.classes == model.classes
    assert card.scores == {"membrane": 0.5}
    assert card.pixels == {"membrane": 1234}
    assert card.network.startswith(model.net.name)
    assert card.facts["authors"] == "Ada Lovelace"
    assert card.facts["licence"] == "MIT"
    assert card.facts["steps"] == "20"
    assert card.about == about
    assert card.size == card.path.stat().st_size
    assert not card.problem
    rows, columns, rgb = card.cover.shape
    assert rgb == 3
    assert 0 < rows <= COVER[1]
    assert 0 < columns <= COVER[0]
    assert card.cover.std() > 0


def test_a_card_of_another_tool(tmp_path):
    path, _, _ = write_zoo_model(tmp_path, after=SIGMOID)
    card = read_card(path)
    assert card.network == "of another tool, weights: torchscript"
    assert [c.name for c in card.classes] == [c.name for c in fs.load_model(path).classes if c.id]
    assert card.about is None
    assert not card.problem


def test_no_weights_are_read_for_a_card(library):
    path = library.keep(make_model())
    with zipfile.ZipFile(path) as package:
        weights = [m.filename for m in package.infolist() if m.filename.endswith(".pt")]
        files = {n: package.read(n) for n in package.namelist() if n not in weights}
    with zipfile.ZipFile(path, "w") as package:
        for name, data in files.items():
            package.writestr(name, data)
    assert weights
    assert not read_card(path).problem


@pytest.mark.parametrize("data", [b"", b"PK\3\4 and no more"])
def test_a_broken_file_is_listed_with_what_is_wrong(library, data):
    good = library.keep(make_model())
    (library.folder / "broken.zip").write_bytes(data)
    cards = {card.path.name: card for card in library.cards()}
    assert not cards[good.name].problem
    assert "broken.zip" in cards["broken.zip"].problem


@pytest.mark.parametrize("kind", ["a bomb", "no picture", "another format"])
def test_a_picture_that_cannot_be_shown_is_left_out(library, kind):
    path, buffer = library.keep(make_model()), io.BytesIO()
    if kind == "a bomb":  # 36 million pixels in a few kilobytes
        Pillow.new("1", (6000, 6000)).save(buffer, "PNG")
    if kind == "another format":
        Pillow.new("RGB", (4, 4)).save(buffer, "TIFF")
    rewrite(path, **{"cover.png": buffer.getvalue()})
    card = read_card(path)
    assert card.cover is None
    assert not card.problem


def test_newest_first_and_names_are_never_taken_twice(library):
    paths = [library.keep(replace(make_model(seed), name="cells, day 1")) for seed in range(3)]
    assert [p.name for p in paths] == ["cells-day-1.zip", "cells-day-1-2.zip", "cells-day-1-3.zip"]
    for i, path in enumerate(paths):
        os.utime(path, (i, i))
    assert [card.path for card in library.cards()] == paths[::-1]


def test_a_folder_that_is_not_there_is_empty(library):
    assert names(library) == []


def test_the_folder_can_be_told(tmp_path, monkeypatch):
    monkeypatch.setenv("FCNSEG_MODELS", str(tmp_path / "told"))
    path = Library().keep(make_model())
    assert path.parent == tmp_path / "told"
    monkeypatch.delenv("FCNSEG_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "napari-fcnseg" in Library().folder.parts


@pytest.mark.parametrize("new", ["mitochondria (mouse)", "model two"])
def test_renaming_changes_the_name_and_nothing_else(library, new):
    model = replace(make_model(), name="model two")
    path = library.keep(model)
    before = contents(path)
    renamed = library.rename(path, new)
    assert [card.path for card in library.cards()] == [renamed]
    assert names(library) == [new]
    found = fs.load_model(renamed, check=True)
    assert found.name == new
    after = contents(renamed)
    told = [package.pop(DESCRIPTION).decode() for package in (before, after)]
    assert told[1] == told[0].replace("name: model two", f'name: "{new}"', 1)
    assert before == after


def test_a_renamed_model_of_another_tool_still_runs(library, tmp_path):
    source, _, _ = write_zoo_model(tmp_path, after=SIGMOID)
    path = library.rename(library.add(source), "theirs, renamed")
    assert fs.load_model(path, check=True).name == "theirs renamed"


def test_renaming_to_a_name_that_is_taken_keeps_both(library):
    one = library.keep(replace(make_model(1), name="first one"))
    two = library.keep(replace(make_model(2), name="second one"))
    kept = one.read_bytes()
    renamed = library.rename(two, "first one")
    assert one.read_bytes() == kept
    assert renamed.name == "first-one-2.zip"
    assert not two.exists()


@pytest.mark.parametrize("name", ["", "  ", "--", "日本"])
def test_no_name_is_no_name(library, name):
    path = library.keep(make_model())
    with pytest.raises(ModelError, match="letter"):
        library.rename(path, name)
    assert [card.path for card in library.cards()] == [path]


def test_a_disk_that_is_full_loses_nothing(library, monkeypatch):
    path = library.keep(replace(make_model(), name="model one"))
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OutputError, match="No space left"):
        library.rename(path, "model two")
    assert {p.name for p in library.folder.iterdir()} == {path.name, ".lock"}
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("Gefäße der Niere", "Gefasse der Niere"),
        ("x", "model x"),
        ("a/b\\c: d", "a b c d"),
        ("日本", "model"),
        ("n" * 200, "n" * 128),
        ("n" * 127 + " more", "n" * 127),
    ],
)
def test_names_as_the_spec_takes_them(name, legal):
    assert legal_name(name) == legal


def test_what_is_added_is_a_checked_copy(library, tmp_path):
    path = make_model().save(tmp_path / "new.zip")
    kept = library.add(path)
    assert kept.read_bytes() == path.read_bytes()
    described = description(path)
    described["config"]["napari_fcnseg"]["net"]["name"] = "nothing"
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(described)})
    with pytest.raises(ModelError, match="nothing"):
        library.add(path)
    with pytest.raises(ModelError, match="folder"):
        library.add(tmp_path)
    assert {p.name for p in library.folder.iterdir()} == {kept.name, ".lock"}


def test_a_model_with_code_is_added_and_its_code_does_not_run(library, tmp_path):
    path, target, _, _ = write_code_model(tmp_path)
    kept = library.add(path)
    assert kept.read_bytes() == path.read_bytes()
    assert "pytorch_state_dict" in read_card(kept).network
    assert not target.exists()
    assert [card.problem for card in library.cards()] == [""]


@pytest.mark.parametrize(
    "told",
    [
        "name: |\n  several\n  lines\n",
        "name: >-\n  several\n  lines\n",
        "name:\n",
        "name: &n used twice\nother: *n\n",
        "other: &n used twice\nname: *n\n",
        "name: twice\nname: the last one counts\n",
        "name: 2024-01-01\n",
        "'name': 'quoted'\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_however_a_name_is_written_it_can_be_changed(library, told, encoding):
    path = library.keep(replace(make_model(), name="model one"))
    text = contents(path)[DESCRIPTION].decode()
    changed = text.replace("name: model one\n", told, 1)
    assert changed != text
    rewrite(path, **{DESCRIPTION: changed.encode(encoding)})
    renamed = library.rename(path, "yes")
    assert fs.load_model(renamed, check=True).name == "model yes"
    assert names(library) == ["model yes"]


@pytest.mark.parametrize("name", ["yes", "no", "Off", "null", "~", "12:30:45", "1e3", "0x10", "<<"])
def test_classes_may_be_called_what_they_like(library, name):
    """In YAML 1.1, which others read, these are no texts."""
    model = make_model()
    classes = (replace(model.classes[0], name=name), *model.classes[1:])
    path = library.keep(replace(model, classes=classes))
    assert fs.load_model(path).classes == classes
    assert read_card(path).classes == classes


def test_two_at_once_do_not_overwrite_each_other(library):
    models = [replace(make_model(seed), name="same name") for seed in range(4)]
    libraries = [Library(library.folder) for _ in models]  # of several windows
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda lib, model: lib.keep(model), libraries, models))
    assert len(set(paths)) == 4
    assert {fingerprint(fs.load_model(p)) for p in paths} == {fingerprint(m) for m in models}


def test_what_a_crash_left_is_in_nobodys_way(library):
    first = library.keep(replace(make_model(), name="cells"))
    first.rename(first.with_name("cells.zip.partial"))
    assert library.keep(replace(make_model(), name="cells")) == first
    assert {p.name for p in library.folder.iterdir()} == {"cells.zip", ".lock"}


def test_a_link_to_nowhere_hides_no_model(library):
    path = library.keep(make_model())
    (library.folder / "gone.zip").symlink_to("/nowhere")
    assert [card.path for card in library.cards()] == [path]


@pytest.mark.parametrize("name", ["n" * 300, "日" * 100])
def test_long_names_are_kept_under_shorter_ones(library, name):
    assert library.keep(replace(make_model(), name=name)).exists()


def test_a_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        Library(tmp_path / "file" / "models").keep(make_model())


def test_a_damaged_file_is_not_made_whole_by_a_new_name(library):
    path = library.keep(replace(make_model(), name="model one"))
    data = path.read_bytes()
    weights = contents(path)["weights.pt"]
    at = data.index(weights) + len(weights) // 2
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with pytest.raises(ModelError, match="damaged"):
        library.rename(path, "model two")
    assert [p.name for p in library.folder.glob("*.zip")] == [path.name]
