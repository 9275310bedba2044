"""napari widgets: thin, the only room that knows napari and Qt. Events in, layers out."""

from importlib.util import find_spec

if find_spec("napari") is None:
    raise ModuleNotFoundError(
        'the widgets need napari: pip install "napari-fcnseg[all]"; fcnseg and Python do without',
        name="napari",
    )
