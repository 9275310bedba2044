"""The Evaluate widget: how good a segmentation is, and where it is wrong."""

from pathlib import Path

from magicgui.widgets import CheckBox, ComboBox
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_fcnseg.errors import EvaluationError, FcnsegError
from napari_fcnseg.evaluation.class_pair import label_values
from napari_fcnseg.evaluation.evaluate import evaluate
from napari_fcnseg.evaluation.evaluation import Evaluation
from napari_fcnseg.evaluation.report import write_report
from napari_fcnseg.events import BlockDone, Evaluated, Event, Steps
from napari_fcnseg.gui.camera import show_region
from napari_fcnseg.gui.choices import LayerChoice
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layers import fitting_image, labels_image, layer_classes
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.score_table import RegionList, ScoreTable

KINDS = [("classes", "ignore"), ("classes, 0 is the background", "background"), ("objects", "")]


class EvaluateWidget(DockContent):
    """Scores a Labels layer against another, and goes where most is wrong.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Labels | None = None  # whose regions are listed
        self._evaluation: Evaluation | None = None
        tips = "What was found: a prediction", "What is true: painted by a person"
        self.found = LayerChoice(viewer, Labels, "labels", tips[0], painted=False)
        self.truth = LayerChoice(viewer, Labels, "truth", tips[1], painted=True)
        self.image = LayerChoice(viewer, ImageLayer, "image", "Shown in the pictures of a report")
        self.kind = ComboBox(
            label="ids are",
            choices=KINDS,
            tooltip="Classes; or objects, each with an id of its own. Pixels of the truth that are "
            "0 are left out, or are the background",
        )
        self.membranes = CheckBox(
            label="V_Rand, V_Info",
            tooltip="Score the last class as cells, as the ISBI 2012 challenge does; takes longer",
        )
        self.membranes.text = ""
        self.panel = JobPanel("Evaluate", "Cancel")
        self.scores, self.regions = ScoreTable(), RegionList()
        self.save_button = QPushButton("Save report ...")
        self.save_button.setToolTip("One HTML file with tables, curve and pictures")
        self.save_button.setEnabled(False)
        self.save_button.clicked.connect(self._ask_and_save)
        self.panel.started.connect(self.start)
        self.regions.chosen.connect(self.go_to)
        rows = Rows([self.found, self.truth, self.image, self.kind, self.membranes])
        self.fill([rows, self.panel, self.scores, self.regions, self.save_button])
        self.let_go(self.panel, self.found, self.truth, self.image)

    def start(self) -> None:
        """Start scoring; problems are told as notifications."""
        found, truth, kind = self.found.value, self.truth.value, self.kind.value
        if found is None or truth is None or found is truth:
            tell(EvaluationError("choose two Labels layers: what was found, and what is true"))
            return
        self._layer, membranes = found, self.membranes.value
        pair = labels_image(found), labels_image(truth)

        def make() -> Steps[Event]:
            if not kind:
                return evaluate(*pair, objects=True)
            classes = layer_classes(truth, [v for v in label_values(pair[1]) if v])
            inside = classes[-1].id if membranes and classes else None
            return evaluate(*pair, classes=classes or None, unpainted=kind, interior=inside)

        self.panel.say(f"scoring {found.name}")
        self.panel.run(make, self._receive)

    def go_to(self, number: int) -> None:
        """Show one of the worst regions in the viewer."""
        layer, found = self._layer, self._evaluation
        if found and layer and layer in self._viewer.layers:
            show_region(self._viewer, layer, found.worst[number].spans)

    def save(self, path: Path) -> None:
        """Write a report; the person was asked before a file is replaced."""
        if self._evaluation is None:
            return
        try:
            image = fitting_image(self.image.value, self._evaluation.images[0].pair.found)
            write_report(self._evaluation, path, [image] if image else [], overwrite=True)
            self.panel.say(f"written to {path}")
        except FcnsegError as error:
            tell(error)

    def _receive(self, event: Event) -> None:
        match event:
            case BlockDone():
                self.panel.show_progress(event.done / event.blocks)
            case Evaluated():
                self._evaluation = event.evaluation
                self.scores.show_scores(event.evaluation)
                self.regions.show_regions(event.evaluation)
                self.save_button.setEnabled(True)
                told = [f"scored in {event.elapsed:.1f} s", *event.evaluation.notes]
                self.panel.say(". ".join(told))

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save report", "report.html", "HTML (*.html)")
        if path:
            self.save(Path(path))
