"""Two copies of LLVM in one process: Mesa's and Triton's.

On Linux, Mesa's software renderer and its AMD drivers load libLLVM when napari opens its
window. Importing Triton after that ends the process with a segmentation fault, and every
optimiser of torch imports Triton, by way of ``torch._dynamo``. We compile nothing with
Triton in the viewer, so there it counts as not installed.
"""

import sys
from pathlib import Path

MAPS = Path("/proc/self/maps")


def keep_triton_out() -> None:
    """Make ``import triton`` fail if it would crash: LLVM is loaded and Triton is not yet."""
    if "triton" not in sys.modules and MAPS.exists() and "libLLVM" in MAPS.read_text():
        sys.modules["triton"] = None  # type: ignore[assignment]
