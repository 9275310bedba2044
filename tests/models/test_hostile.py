"""Model files that strangers made: nothing of them is executed, and each says what it is."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
import yaml
from tests.conftest import make_model
from tests.models.packages import DESCRIPTION, description, forge, rewrite

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError
from napari_fcnseg.models import archive


@pytest.fixture
def path(tmp_path):
    """A sound package."""
    return make_model().save(tmp_path / "m.zip")


def refused(path, said):
    """Loading fails with a clear error that names the file."""
    with pytest.raises(ModelError, match=said) as error:
        fs.load_model(path)
    assert str(path) in str(error.value)


class Bomb:
    """Opens a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def torch_bytes(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["pickle", "torch", "torch, old", "inside of a state dict"])
def test_a_pickle_bomb_among_the_weights(path, tmp_path, kind):
    target = tmp_path / "executed"
    bomb = Bomb(target)
    content = {
        "pickle": lambda: pickle.dumps({"a": bomb}),
        "torch": lambda: torch_bytes({"a": bomb}),
        "torch, old": lambda: torch_bytes({"a": bomb}, _use_new_zipfile_serialization=False),
        "inside of a state dict": lambda: torch_bytes(make_model().net.state_dict() | {"a": bomb}),
    }[kind]()
    forge(path, "weights.pt", content)
    refused(path, "more than tensors|no file with tensors")
    assert not target.exists()
    pickle.loads(pickle.dumps(bomb)).close()  # it is a bomb
    assert target.exists()


def test_a_pickle_bomb_as_test_tensor(path, tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb(tmp_path / "executed")], object), allow_pickle=True)
    forge(path, "test_input.npy", buffer.getvalue())
    refused(path, "no array")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.mkdir [{}]",
        "!!python/object/new:os.mkdir [{}]",
        "!!python/name:os.mkdir ''",
        "!!python/module:os ''",
    ],
)
def test_tags_of_yaml(path, tmp_path, tag):
    text = yaml.safe_dump(description(path)) + "\nx: " + tag.format(tmp_path / "executed") + "\n"
    rewrite(path, **{DESCRIPTION: text})
    refused(path, "no description of a model")
    assert not (tmp_path / "executed").exists()


LAUGHS = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n".join(["a0: &a0 [ha, ha, ha]", *LAUGHS]), "repeats itself"),
        ("a: &a [*a]", "contains itself"),
        ("a: &a {x: 1}\nb: {<<: [*a, *a]}", "merges mappings"),
        ("a: !!pairs [x: " + "[" * 100 + "]" * 100 + "]", "nests too deeply"),
        ("a: " + "[" * 100 + "]" * 100, "nests too deeply"),
        ("a: " + "[" * 50_000, "no description"),
        ("- just\n- a list", "no mapping"),
        ("a: [", "no description"),
        ("a: 1e999999999999", "rules of bioimage.io"),
    ],
)
def test_yaml_without_end(path, text, said):
    rewrite(path, **{DESCRIPTION: text})
    refused(path, said)


def test_a_description_larger_than_any(path):
    rewrite(path, **{DESCRIPTION: os.urandom(2**22 + 1).hex()})
    refused(path, "more than the")


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil", "\\\\host\\evil"]
)
def test_names_that_lead_out_of_a_zip(path, name):
    rewrite(path, **{name: b"x"})
    refused(path, "leads out of the package")


def test_a_description_that_points_out_of_the_package(path, tmp_path):
    (tmp_path / "secret.npy").write_bytes(b"secret")
    changed = description(path)
    changed["inputs"][0]["test_tensor"]["source"] = "../secret.npy"
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(changed)})
    refused(path, "leads out of the package")


def test_links_out_of_a_folder(path, tmp_path):
    folder = tmp_path / "folder"
    with zipfile.ZipFile(path) as package:
        package.extractall(folder)
    fs.load_model(folder)
    (folder / "weights.pt").rename(tmp_path / "elsewhere.pt")
    (folder / "weights.pt").symlink_to(tmp_path / "elsewhere.pt")
    refused(folder, "leads out of the package")


