"""The Models widget in a real window: every button, with real files."""

import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QFile, Qt
from qtpy.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox
from tests.conftest import make_model
from tests.gui.conftest import MINUTE
from tests.models.packages import rewrite
from tests.models.zoo_packages import write_code_model

import napari_fcnseg as fs
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.export_dialog import ExportDialog
from napari_fcnseg.gui.model_details import told as tell_card
from napari_fcnseg.models.card import read_card
from napari_fcnseg.models.library import Library
from napari_fcnseg.training.trainer import Trainer


@pytest.fixture
def kept():
    """Two models among the kept ones; the folder is of this test alone."""
    library = Library()
    return [library.keep(replace(make_model(i), name=n)) for i, n in enumerate(("first", "second"))]


@pytest.fixture
def models(kept, dock, qtbot):
    widget = dock("Models")
    renewed(qtbot, widget, len(kept))
    return widget


def choose(widget, path):
    for row in range(widget.list.count()):
        widget.list.setCurrentRow(row)
        if widget.list.chosen().path == path:
            return
    raise AssertionError(f"{path} is not listed")


def renewed(qtbot, widget, count):
    """Wait until so many models are listed, and the list has settled."""
    qtbot.waitUntil(
        lambda: widget.list.count() == count and widget.list.chosen() is not None, timeout=MINUTE
    )


def listed(widget):
    return {widget.list.item(row).text().split("\n")[0] for row in range(widget.list.count())}


def test_models_are_listed_with_what_they_are(models, kept):
    assert listed(models) == {"first", "second"}
    assert not models.list.item(0).icon().isNull()
    choose(models, kept[1])
    text = models.details.text.text()
    assert "second" in text
    for c in make_model().classes:
        assert c.name in text
        assert c.color in text
    assert not models.details.cover.pixmap().isNull()


def test_use_chooses_it_in_segment(models, kept, dock, viewer, press, ended):
    segment = dock("Segment")
    choose(models, kept[0])
    press(models.use_button)
    ended(models)
    chosen = segment.form.model.model()
    assert chosen is trained_models(viewer).models[-1]
    assert chosen.name == read_card(kept[0]).name
    assert "chosen" in models.panel.status.text()


def test_test_this_model(models, kept, press, ended, told):
    choose(models, kept[0])
    press(models.panel.start_button)
    ended(models)
    assert "gives its stored test output" in models.panel.status.text()
    rewrite(kept[0], **{"test_output.npy": b"nothing"})
    press(models.panel.start_button)
    ended(models)
    assert any("checksum" in text for text in told)
    assert models.panel.start_button.isEnabled()


def test_rename(models, kept, press, ended, qtbot, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("axons of mice", True))
    choose(models, kept[0])
    press(models.rename_button)
    ended(models)
    qtbot.waitUntil(lambda: "axons of mice" in listed(models), timeout=MINUTE)
    qtbot.waitUntil(lambda: models.list.chosen().name == "axons of mice", timeout=MINUTE)
    assert not kept[0].exists()
    assert fs.load_model(models.list.chosen().path).name == "axons of mice"


def test_delete_moves_to_the_trash(models, kept, press, qtbot, monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    choose(models, kept[0])
    content = kept[0].read_bytes()
    press(models.delete_button)
    renewed(qtbot, models, 1)
    assert not kept[0].exists()
    assert kept[1].exists()
    if sys.platform == "linux":  # elsewhere it is not told where the trash is
        trashed = (tmp_path / "data").rglob("*.zip")
        assert [p.read_bytes() for p in trashed] == [content]


def test_what_cannot_be_trashed_stays(models, kept, press, told, monkeypatch):
    monkeypatch.setattr(QFile, "moveToTrash", lambda *_: False)
    choose(models, kept[0])
    press(models.delete_button)
    assert kept[0].exists()
    assert models.list.count() == 2
    assert any("trash" in text and str(kept[0]) in text for text in told)


def test_import_takes_good_files_and_tells_of_bad_ones(
    models, press, ended, qtbot, told, monkeypatch, tmp_path
):
    good = replace(make_model(3), name="a third").save(tmp_path / "third.zip")
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"no model")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *_, **__: ([str(bad), str(good)], "")
    )
    press(models.import_button)
    ended(models)
    renewed(qtbot, models, 3)
    assert "a third" in listed(models)
    assert any("bad.zip" in text for text in told)


def test_export_for_other_tools(models, kept, press, ended, monkeypatch, tmp_path):
    out = tmp_path / "shared.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(out), ""))

    def fill(dialog):
        dialog.authors.setPlainText("Ada Lovelace; London")
        dialog.licence.setCurrentText("CC-BY-4.0")
        dialog.formats["onnx"].setChecked(False)
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(ExportDialog, "exec", fill)
    choose(models, kept[0])
    press(models.export_button)
    ended(models)
    found = fs.load_model(out, check=True)
    assert found.about == fs.About(authors=("Ada Lovelace; London",), license="CC-BY-4.0")
    with zipfile.ZipFile(out) as package:
        assert "weights_torchscript.pt" in package.namelist()
        assert "weights.onnx" not in package.namelist()
    assert str(out) in models.panel.status.text()


def test_an_export_with_a_wrong_licence_stays_open(models, told):
    dialog = ExportDialog(models, "name", fs.About())
    dialog.licence.setCurrentText("free for friends")
    dialog.accept()
    assert dialog.wanted is None
    assert dialog.result() != QDialog.DialogCode.Accepted
    assert any("SPDX" in text for text in told)


