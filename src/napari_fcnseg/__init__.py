"""Train a segmentation network from painted strokes and run it over stacks of any size.

The names below are the public interface; they are imported when first used, so that
``import napari_fcnseg`` is quick and loads no torch.
"""

import os
from importlib.metadata import version

import lazy_loader

# Linux hands PyTorch large pages: activations cost a third less (docs/benchmarks.md). Read once,
# before the first tensor; whoever has set it decides.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__version__ = version("napari-fcnseg")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
