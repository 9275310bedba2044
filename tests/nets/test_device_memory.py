import pytest
import torch

from napari_fcnseg.nets import device_memory as memory
from napari_fcnseg.nets.device_memory import available_memory, is_out_of_memory

CPU = torch.device("cpu")


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """Files of a Linux kernel, without limits; a function that sets one."""
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "cgroup")
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 900 kB\nMemAvailable: 500 kB\n")
    (tmp_path / "proc" / "self" / "cgroup").write_text("4:memory:/old\n0::/job/step\n")

    def limit(group, bytes_, used):
        folder = tmp_path / "cgroup" / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{bytes_}\n")
        (folder / "memory.stat").write_text(f"anon {used}\nfile 77777777\n")

    return limit


def test_linux_tells_what_is_available(kernel):
    assert available_memory(CPU) == 500 * 1024
    kernel("job/step", "max", 3)
    assert available_memory(CPU) == 500 * 1024


@pytest.mark.parametrize("group", ["", "job", "job/step"])
def test_a_limit_of_any_group_counts_without_the_cache_of_files(kernel, group):
    kernel("job/step", "max", 3)
    kernel(group, 100_000, 40_000)
    assert available_memory(CPU) == 60_000
    kernel(group, 100_000, 140_000)
    assert available_memory(CPU) == 0


def test_where_nobody_tells_it_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    assert available_memory(CPU) is None
    assert available_memory(torch.device("mps")) is None


def test_a_lack_of_memory_is_told_from_other_errors():
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError) as failed:
        torch.empty(2**60)
    assert is_out_of_memory(failed.value)
