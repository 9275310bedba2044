"""Where a figure was measured."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path

import torch


def machine() -> str:
    """One line: processor or card, threads, versions and the command."""
    device = f"{_processor()}, {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        device = f"{torch.cuda.get_device_name()}; {device}"
    versions = ", ".join(f"{p} {version(p)}" for p in ("torch", "torchvision", "numpy"))
    command = " ".join(["python", *sys.argv])
    return f"{device}; Python {platform.python_version()}, {versions}. `{command}`"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(li.partition(":")[2].strip() for li in lines if li.startswith("model name"))
