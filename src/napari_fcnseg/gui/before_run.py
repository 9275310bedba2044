"""What a run will be like, told before it starts."""

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.finding_row import FindingRow
from napari_fcnseg.gui.panel import minutes, tell
from napari_fcnseg.gui.segment_task import Before, Task
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.estimate import Estimate
from napari_fcnseg.inference.finding import Finding
from napari_fcnseg.inference.outlook import Outlook

REST = 300  # milliseconds in which choices may change again


class BeforeRun(QFrame):
    """Plans what is chosen, without running it, and says what stands in its way.

    Attributes
    ----------
    fixed
        Emitted with a `Fix` whose button was pressed.
    task, image
        What was looked at.
    """

    fixed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.task: Task | None = None
        self.image: Image | None = None
        self._cost: Estimate | None = None
        self._aside = Aside(self, REST)
        self._aside.answered.connect(self._take)
        self.plan, self.rows = QLabel(), list[FindingRow]()
        self.plan.setWordWrap(True)
        self.plan.setTextFormat(Qt.TextFormat.PlainText)
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 2, 0, 2)
        self._stack.addWidget(self.plan)

    @property
    def settled(self) -> bool:
        """Whether what it says is of what is chosen."""
        return self._aside.settled

    def look(self, task: Task) -> None:
        """Look at what is chosen, soon and in a thread."""
        self.task = task
        self.image = self._cost = None
        self._aside.ask(task.look)

    def hint(self, finding: Finding | str) -> None:
        """Say what is still to be chosen."""
        self._aside.drop()
        self.task = self.image = None
        text = finding if isinstance(finding, str) else ""
        self._show(text, () if isinstance(finding, str) else (finding,))

    def drop(self, _: object = None) -> None:
        """Look at nothing any more."""
        self._aside.drop()

    def make_room(self, running: bool) -> None:
        """Hide findings while a job runs: it is too late for them, and the window is small."""
        for row in self.rows:
            row.setVisible(not running)

    def show_cost(self, cost: Estimate) -> None:
        """Say what was measured of what is chosen."""
        self._cost = cost
        self.plan.setText(told_plan(cost))
        self.plan.show()

    def _take(self, answer: object) -> None:
        if isinstance(answer, Before):
            self.image = answer.image
            self._show(told_plan(self._cost) if self._cost else _planned(answer), answer.findings)
        elif isinstance(answer, FcnsegError):
            self._show("", (Finding("image", str(answer), "error"),))
        elif isinstance(answer, Exception):
            tell(answer)

    def _show(self, text: str, findings: tuple[Finding, ...]) -> None:
        self.plan.setText(text)
        self.plan.setVisible(bool(text))
        if [row.finding for row in self.rows] == list(findings):
            return
        for row in self.rows:
            self._stack.removeWidget(row)
            row.deleteLater()
        self.rows = [FindingRow(finding) for finding in findings]
        for row in self.rows:
            row.fixed.connect(lambda fix: self.fixed.emit(fix))
            self._stack.addWidget(row)


def _planned(before: Before) -> str:
    if before.outlook:
        return told_plan(before.outlook)
    if before.planes:
        one = before.planes == 1
        return "1 plane" if one else f"{before.planes:,} planes, one after the other"
    return ""


def told_plan(plan: Outlook) -> str:
    """Return what a prediction will be like, for people."""
    size, halo = " x ".join(map(str, plan.tile)), max(plan.halo)
    lines = [
        f"{plan.tiles:,} tile{'s' * (plan.tiles > 1)} of {size} px, halo {halo} px: "
        f"{plan.overhead:.2f} times the pixels."
    ]
    memory, disk = f"{plan.memory / 1e6:,.0f} MB of memory", f"{plan.disk / 1e6:,.1f} MB in a file"
    if isinstance(plan, Estimate):
        taken = f"about {minutes(plan.seconds)}" if plan.seconds >= 1 else "less than a second"
        lines.append(f"On {plan.device}: {taken}, {memory}, {disk}.")
    else:
        lines.append(f"Takes {memory}, and at most {disk}.")
    return "\n".join(lines)
