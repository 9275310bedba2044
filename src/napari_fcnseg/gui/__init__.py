"""napari widgets: thin, the only room that knows napari and Qt. Events in, layers out."""
