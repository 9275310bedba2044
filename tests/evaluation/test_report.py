"""The report, looked at by a real browser."""

import shutil

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import EvaluationError, OutputError
from napari_fcnseg.images.synthetic import synthetic_em

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def stack():
    image, truth = synthetic_em((3, 160, 300), 0)
    truth = np.minimum(truth, 2)
    found = truth.copy()
    found[1, 20:60, 40:90] = 3 - truth[1, 20:60, 40:90]
    return image, truth, found


def report(stack, path, **options):
    image, truth, found = stack
    scored = fs.evaluate(
        found, truth, axes="ZYX", classes={1: "mem<b>rane", 2: "cell"}, **options
    ).wait()
    fs.write_report(scored.evaluation, path, [fs.Image(image, "ZYX")])
    return scored.evaluation


def test_one_file_that_needs_no_other(stack, tmp_path):
    report(stack, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "http" not in page
    assert "mem&lt;b&gt;rane" in page
    assert "mem<b>rane" not in page


def test_nothing_is_overwritten_unasked(stack, tmp_path):
    found = report(stack, tmp_path / "report.html")
    with pytest.raises(OutputError, match="exists already"):
        fs.write_report(found, tmp_path / "report.html")
    fs.write_report(found, tmp_path / "report.html", overwrite=True)
    with pytest.raises(OutputError, match="cannot write"):
        fs.write_report(found, tmp_path / "not there" / "report.html")


def test_pictures_are_of_what_was_segmented(stack, tmp_path):
    found = report(stack, tmp_path / "report.html")
    other = fs.Image(np.zeros((3, 100, 300)), "ZYX")
    for images in ([other], [other, other]):
        with pytest.raises(EvaluationError, match="give"):
            fs.write_report(found, tmp_path / "other.html", images)
    assert not (tmp_path / "other.html").exists()


@pytest.fixture
def browser(tmp_path):
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=800,900"):
        options.add_argument(option)
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def cells(browser, table):
    rows = browser.find_elements("css selector", f"#{table} tr")
    return [[c.text for c in row.find_elements("css selector", "th, td")] for row in rows]


def test_a_browser_shows_it(stack, tmp_path, browser):
    found = report(stack, tmp_path / "report.html", interior="cell")
    browser.get((tmp_path / "report.html").as_uri())
    assert "mem<b>rane" in cells(browser, "classes")[1][0]
    by_class = found.scores.by_class
    assert cells(browser, "classes")[2][3] == f"{by_class['IoU'][1]:.3f}"
    right = found.scores.matrix[0, 0] / found.scores.matrix[0].sum()
    assert cells(browser, "confusion")[1][1] == f"{100 * right:.1f} %"
    cards = browser.find_element("id", "overall").text
    assert f"{found.scores.mean_iou:.3f}" in cards
    assert "V_Rand" in cards
    lines = browser.find_elements("css selector", "#curve polyline")
    assert len(lines) == 2
    assert all(line.size["width"] > 300 for line in lines)
    pictures = browser.find_elements("css selector", "figure img")
    assert len(pictures) == len(found.worst) > 0
    assert all(p.get_property("naturalWidth") > 400 for p in pictures)  # four panels, loaded
    captions = [c.text for c in browser.find_elements("css selector", "figcaption")]
    assert captions[0].startswith("Z 1, Y 0-128, X 0-128")
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= 800  # nothing sticks out at the side
    assert not [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]


def test_a_browser_shows_objects_of_several_images(tmp_path, browser):
    truth = np.zeros((60, 80), np.uint16)
    truth[5:20, 5:20], truth[30:50, 40:70] = 1, 2
    scored = fs.evaluate([truth, truth // 2], [truth, truth], objects=True).wait().evaluation
    fs.write_report(scored, tmp_path / "report.html")
    browser.get((tmp_path / "report.html").as_uri())
    assert [row[1:3] for row in cells(browser, "images")] == [
        ["objects", "found"],
        ["2", "2"],
        ["2", "1"],
    ]
    assert "2 images" in browser.find_element("tag name", "h1").text
    assert len(browser.find_elements("css selector", "figure img")) == len(scored.worst) == 1