def test_links_in_a_zip(path):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as package:
        package.writestr(link, "/etc/passwd")
    refused(path, "is a link")


def test_a_zip_bomb(path):
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("zeros", bytes(2**26))
    refused(path, "made to fill the memory")


def test_a_zip_bomb_as_weights(path):
    """Packed once more inside of the file with the tensors."""
    sound = zipfile.ZipFile(io.BytesIO(torch_bytes(make_model().net.state_dict())))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for member in sound.infolist():
            package.writestr(member.filename, sound.read(member))
        package.writestr("archive/data/999", bytes(2**26))
    forge(path, "weights.pt", packed.getvalue())
    refused(path, "made to fill the memory")


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_that_declares_to_be_small(path, packing):
    """What a file unpacks to is not what it says."""
    import resource

    with zipfile.ZipFile(path) as package:
        others = {n: package.read(n) for n in package.namelist() if n != DESCRIPTION}
    with zipfile.ZipFile(path, "w", packing) as package:
        for name, content in others.items():
            package.writestr(name, content)
        package.writestr(DESCRIPTION, bytes(2**28))
    liar = path.read_bytes().replace(struct.pack("<I", 2**28), struct.pack("<I", 100))
    path.write_bytes(liar)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, ".")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_many_files_and_large_ones(path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 1000)
    refused(path, "more than 1000 bytes")
    monkeypatch.setattr(archive, "MEMBERS", 2)
    refused(path, "a model has up to 2")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(path):
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("weights.pt", b"other")
    refused(path, "of the same name")


def test_truncated_zips(path):
    whole = path.read_bytes()
    for part in (0.0, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(part * len(whole))])
        refused(path, "truncated")


@pytest.mark.parametrize("name", ["weights.pt", "test_input.npy"])
def test_wrong_checksums(path, name):
    with zipfile.ZipFile(path) as package:
        content = bytearray(package.read(name))
    content[-1] ^= 1
    rewrite(path, **{name: bytes(content)})
    refused(path, "does not match its checksum")


def test_a_file_without_a_checksum(path):
    changed = description(path)
    del changed["weights"]["pytorch_state_dict"]["sha256"]
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(changed)})
    refused(path, "no checksum")


def test_source_code_of_an_architecture(path, tmp_path):
    """A package of ours that names source code: it is not so much as looked at."""
    changed = description(path)
    changed["weights"]["pytorch_state_dict"]["architecture"] = {
        "callable": "Net", "source": "evil.py", "sha256": "0" * 64, "kwargs": {},
    }  # fmt: skip
    evil = f"open({str(tmp_path / 'executed')!r}, 'w')\n"
    rewrite(path, **{"evil.py": evil, DESCRIPTION: yaml.safe_dump(changed)})
    fs.load_model(path, check=True)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width": 4000}, "has the shape"),
        ({"width": 10**12}, "no option of a network"),
        ({"depth": 4000}, "not a readable model package"),
        ({"depth": -1}, "not a readable model package"),
        ({"width": "8"}, "should be of the type int"),
        ({"wings": 2}, "has no option 'wings'"),
    ],
)
def test_networks_that_would_fill_the_memory(path, options, said):
    changed = description(path)
    changed["config"]["napari_fcnseg"]["net"]["options"].update(options)
    rewrite(path, **{DESCRIPTION: yaml.safe_dump(changed)})
    refused(path, said)


def test_an_array_that_promises_more_than_it_has(path):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1000000, 1000000)}\n"
    forge(path, "test_input.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    refused(path, "its header promises")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop(next(iter(s))), "lack "),
        (lambda s: s.update(wing=torch.zeros(1)), "have wing"),
        (lambda s: s.clear(), "lack .* and .* more"),
        (lambda s: s.update({next(iter(s)): torch.zeros(3)}), r"has the shape \(3,\)"),
        (lambda s: s.update(wing=torch.zeros(2**20)), "weights of another network"),
        (lambda s: s.update(wing=1), "something else than tensors"),
    ],
)
def test_weights_of_another_network(path, change, said):
    state = make_model().net.state_dict()
    change(state)
    forge(path, "weights.pt", torch_bytes(state))
    refused(path, said)