@pytest.mark.filterwarnings("ignore")  # of bioimageio.core, which writes the model
@pytest.mark.parametrize("answer", ["No", "Yes"])
def test_code_runs_only_after_a_yes(
    models, press, ended, qtbot, viewer, monkeypatch, tmp_path, answer
):
    path, target, _, _ = write_code_model(tmp_path)
    asked = []

    def question(box):
        asked.append(box)
        return QMessageBox.StandardButton[answer]

    monkeypatch.setattr(QMessageBox, "exec", question)
    kept = Library().add(path)
    models.list.renew(kept)
    renewed(qtbot, models, 3)
    choose(models, kept)
    press(models.use_button)
    qtbot.waitUntil(lambda: bool(asked), timeout=MINUTE)
    ended(models)
    assert "may do anything" in asked[0].text()
    assert asked[0].textFormat() == Qt.TextFormat.PlainText
    assert asked[0].defaultButton() is asked[0].button(QMessageBox.StandardButton.No)
    assert target.exists() == (answer == "Yes")
    assert len(trained_models(viewer).models) == (answer == "Yes")


def test_names_of_strangers_are_text(tmp_path):
    model = replace(make_model(), name="x <img src='/etc/passwd'>")
    card = replace(read_card(model.save(tmp_path / "m.zip")), name=model.name)
    assert "<img" not in tell_card(card)


def test_what_is_trained_is_kept_and_listed(models, train, press, ended, qtbot):
    press(train.panel.start_button)
    ended(train)
    assert "kept in Models as" in train.panel.status.text()
    renewed(qtbot, models, 3)
    newest = max(Library().cards(), key=lambda card: card.date)
    found = fs.load_model(newest.path, check=True)
    assert found.recipe == train.model.recipe
    assert found.provenance["steps"] == train.model.provenance["steps"]


def test_a_model_that_cannot_be_kept_is_still_there(train, press, ended, told, monkeypatch):
    monkeypatch.setenv("FCNSEG_MODELS", "/proc/no/such/folder")
    press(train.panel.start_button)
    ended(train)
    assert train.model is not None
    assert train.save_button.isEnabled()
    assert any("/proc/no" in text for text in told)


def test_a_window_without_models_says_how_to_get_one(dock, qtbot):
    widget = dock("Models")
    qtbot.waitUntil(lambda: "No models yet" in widget.details.text.text(), timeout=MINUTE)
    assert not widget.use_button.isEnabled()
    assert not widget.panel.start_button.isEnabled()
    assert widget.import_button.isEnabled()


def test_what_was_chosen_is_what_is_renamed(models, kept, press, ended, qtbot, monkeypatch):
    """A training that ends while the dialog is open is listed, and changes nothing else."""

    def slowly(*_, **__):
        path = Library().keep(replace(make_model(5), name="just trained"))
        models._session.kept.emit(path)
        renewed(qtbot, models, 3)
        return "a new name", True

    monkeypatch.setattr(QInputDialog, "getText", slowly)
    choose(models, kept[0])
    press(models.rename_button)
    ended(models)
    wanted = {"a new name", "second", "just trained"}
    qtbot.waitUntil(lambda: listed(models) == wanted, timeout=MINUTE)


@pytest.mark.parametrize(("typed", "saved"), [("shared.v2", False), ("shared.zip", True)])
def test_only_what_was_asked_about_is_replaced(
    models, kept, press, ended, told, monkeypatch, tmp_path, typed, saved
):
    there = tmp_path / f"{typed.removesuffix('.zip')}.zip"
    there.write_bytes(b"of somebody")
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / typed), "")
    )

    def fill(dialog):
        for box in dialog.formats.values():
            box.setChecked(False)
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(ExportDialog, "exec", fill)
    choose(models, kept[0])
    press(models.export_button)
    ended(models)
    assert (there.read_bytes() != b"of somebody") == saved
    assert any("exists already" in text for text in told) == (not saved)


def test_a_training_whose_window_is_closed_is_kept(train, viewer, press, qtbot):
    train.form.minutes.value = 5
    press(train.panel.start_button)
    qtbot.waitUntil(
        lambda: train.curve.last is not None and train.curve.last.step > 2, timeout=MINUTE
    )
    viewer.close()
    qtbot.waitUntil(lambda: bool(list(Library().cards())), timeout=MINUTE)
    (card,) = Library().cards()
    assert int(card.facts["steps"]) > 2


def test_a_training_that_fails_late_keeps_its_best(train, press, ended, qtbot, monkeypatch, told):
    step = Trainer.step

    def fails(self, progress):
        if self.steps > 5:
            raise FcnsegError("out of memory")
        return step(self, progress)

    monkeypatch.setattr(Trainer, "step", fails)
    train.form.minutes.value = 100
    press(train.panel.start_button)
    ended(train)
    assert "out of memory. It failed at step" in train.panel.status.text()
    assert train.save_button.isEnabled()
    assert len(list(Library().cards())) == 1


def test_a_picture_or_a_name_does_not_widen_the_window(models, kept, qtbot):
    card = read_card(kept[0])
    narrow = models.details.minimumSizeHint().width()
    wide = np.zeros((1, 512, 3), np.uint8)
    models.details.show_card(replace(card, cover=wide, name="n" * 5000))
    assert models.details.minimumSizeHint().width() <= max(narrow, 300)
    models.details.show_card(replace(card, scores={c.name: 0.5 for c in card.classes}))
    assert "IoU 0.50" in models.details.text.text()
