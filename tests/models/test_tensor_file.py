import signal
import sys

import pytest
import torch

from napari_fcnseg.errors import OutputError
from napari_fcnseg.models.tensor_file import save_tensors

STATE = {"weights": torch.arange(100_000), "step": 7}


@pytest.fixture
def full_disk():
    """Files of this process end at 64 kB."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_what_is_written_is_read(tmp_path):
    save_tensors(STATE, tmp_path / "run.pt")
    found = torch.load(tmp_path / "run.pt", weights_only=True)
    assert torch.equal(found["weights"], STATE["weights"])
    assert found["step"] == 7
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")
def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path, full_disk):
    path = tmp_path / "run.pt"
    path.write_bytes(b"older")
    with pytest.raises(OutputError, match=r"cannot write .*run\.pt: .*make room"):
        save_tensors(STATE, path)
    assert path.read_bytes() == b"older"
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]
