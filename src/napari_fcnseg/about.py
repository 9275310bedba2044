"""What the commands do that tell about networks, models and images."""

import difflib
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_fcnseg.errors import ImageError
from napari_fcnseg.models.archive import DESCRIPTIONS
from napari_fcnseg.printing import open_as_told, print_json, print_table


def nets(options: Namespace) -> int:
    """List the networks, with what they cost and how far they see."""
    from napari_fcnseg.nets.describe import describe
    from napari_fcnseg.nets.registry import NETS, outline_net

    rows = (describe(outline_net(name), costs=False) for name in NETS)
    if options.json:
        return print_json(list(rows))
    line = "{:28} {:>12}  {:>6}  {:>9}  {:5}  {}"
    print(line.format("name", "parameters", "stride", "field", "exact", "about"))
    for row in rows:
        field = _range(row["receptive_field"])
        exact = "yes" if row["exact"] else "no"
        print(
            line.format(
                row["net"], f"{row['parameters']:,}", row["stride"], field, exact, row["about"]
            )
        )
    return 0


def info(options: Namespace) -> int:
    """Describe a model, an image or a network."""
    from napari_fcnseg.nets.registry import NETS, find_net

    path = Path(options.what)
    if options.what in NETS:
        from napari_fcnseg.nets.describe import describe
        from napari_fcnseg.nets.registry import outline_net

        found = describe(outline_net(options.what), options.tile, options.batch)
    elif path.suffix == ".zip" or any((path / name).exists() for name in DESCRIPTIONS):
        from napari_fcnseg.models.load import load_model

        found = load_model(path, check=True).describe(options.tile, options.batch)
    else:
        if not path.exists() and difflib.get_close_matches(options.what, NETS):
            find_net(options.what)  # says which ones there are
        image = open_as_told(options.what, options)
        if options.tile or options.labels or options.batch > 1:
            raise ImageError(
                f"{options.what} is an image: --tile, --batch and --labels tell what a network or "
                "model costs and sees; leave them out"
            )
        found = {name: getattr(image, name) for name in ("axes", "shape", "scale", "units")}
        found["dtype"] = str(image.dtype)
    if options.labels and "receptive_field" in found:
        found["warnings"] = _short_sighted(found["receptive_field"][0], options)
    if options.json:
        return print_json(found)
    print_table(_readable(found))
    return 0


def _short_sighted(sees: int, options: Namespace) -> list[str]:
    """Compare what a network sees with the objects that were painted."""
    from napari_fcnseg.annotations.annotation import open_annotation
    from napari_fcnseg.annotations.extent import short_sighted

    if options.labels.lower().endswith(".csv"):
        return []  # points have no size of their own
    labels = open_as_told(options.labels, options)
    return short_sighted(sees, [open_annotation(labels, labels)])


def _readable(found: Mapping[str, Any]) -> dict[str, Any]:
    """Round large numbers, with their units."""
    shown = {k: v for k, v in found.items() if k not in ("curve", "origins")}  # in --json
    if "origins" in found:
        shown["images_at"] = [p for origin in found["origins"] for p in origin["images"]]
    for name, value in list(shown.items()):
        if name.startswith("memory_"):
            shown[name] = f"{value / 2**20:,.0f} MiB"
        elif name in ("flops_per_pixel", "parameters"):
            shown[name] = f"{value:,}"
        elif name == "receptive_field":
            shown[name] = _range(value)
    return {name: value for name, value in shown.items() if value not in ("", [])}


def _range(field: tuple[int, int]) -> str:
    """Write smallest and largest receptive field; one number where they are equal."""
    return "-".join(map(str, sorted(set(field))))
