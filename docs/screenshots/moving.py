"""The moving picture of README: strokes, a network that learns them, the whole stack.

``make moving`` makes docs/images/story.gif, with the real napari and the sample.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage.measure import label
from stage import Stage

WIDTH, BAR = 900, 44  # pixels of a frame, and of the line below it
COLOURS = 96
BACKGROUND, INK = (22, 26, 33), (236, 239, 244)
HANDS, LOOKS = 7, 9  # frames in which strokes are painted, and in which the network is watched
MINUTES, PAUSE = 1.0, 4.0  # of training; seconds between looks


class Film:
    """Frames of a window with a line of text below, as a GIF."""

    def __init__(self, stage):
        self._stage, self._frames, self._durations = stage, [], []

    def look(self, text, milliseconds=500):
        """Take a frame."""
        for _ in range(20):
            self._stage.app.processEvents()
        shot = Image.fromarray(
            self._stage.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        )
        height = round(shot.height * WIDTH / shot.width)
        frame = Image.new("RGB", (WIDTH, height + BAR), BACKGROUND)
        frame.paste(shot.resize((WIDTH, height), Image.Resampling.LANCZOS))
        draw, font = ImageDraw.Draw(frame), ImageFont.load_default(20)
        draw.text((WIDTH // 2, height + BAR // 2), text, INK, font, "mm")
        self._frames.append(frame)
        self._durations.append(milliseconds)

    def save(self, path):
        """Write it, in colours that all frames share: what does not change costs nothing."""
        tall = Image.new("RGB", (WIDTH, self._frames[0].height * 2))
        for i, frame in enumerate((self._frames[0], self._frames[-1])):
            tall.paste(frame, (0, i * frame.height))
        palette = tall.quantize(COLOURS)
        first, *rest = (f.quantize(palette=palette, dither=0) for f in self._frames)
        first.save(
            path, save_all=True, append_images=rest, duration=self._durations, loop=0, optimize=True
        )


def pieces(strokes, count):
    """Strokes as they are painted: the first of them, more, all."""
    each = label(strokes, connectivity=strokes.ndim, background=0)
    order = np.random.default_rng(0).permutation(np.arange(1, each.max() + 1))
    for i in range(1, count + 1):
        shown = order[: round(len(order) * i / count)]
        yield np.where(np.isin(each, shown), strokes, 0).astype(strokes.dtype)


def main(out):
    """Play it."""
    stage = Stage("dark")
    film, plane = Film(stage), int(stage.planes[0])
    painted = stage.labels(np.zeros_like(stage.strokes), "strokes")
    stage.viewer.dims.set_current_step(0, plane)
    train = stage.dock("Train")
    train.form.minutes.value = MINUTES
    film.look("A stack of images, and nothing known about it", 1500)
    for drawn in pieces(stage.strokes, HANDS):
        painted.data = drawn
        film.look("Paint a few strokes of each class", 350)

    stage.wait(train.panel.start_button.isEnabled)
    train.panel.start_button.click()
    began = time.monotonic()
    stage.wait(lambda: "preview of EM stack" in stage.viewer.layers)
    for i in range(LOOKS):
        stage.wait(lambda i=i: time.monotonic() > began + PAUSE * (i + 1))
        film.look(f"Start: after {time.monotonic() - began:.0f} s", 700)
    stage.viewer.dims.set_current_step(0, plane + 5)
    stage.wait(lambda: stage.viewer.layers["preview of EM stack"].data[plane + 5].any())
    film.look("Go to another slice: the preview follows", 1800)
    stage.wait(lambda: train.panel.job is None)

    painted.visible = stage.viewer.layers["preview of EM stack"].visible = False
    segment = stage.dock("Segment")
    stage.run(segment)
    for z in range(0, len(stage.image), 3):
        stage.viewer.dims.set_current_step(0, z)
        film.look("Then the whole stack, however large", 350)
    film.save(out)
    stage.viewer.close()
    print(out, f"{out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "images/story.gif")
    main(parser.parse_args().out)
