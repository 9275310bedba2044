"""How a run of the Segment widget goes: a layer that grows, a map of tiles, words."""

from napari import Viewer

from napari_fcnseg.events import Event, Note, Predicted, PredictionStarted, TileDone
from napari_fcnseg.gui.growing import Growing
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.panel import JobPanel
from napari_fcnseg.gui.segment_task import Ready, Task
from napari_fcnseg.gui.sparse_layer import give_place
from napari_fcnseg.gui.tile_map import TileMap
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.inference.tile_tally import TileTally


class SegmentRun:
    """Shows one run.

    Parameters
    ----------
    viewer
        napari's viewer.
    task
        What is done.
    panel, tiles
        Say how far it is.
    """

    def __init__(self, viewer: Viewer, task: Task, panel: JobPanel, tiles: TileMap) -> None:
        self._viewer, self._task, self._panel, self._map = viewer, task, panel, tiles
        self._ready: Ready | None = None
        self._growing: Growing | None = None
        self._notes: tuple[str, ...] = ()

    def receive(self, event: Event) -> None:
        """Show an event of it."""
        match event:
            case Ready():
                self._ready = event
            case PredictionStarted() if self._ready:
                self._begin(self._ready, event)
            case TileDone():
                self._panel.show_progress(
                    event.done / event.tiles, f"{event.done} of {event.tiles} tiles"
                )
                self._map.take(event.spans)
                if self._growing:
                    self._growing.renew()
            case Note():
                self._notes += (event.text,)
            case Predicted():
                self._finish(event)
            case Ended():
                self._end(event.stopped)

    def _begin(self, ready: Ready, event: PredictionStarted) -> None:
        image, made, task = ready.image, ready.model, self._task
        self._growing = Growing(self._viewer, event, made.classes, image, task.source, task.out)
        self._map.begin(TileTally(event.plan, event.todo))
        done, tiles = event.done, len(event.plan)
        self._panel.go_on_from(done / tiles, f"{done} of {tiles} tiles")
        self._notes += event.notes
        self._panel.say(". ".join([f"segmenting {image.name}", *self._notes]))

    def _finish(self, event: Predicted) -> None:
        tiles = f"{event.tiles} tile{'s' * (event.tiles > 1)}"
        about = f"{tiles} in {event.elapsed:.1f} s. {event.path or ''}"
        self._panel.say("\n".join([about, *self._notes]))
        if self._growing:
            self._growing.finish(event.path)
            give_place(self._viewer, self._task.source)

    def _end(self, stopped: bool) -> None:
        self._map.renew(now=True)
        if stopped:
            self._panel.say(self._about_stopped())
        if self._growing and self._task.out is None and self._growing.rescue():
            self._panel.say(f"{self._panel.status.text()}. The layer was removed: here it is again")

    def _about_stopped(self) -> str:
        out = self._task.out
        if self._growing is None:
            return "cancelled before the first tile"
        if out is None:
            return "cancelled; what was segmented so far is in the layer"
        return (
            f"cancelled; what was segmented so far is in {partial_path(out)}, and Segment goes on "
            "with it"
        )
