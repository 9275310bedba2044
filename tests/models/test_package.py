"""The model on disk: a valid bioimage.io package that gives the same bytes out."""

import io
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import yaml
from tests.conftest import CLASSES, make_model
from tests.models.packages import DESCRIPTION, description, forge, rewrite

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError, OutputError
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.images.pixel_size import PixelSize

THREE = (*CLASSES, fs.SegClass(0, "background", "#000000"))
KINDS = {
    "same": {},
    "valid": {"padding": "valid", "depth": 2},
    "valid-bilinear": {"padding": "valid", "depth": 2, "up": "bilinear", "norm": None},
    "rgb": {"in_channels": 3, "classes": THREE},
}
EACH = {  # normalise each image by itself
    "rgb, each": ("percentile", {"in_channels": 3, "classes": THREE}),
    "each": ("mean_std", {}),
}


@pytest.fixture(params=[*KINDS, *EACH])
def kind(request):
    if request.param in KINDS:
        return make_model(**KINDS[request.param])
    how, options = EACH[request.param]
    model = make_model(**options)
    return replace(model, normalisation=replace(model.normalisation, kind=how, each=True))


def test_what_is_saved_is_loaded(kind, tmp_path):
    recipe = fs.Recipe(steps=3, rotate="any")
    model = fs.Model(
        kind.net, kind.normalisation, kind.classes, recipe, "my cells", provenance={"steps": 3}
    )
    assert model.save(tmp_path / "m.zip") == tmp_path / "m.zip"
    loaded = fs.load_model(tmp_path / "m.zip", check=True)
    assert (loaded.classes, loaded.recipe, loaded.name) == (model.classes, recipe, "my cells")
    assert loaded.normalisation == model.normalisation
    assert loaded.provenance == {"steps": 3}
    image = np.random.default_rng(0).integers(0, 255, (model.net.in_channels, 60, 70))
    first, second = (fs.segment(m, image, "probabilities", axes="CYX") for m in (model, loaded))
    assert np.array_equal(first, second)


def test_an_unpacked_folder_loads_too(model, tmp_path):
    model.save(tmp_path / "m.zip")
    shutil.unpack_archive(tmp_path / "m.zip", tmp_path / "m")
    assert fs.load_model(tmp_path / "m", check=True).classes == model.classes


@pytest.mark.filterwarnings("ignore")  # of the checking library itself
def test_the_package_is_valid_and_passes_its_own_test(kind, tmp_path):
    from bioimageio.core import test_model
    from bioimageio.spec import load_description

    kind.save(tmp_path / "m.zip")
    found = load_description(tmp_path / "m.zip")
    assert found.validation_summary.status != "failed", found.validation_summary.display()
    summary = test_model(tmp_path / "m.zip", weight_format="pytorch_state_dict")
    assert summary.status == "passed", summary.format()


@pytest.mark.filterwarnings("ignore")  # of the checking library itself
def test_a_sample_without_contrast_is_none_for_a_model_that_needs_some(model, tmp_path):
    """Other programs divide by almost nothing there."""
    from bioimageio.core import test_model

    each = replace(model.normalisation, each=True)
    sparse = np.zeros((1, 128, 128), np.float32)
    sparse[0, 5, 5] = 200
    replace(model, normalisation=each, sample=sparse).save(tmp_path / "m.zip")
    assert test_model(tmp_path / "m.zip", weight_format="pytorch_state_dict").status == "passed"


def test_older_packages_are_what_they_were(model, tmp_path):
    path = tmp_path / "m.zip"
    replace(model, recipe=fs.Recipe(normalise_each=True)).save(path)
    older = description(path)
    ours = older["config"]["napari_fcnseg"]
    del ours["normalisation"]["each"], ours["recipe"]["normalise_each"], ours["recipe"]["pseudo"]
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(older)})
    loaded = fs.load_model(path)
    assert not loaded.normalisation.each
    assert (loaded.recipe.normalise_each, loaded.recipe.pseudo) == (False, 0.0)


def test_training_puts_a_real_sample_into_the_package(painted, tmp_path):
    image, _, strokes = painted
    recipe = fs.Recipe(
        net_options={"depth": 3, "width": 4, "padding": "same"}, patch=32, batch=2, steps=1
    )
    model = fs.fit(image, strokes, recipe, axes="ZYX")
    model.save(tmp_path / "m.zip")
    with zipfile.ZipFile(tmp_path / "m.zip") as package:
        sample = np.load(io.BytesIO(package.read("test_input.npy")))
    assert sample.shape == (1, *model.sample.shape)
    assert 0 <= sample.min() < sample.max() <= 255


