"""The figures of "How it works", computed by the package itself on synthetic images.

    make figures                                     # all of them, a few minutes
    python docs/figures/make.py dilation --out /tmp  # one of them, elsewhere

Each figure is a file beside this one: ``measure`` computes what is shown and the numbers that its
page tells, ``draw`` draws it. The numbers are kept in ``measured.json``, and a test compares the
pages with them.
"""

import argparse
import json
import time
from importlib import import_module
from pathlib import Path

from style import save

FIGURES = (
    "sliding_window",
    "up_sampling",
    "receptive_field",
    "skip_connections",
    "dilation",
    "dense_crf",
    "weight_map",
    "tiles",
)


def main(options):
    """Make the figures that are asked for; the numbers of the others stay."""
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "measured.json"
    for name in options.names or FIGURES:
        began = time.monotonic()
        figure = import_module(name)
        seen = figure.measure()
        path = options.out / f"{name.replace('_', '-')}.png"
        save(figure.draw, seen, path)
        numbers = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
        numbers[name] = seen["numbers"]
        kept.write_text(json.dumps(numbers, indent=2, sort_keys=True) + "\n", "utf-8")
        size = path.stat().st_size // 1000
        print(f"{path}: {size} kB, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "images" / "how")
    main(parser.parse_args())
