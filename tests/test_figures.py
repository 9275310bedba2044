"""The pages on how it works: each figure is computed, and its page tells what was measured."""

import json
import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

import napari_fcnseg as fs
from napari_fcnseg import cli

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = DOCS / "images" / "how"
MEASURED = json.loads(
    (PICTURES / "measured.json").read_text("utf-8"),
    object_hook=lambda found: {int(k) if k.isdigit() else k: v for k, v in found.items()},
)
PAGES = {
    "sliding_window": "sliding-window",
    "up_sampling": "up-sampling",
    "receptive_field": "receptive-field",
    "skip_connections": "skip-connections",
    "dilation": "dilation",
    "dense_crf": "dense-crf",
    "weight_map": "border-weights",
    "tiles": "tiles",
}
# What each page tells of `measured.json`: strings to be filled in by it.
TOLD = {
    "sliding_window": [
        "Then {0[windows asked]} windows",
    ],
    "up_sampling": [
        "| nearest, bilinear | {0[uneven][nearest]:.0f} |",
        "| {0[uneven][2 x 2, equal]:.0f} | {0[uneven][2 x 2, random]:.2f} |",
        "| {0[uneven][3 x 3, equal]:.2f} | {0[uneven][3 x 3, random]:.2f} |",
        "| {0[uneven][4 x 4, equal]:.0f} | {0[uneven][4 x 4, random]:.2f} |",
    ],
    "receptive_field": [
        "Its field, measured, is {0[lecture network][field][0]} pixels",
        "lie in {0[95 % of the gradient][3]} of the {0[field][3][1]} pixels",
        "in {0[95 % of the gradient][4]} of the {0[field][4][1]}",
        "| {0[IoU][3][52]:.2f} | {0[IoU][4][52]:.2f} |",
        "| {0[IoU][3][88]:.2f} | {0[IoU][4][88]:.2f} |",
        "| {0[IoU][3][124]:.2f} | {0[IoU][4][124]:.2f} |",
    ],
    "skip_connections": [
        "membranes come back with an IoU of {0[membrane][32]:.2f},",
        "with one in 16 x 16 {0[membrane][16]:.2f}, in 8 x 8 {0[membrane][8]:.2f},",
        "in 2 x 2 {0[membrane][2]:.2f}",
        "are mostly lost at 32 ({0[mitochondrion][32]:.2f}) and there at 8 "
        "({0[mitochondrion][8]:.2f})",
    ],
    "dilation": [
        "| 1, 1, 1, 1, 1 | {0[plain][field]} pixels | {0[plain][seen]:.0%} |",
        "| 2, 2, 2, 2, 2 | {0[all by 2][field]} pixels | {0[all by 2][seen]:.0%} |",
        "| 1, 2, 4, 8, 16 | {0[doubled][field]} pixels | {0[doubled][seen]:.0%} |",
        "{0[doubled][weights]} weights in each chain",
        "touch {0[ASPP][taps]} places in {0[ASPP][field]} x {0[ASPP][field]}",
        "see {0[context module][field]} x {0[context module][field]} scores",
    ],
    "dense_crf": [
        "goes from {0[before]:.2f} to {0[after][80]:.2f}",
        "first round alone brings it to {0[rounds][1]:.2f}",
        "worse**, down to {0[after][2]:.2f}",
    ],
    "weight_map": [
        "| 1 | {0[gap of 1 px]:.2f} |",
        "| 3 | {0[gap of 3 px]:.2f} |",
        "| 6 | {0[gap of 6 px]:.2f} |",
    ],
    "tiles": [
        "field {0[field][0]} pixels, stride {0[stride]}, halo {0[halo]}.",
        "| {0[largest][no halo]:.2f} | {0[labels that differ][no halo]} |",
        "a halo of {0[off]} pixels",
        "| {0[largest][off the grid]:.2f} | {0[labels that differ][off the grid]} |",
        "| {0[largest][this engine]:.6f} | **{0[labels that differ][this engine]}** |",
    ],
}


def read(name):
    return (DOCS / "how" / f"{PAGES[name]}.md").read_text("utf-8")


@pytest.fixture
def figure(monkeypatch):
    """Import a script of a figure, as `make.py` does."""
    monkeypatch.syspath_prepend(DOCS / "figures")
    return import_module


@pytest.mark.parametrize("name", PAGES)
def test_a_figure_is_computed_and_drawn(name, figure, tmp_path):
    script = figure(name)
    seen = script.measure(**script.TINY)
    assert seen["numbers"].keys() == MEASURED[name].keys()
    figure("style").save(script.draw, seen, tmp_path / "drawn.png")
    with Image.open(tmp_path / "drawn.png") as drawn:
        assert drawn.width > 1000
        assert len(drawn.convert("RGB").getcolors(10**6)) > 20  # not a blank sheet


