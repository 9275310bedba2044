"""fcnseg evaluate, as a person types it."""

import json

import numpy as np
import pytest
import tifffile

from napari_fcnseg.cli import main

TRUTH = np.repeat(np.array([[0, 0, 255, 255]], np.uint8), 4, axis=0)
FOUND = np.repeat(np.array([[1, 255, 255, 255]], np.uint8), 4, axis=0)
NAMES = ["--classes", "0=membrane,255=cell"]


@pytest.fixture
def files(tmp_path):
    for name, pixels in (("truth", TRUTH), ("found", FOUND)):
        tifffile.imwrite(tmp_path / f"{name}.tif", pixels)
    return [str(tmp_path / "found.tif"), str(tmp_path / "truth.tif"), *NAMES]


def test_a_table(files, capsys):
    assert main(["evaluate", *files]) == 0
    table = {
        line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line
    }
    assert table["membrane"][:2] == ["0.500", "0.667"]
    assert table["cell"][0] == "0.667"
    assert table["cell"][-1] == "8"


def test_json_goes_to_a_file_or_to_the_reader(files, tmp_path, capsys):
    assert main(["evaluate", *files, "--json", "--interior", "cell"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["classes"]["cell"]["IoU"] == pytest.approx(2 / 3)
    assert printed["membranes"]["v_rand"] == 1
    page, numbers = tmp_path / "report.html", tmp_path / "scores.json"
    command = ["evaluate", *files, "--json", str(numbers), "--html", str(page), "--interior", "255"]
    assert main(command) == 0
    assert json.loads(numbers.read_text()) == printed
    assert "membrane" in page.read_text("utf-8")
    assert main(command) == 8
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_folders_are_paired_by_name(tmp_path, capsys):
    for folder in ("found", "truth", "images"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / "found" / f"{name}.labels.ome.tif", FOUND)
        tifffile.imwrite(tmp_path / "truth" / f"{name}.tif", TRUTH)
        tifffile.imwrite(tmp_path / "images" / f"{name}.tif", TRUTH)
    tifffile.imwrite(tmp_path / "found" / "c.tif", FOUND)
    found, truth, images = (str(tmp_path / name) for name in ("found", "truth", "images"))
    page = tmp_path / "report.html"
    assert main(["evaluate", found, truth, *NAMES, "--image", images, "--html", str(page)]) == 0
    out, err = capsys.readouterr()
    assert "1 have no partner and are left out: c" in err
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("  a", "  b"))] == [
        "a",
        "b",
    ]
    (tmp_path / "found" / "a.tif").write_bytes(b"")
    assert main(["evaluate", found, truth, *NAMES]) == 9
    assert "have one name, a" in capsys.readouterr().err
    (tmp_path / "found" / "a.tif").unlink()
    assert main(["evaluate", found, str(tmp_path)]) == 9
    assert "no file of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        (["found.tif", "nowhere.tif"], 3, "nowhere.tif does not exist"),
        (["found.tif", "truth.tif"], 4, "is in none of the classes"),
    ],
)
def test_what_is_wrong_is_told(files, tmp_path, capsys, changed, code, told):
    paths = [str(tmp_path / name) for name in changed]
    assert main(["evaluate", *paths, "--classes", "1=membrane"]) == code
    assert told in capsys.readouterr().err
