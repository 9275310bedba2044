"""``python -m napari_fcnseg`` is ``fcnseg``."""

import sys

from napari_fcnseg.cli import main

sys.exit(main())
