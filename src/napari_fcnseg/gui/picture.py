"""What the Show widget makes of the slice that is looked at, each in a layer of its own."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from napari.layers import Layer

from napari_fcnseg.events import Event, Steps
from napari_fcnseg.images.grid import Spans


@dataclass(frozen=True)
class Pictured(Event):
    """The end: what is to be shown of a part of an image; ``note`` is for people."""

    spans: Spans
    found: Any = field(repr=False)
    note: str = ""


class Picture(ABC):
    """Something that is computed in a thread, and shown in a layer.

    Attributes
    ----------
    layer
        The one that shows it, as soon as there is one.
    """

    layer: Any = None

    @property
    @abstractmethod
    def sources(self) -> tuple[Layer, ...]:
        """Layers that it is made of."""

    @abstractmethod
    def spans(self) -> Spans:
        """Return what is looked at now."""

    @abstractmethod
    def steps(self, spans: Spans) -> Steps[Event]:
        """Compute it, in any thread: `Pictured` comes last."""

    @abstractmethod
    def show(self, made: Pictured) -> None:
        """Put it into its layer."""
