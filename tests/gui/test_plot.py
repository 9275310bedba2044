from napari_fcnseg.gui.plot import IOU, LOSS, CurvePlot


def pixels(plot, colour):
    picture = plot.grab().toImage()
    wanted = colour.rgb()
    size = picture.width(), picture.height()
    return [(x, y) for x in range(size[0]) for y in range(size[1]) if picture.pixel(x, y) == wanted]


def test_curves_are_drawn_over_the_budget_and_cleared(qtbot):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    plot.resize(320, 160)
    empty = {c.name(): len(pixels(plot, c)) for c in (LOSS, IOU)}
    for i in range(51):
        plot.add_loss(i / 100, 2.0 - i / 50)
    plot.add_iou(0.2, 0.2)
    plot.add_iou(0.5, 0.8)
    loss, iou = pixels(plot, LOSS), pixels(plot, IOU)
    assert len(loss) > empty[LOSS.name()] + 50
    assert len(iou) > empty[IOU.name()] + 30
    below_titles = [(x, y) for x, y in iou if y > 20]
    left, right = min(below_titles), max(below_titles)
    assert left[1] > right[1]  # IoU rises
    assert right[0] < 200  # half the budget
    plot.clear()
    assert {c.name(): len(pixels(plot, c)) for c in (LOSS, IOU)} == empty


def test_the_loss_is_smoothed(qtbot):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    for i, loss in enumerate([1.0, 2.0, 0.0]):
        plot.add_loss(i / 3, loss)
    values = [loss for _, loss in plot.loss]
    assert values[0] == 1.0
    assert max(values) < 1.2
