"""Train a segmentation network from painted strokes and run it over stacks of any size.

The names below are the public interface; they are imported when first used, so that
``import napari_fcnseg`` is quick and loads no torch.
"""

from importlib.metadata import version

import lazy_loader

__version__ = version("napari-fcnseg")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