def test_an_existing_file_is_kept(model, tmp_path):
    (tmp_path / "m.zip").write_text("thesis")
    with pytest.raises(OutputError, match="m.zip exists already"):
        model.save(tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_text() == "thesis"
    model.save(tmp_path / "m.zip", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["m.zip"]
    with pytest.raises(OutputError, match="give a name that ends in .zip"):
        model.save(tmp_path / "m.pt")


def test_what_is_no_model(tmp_path, grey):
    with pytest.raises(ModelError, match="none.zip does not exist"):
        fs.load_model(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("not a zip")
    with pytest.raises(ModelError, match="text.zip is not a model package: it is no zip"):
        fs.load_model(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as package:
        package.writestr("a.txt", "b")
    with pytest.raises(ModelError, match="holds no bioimageio.yaml or rdf.yaml"):
        fs.load_model(tmp_path / "other.zip")


def test_damage_is_found(model, tmp_path):
    path = tmp_path / "m.zip"
    model.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="truncated"):
        fs.load_model(path)
    path.write_bytes(whole)
    rewrite(path, **{"weights.pt": b"other weights"})
    with pytest.raises(ModelError, match="does not match its checksum"):
        fs.load_model(path)
    path.write_bytes(whole)
    rewrite(path, **{"weights.pt": None})
    with pytest.raises(ModelError, match=r"holds no weights\.pt"):
        fs.load_model(path)


def test_a_wrong_test_output_fails_the_check_only(model, tmp_path):
    path, other = tmp_path / "m.zip", io.BytesIO()
    model.save(path)
    sample = fs.load_model(path).sample
    np.save(other, model.probabilities(sample)[None] + 0.01)
    forge(path, "test_output.npy", other.getvalue())
    fs.load_model(path)
    with pytest.raises(ModelError, match="differs from its stored test output by 0.01"):
        fs.load_model(path, check=True)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda d: d["config"].pop("napari_fcnseg"), ModelError, "can only be run by .build_net"),
        (
            lambda d: d["config"]["napari_fcnseg"].update(format=99),
            ModelError,
            "newer napari-fcnseg",
        ),
        (
            lambda d: d["config"]["napari_fcnseg"]["net"].update(name="vnet"),
            ModelError,
            "unknown network",
        ),
        (
            lambda d: d["config"]["napari_fcnseg"]["net"]["options"].update(width=9),
            ModelError,
            "has the shape",
        ),
    ],
)
def test_packages_that_do_not_fit_say_why(model, tmp_path, change, error, said):
    path = tmp_path / "m.zip"
    model.save(path)
    changed = description(path)
    change(changed)
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(changed)})
    with pytest.raises(error, match=said):
        fs.load_model(path)


def test_a_model_needs_classes_and_channels_that_fit(model):
    with pytest.raises(ModelError, match="2 outputs, but 1 classes"):
        fs.Model(model.net, model.normalisation, CLASSES[:1])
    with pytest.raises(ModelError, match="takes 3 channels, its normalisation has 1"):
        fs.Model(make_model(in_channels=3).net, model.normalisation, CLASSES)


def test_what_could_not_be_read_again_is_not_written(model, tmp_path):
    odd = replace(model, classes=(fs.SegClass(1, "a", "red"), model.classes[1]))
    with pytest.raises(ModelError, match=r"cannot be saved: classes\.0\.color"):
        odd.save(tmp_path / "m.zip")
    assert not list(tmp_path.iterdir())


def test_small_numbers_stay_numbers(model, tmp_path):
    """YAML 1.1 takes 1e-06 for a text."""
    normalisation = Normalisation("mean_std", (1e-6,), (2e-12,))
    small = replace(model, normalisation=normalisation, recipe=fs.Recipe(rate=1e-6))
    loaded = fs.load_model(small.save(tmp_path / "m.zip"), check=True)
    assert loaded.recipe == small.recipe
    assert loaded.normalisation == normalisation


@pytest.mark.filterwarnings("ignore")  # of the checking library itself
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_the_pixel_size_stands_in_the_axes(padding, tmp_path):
    from bioimageio.spec import load_description

    path, size = tmp_path / "m.zip", PixelSize(4.0, 0.5, "nanometer")
    replace(make_model(padding=padding, depth=2), pixel_size=size).save(path)
    found = load_description(path)
    assert found.validation_summary.status != "failed", found.validation_summary.display()
    for tensor in ("inputs", "outputs"):
        axes = [(a["scale"], a["unit"]) for a in description(path)[tensor][0]["axes"][-2:]]
        assert axes == [(4.0, "nanometer"), (0.5, "nanometer")]
    assert fs.load_model(path).pixel_size == size
    older = description(path)
    del older["config"]["napari_fcnseg"]["pixel_size"]
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(older)})
    assert fs.load_model(path).pixel_size is None
