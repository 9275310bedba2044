"""How much memory a device has to spare, and what to do when it ran out."""

import gc
from collections.abc import Iterator
from pathlib import Path

import torch

WORDS = ("not enough memory", "can't allocate memory", "backend out of memory")  # CPU, MPS
PROC, GROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether PyTorch raised an error for a lack of memory."""
    return isinstance(error, torch.OutOfMemoryError) or any(w in str(error) for w in WORDS)


def free_memory(device: torch.device) -> None:
    """Let go of what nobody uses; outside a handler, whose traceback keeps activations alive."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def available_memory(device: torch.device) -> int | None:
    """Bytes that can still be taken on a device; ``None`` where nobody tells.

    A CUDA card tells what is free, to which comes what PyTorch holds and does not use. Of the
    CPU's memory Linux tells, and what a container or a job of a cluster may take of it.
    """
    if device.type == "cuda":
        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + held
    if device.type != "cpu" or not (PROC / "meminfo").exists():
        return None
    free = 1024 * _numbers(PROC / "meminfo")["MemAvailable:"]
    return max(0, min([free, *_left_in_groups()]))


def _left_in_groups() -> Iterator[int]:
    """Bytes that are left of each limit of this process (Linux, cgroup v2)."""
    groups = (PROC / "self/cgroup").read_text().splitlines()
    for group in [line.removeprefix("0::/") for line in groups if line.startswith("0::/")]:
        folder = GROUPS / group
        for place in [folder, *(p for p in folder.parents if p.is_relative_to(GROUPS))]:
            limit = place / "memory.max"
            if limit.exists() and (text := limit.read_text().strip()) != "max":
                # Files that lie in memory only to be quick are given up when it is short.
                yield int(text) - _numbers(place / "memory.stat")["anon"]


def _numbers(path: Path) -> dict[str, int]:
    """Numbers of a file of the kernel by the names before them."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {row[0]: int(row[1]) for row in rows}
