"""Why no graphics card is found, and what to do about it."""

import platform
import shutil

import torch


def why_no_gpu() -> str | None:
    """Return one sentence; ``None`` where there is one."""
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return None
    if platform.system() == "Darwin":
        if torch.backends.mps.is_built():
            return "no graphics card: PyTorch can use that of a Mac with Apple silicon only"
        return "no graphics card: this PyTorch was built without MPS; install it from pytorch.org"
    built = torch.version.cuda or torch.version.hip
    if not built:
        return (
            "no graphics card: this PyTorch was built without CUDA; if this machine has an NVIDIA "
            "card, install the build for it from pytorch.org"
        )
    if torch.version.cuda and not shutil.which("nvidia-smi"):
        return (
            "no graphics card: there is no NVIDIA driver; if this machine has such a card, install "
            "its driver"
        )
    return (
        f"no graphics card: PyTorch, built for version {built}, cannot use the driver that is "
        "there; update the driver"
    )
