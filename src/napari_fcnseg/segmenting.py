"""What the commands that segment do. Heavy modules are imported when their command runs."""

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import FcnsegError, OutputError
from napari_fcnseg.events import Predicted, Verified
from napari_fcnseg.printing import open_as_told, print_json, print_table

if TYPE_CHECKING:
    from napari_fcnseg.models.model import Model

FILES = (".zarr", ".tif", ".tiff")
SETTINGS = ("output", "tile", "device", "memory", "context")


def predict(options: Namespace) -> int:
    """Segment images with a model."""
    from napari_fcnseg.models.load import load_model

    one_file = _is_one_file(options.out, len(options.image))
    model = load_model(options.model)
    if options.dry_run:
        return _estimate(model, options)

    from napari_fcnseg.inference.predict import predict
    from napari_fcnseg.progress import follow

    done, code, names = [], 0, dict[str, str]()
    for path in options.image:
        try:
            image = open_as_told(path, options)
            name = f"{image.name}.{options.output}.ome.zarr"
            if name in names:
                raise OutputError(f"{path} would go to the same {name} as {names[name]}")
            names[name] = path
            job = predict(
                model,
                image,
                options.out if one_file else options.out / name,
                overwrite=options.overwrite,
                resume=options.resume,
                scheduler=options.workers or options.scheduler,
                **_settings(options),
            )
            *_, last = follow(job)
        except FcnsegError as error:
            if len(options.image) == 1 or options.debug:
                raise
            print(f"fcnseg: {error}; going on with the next image", file=sys.stderr)
            code = error.exit_code
            continue
        assert isinstance(last, Predicted)
        done.append({"image": path, "output": str(last.path), "seconds": round(last.elapsed, 2)})
        if not options.json:
            print(last.path)
    if options.json:
        print_json(done)
    return code


def _estimate(model: "Model", options: Namespace) -> int:
    """Say what a prediction will cost."""
    from napari_fcnseg.inference.estimate import estimate

    found = {}
    for path in options.image:
        cost = estimate(model, open_as_told(path, options), **_settings(options))
        found[path] = asdict(cost)
        if not options.json:
            told = asdict(cost) | {
                "memory": f"{cost.memory / 1e6:,.0f} MB",
                "disk": f"about {cost.disk / 1e6:,.1f} MB",
                "seconds": f"about {cost.seconds:,.0f}",
            }
            print_table({"image": path} | told)
    return print_json(found) if options.json else 0


def _settings(options: Namespace) -> dict[str, Any]:
    """Return what decides pixels and tiles."""
    return {key: getattr(options, key) for key in SETTINGS}


def verify(options: Namespace) -> int:
    """Compare a prediction with the checksums of its journal."""
    from napari_fcnseg.inference.verify import verify
    from napari_fcnseg.progress import follow

    *_, found = follow(verify(options.out))
    assert isinstance(found, Verified)
    damaged = {
        ", ".join(
            f"{axis} {a}:{b}" for axis, (a, b) in zip(found.axes, tile.spans, strict=True)
        ): tile.problem
        for tile in found.damaged
    }
    if options.json:
        print_json({"checked": found.checked, "tiles": found.tiles, "damaged": damaged})
    else:
        print_table(damaged)
    if found.damaged:
        raise OutputError(
            f"{len(found.damaged)} of {found.checked} tiles of {options.out} are damaged; "
            "predict --resume, with the same model and image, computes them again"
        )
    if not options.json:
        whole = "all" if found.checked == found.tiles else f"{found.checked} finished ones of"
        print(f"{whole} {found.tiles} tiles are as they were written")
    return 0


def _is_one_file(out: Path, images: int) -> bool:
    """Whether `out` names the output itself, not the folder for it."""
    if out.suffix.lower() in FILES:
        if images > 1:
            raise OutputError(
                f"{images} images do not fit into the one file {out}: give the name of a folder"
            )
        return True
    if out.suffix and not out.is_dir():
        raise OutputError(
            f"{out} is neither a folder nor of a kind that can be written; give a name that ends "
            "in .ome.zarr or .ome.tif, or a folder"
        )
    return False