def test_every_figure_has_a_page_and_a_small_picture(figure):
    assert set(figure("make").FIGURES) == set(PAGES) == set(MEASURED)
    assert {p.stem for p in (DOCS / "how").glob("*.md")} - {"index"} == set(PAGES.values())
    pictures = {f"{name.replace('_', '-')}.png" for name in PAGES}
    assert {p.name for p in PICTURES.glob("*.png")} == pictures
    for name in PAGES:
        picture = f"{name.replace('_', '-')}.png"
        assert f"](../images/how/{picture})" in read(name)
        assert (PICTURES / picture).stat().st_size < 150_000


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(name):
    text = read(name)
    assert max(map(len, text.splitlines())) <= 120
    assert "## Here" in text
    assert "## From" in text
    for target in re.findall(r"\]\(((?!http)[^)#]+)[^)]*\)", text):
        assert (DOCS / "how" / target).exists(), target
    for line in re.findall(r"^ {4}(fcnseg .*)$", text, re.MULTILINE):
        cli.make_parser().parse_args(shlex.split(line, comments=True)[1:])
    for recipe in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        fs.Recipe.from_dict(tomllib.loads(recipe))
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        compile(code, name, "exec")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_what_was_measured(name):
    text = " ".join(read(name).split())
    for told in TOLD[name]:
        assert told.format(MEASURED[name]) in text


def test_a_window_says_what_the_dense_network_says(figure):
    script = figure("sliding_window")
    numbers = script.measure(**script.TINY)["numbers"]
    assert numbers["windows - dense"] < 1e-12
    assert numbers["stitched - dense"] < 1e-12
    prices = MEASURED["sliding_window"]["multiply-adds per pixel"]
    assert {name: round(price) for name, price in script.costs().items()} == prices
    alone, stitched, dense = (price / 1e6 for price in script.costs().values())
    told = f"{alone:.0f} million, shift and stitch {stitched:.2f}, the dense network {dense:.3f}"
    assert f"{told}: {alone / dense:.0f} times less" in " ".join(read("sliding_window").split())


def test_operators_with_two_names_are_one(figure):
    script = figure("up_sampling")
    numbers = script.measure(**script.TINY)["numbers"]
    assert numbers["differences"].pop("transposed 2 x 2 and sub-pixel") == 0
    assert max(numbers["differences"].values()) < 1e-6
    uneven = numbers["uneven"]
    assert max(uneven[name] for name in ("bilinear", "nearest", "2 x 2, equal")) == 0
    assert uneven["3 x 3, equal"] == pytest.approx(0.484, abs=1e-3)


def test_fields_of_the_page():
    def field(**options):
        return fs.describe(fs.build_net("unet", 3, 2, **options), costs=False)["receptive_field"]

    lecture = MEASURED["receptive_field"]["lecture network"]
    assert list(field(depth=3, width=8)) == lecture["field"] == [44, 44]
    assert fs.build_net("unet", 3, 2, depth=3, width=8).parameter_count == lecture["weights"]
    assert list(field(depth=4, width=1)) == MEASURED["receptive_field"]["field"][4] == [92, 100]
    assert field(depth=5, width=1) == (188, 204)


def test_what_needs_no_training_is_computed_again(figure):
    assert figure("dilation").measure()["numbers"] == MEASURED["dilation"]
    weights = figure("weight_map").measure()["numbers"]
    assert weights == pytest.approx(MEASURED["weight_map"], abs=1e-9)


def test_thin_things_need_fine_maps(figure):
    numbers = figure("skip_connections").measure(slices=1, size=192)["numbers"]
    thin = list(numbers["membrane"].values())
    assert thin[0] == 1
    assert thin == sorted(thin, reverse=True)
    assert thin[3] < 0.7 < numbers["cytoplasm"][8]


def test_a_crf_needs_an_edge(figure):
    numbers = figure("dense_crf").measure(rounds=5, contrasts=(2, 60))["numbers"]
    before, after = numbers["before"], numbers["after"]
    assert after["60"] > before + 0.05
    assert after["2"] < before + 0.02


def test_only_tiles_with_halo_and_grid_are_the_whole(figure):
    script = figure("tiles")
    numbers = script.measure(**script.TINY)["numbers"]
    largest = numbers["largest"]
    assert largest["this engine"] < 1e-5
    assert numbers["labels that differ"]["this engine"] == 0
    assert numbers["largest in float64"] < 5e-7
    assert min(largest["no halo"], largest["off the grid"]) > 1e-3
    by_halo = numbers["largest by halo"]
    assert by_halo[str(numbers["halo"])] < 1e-5 < by_halo[str(numbers["stride"])]
