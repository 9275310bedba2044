"""What the commands that segment do. Heavy modules are imported when their command runs."""

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import FcnsegError, OutputError
from napari_fcnseg.events import Predicted, Verified
from napari_fcnseg.images.region import region_text
from napari_fcnseg.model_options import load_told
from napari_fcnseg.printing import open_as_told, print_json, print_table

if TYPE_CHECKING:
    from napari_fcnseg.images.image import Image
    from napari_fcnseg.models.model import Model

FILES = (".zarr", ".tif", ".tiff")
SETTINGS = ("tile", "halo", "memory", "device", "context", "augment", "precision")


def predict(options: Namespace) -> int:
    """Segment images with a model."""
    kinds = options.output.split(",")
    one_file = _is_one_file(options.out, len(options.image), len(kinds))

    models = [load_told(options, path) for path in (options.model, *(options.ensemble or ()))]
    if options.dry_run:
        return _estimate(models, options)

    from napari_fcnseg.inference.predict import predict
    from napari_fcnseg.progress import follow

    done, code, names = [], 0, dict[str, str]()
    for path in options.image:
        try:
            image = open_as_told(path, options)
            files = {kind: f"{image.name}.{kind}.ome.zarr" for kind in kinds}
            for name in files.values():
                if name in names:
                    raise OutputError(
                        f"{path} would go to the same {name} as {names[name]}: rename one, or use "
                        "fcnseg batch with a --pattern"
                    )
                names[name] = path
            _warn(models, image)
            settings = _settings(models, image, options)
            if options.check_seams:
                _check_seams(models, image, settings)
            job = predict(
                models,
                image,
                {kind: options.out if one_file else options.out / files[kind] for kind in kinds},
                overwrite=options.overwrite,
                resume=options.resume,
                mask=options.mask,
                region=options.region and options.region.of(image),
                ngff=options.ngff,
                scheduler=options.workers or options.scheduler,
                **settings,
            )
            *_, last = follow(job)
        except FcnsegError as error:
            if len(options.image) == 1 or options.debug:
                raise
            print(f"fcnseg: {error}; going on with the next image", file=sys.stderr)
            code = error.exit_code
            continue
        assert isinstance(last, Predicted)
        seconds = round(last.elapsed, 2)
        done += [{"image": path, "output": str(out), "seconds": seconds} for out in last.paths]
        if not options.json:
            print(*last.paths, sep="\n")
    if options.json:
        print_json(done)
    return code


def _warn(models: "list[Model]", image: "Image") -> None:
    """Say what is likely to make the prediction poor."""
    from napari_fcnseg.inference.doctor import expect_poor

    for text in expect_poor(models, image):
        print(f"note: {text}", file=sys.stderr)


def _settings(models: "list[Model]", image: "Image", options: Namespace) -> dict[str, Any]:
    """Return what decides pixels and tiles; a tolerance becomes a halo."""
    settings = {key: getattr(options, key) for key in SETTINGS}
    if options.tolerance is not None:
        from napari_fcnseg.inference.calibrate import calibrate

        measuring = {k: v for k, v in settings.items() if k not in ("tile", "halo")}
        found = calibrate(models, image, options.tolerance, **measuring)
        settings["halo"] = found.halo if found.halo < found.exact else None
        print(
            f"halo {found.halo} px (exact: {found.exact}); probabilities differ by at most "
            f"{found.difference:.2g} on {found.pixels:,} pixels",
            file=sys.stderr,
        )
    return settings


def _check_seams(models: "list[Model]", image: "Image", settings: dict[str, Any]) -> None:
    """Say how tiles differ from larger ones."""
    from napari_fcnseg.inference.seams import check_seams

    found = check_seams(models, image, **settings)
    told = (
        f"{found.borders} borders, {found.pixels:,} pixels: probabilities differ by at most "
        f"{found.difference:.2g}, labels in {found.labels:.2g} of the pixels"
        if found.borders
        else "a single tile: there are no borders"
    )
    print(f"seams: {told}", file=sys.stderr)


def _estimate(models: "list[Model]", options: Namespace) -> int:
    """Say what a prediction will cost."""
    from napari_fcnseg.inference.estimate import estimate

    found = {}
    for path in options.image:
        image = open_as_told(path, options)
        _warn(models, image)
        kind = options.output.split(",")[0]
        settings = _settings(models, image, options)
        region = options.region and options.region.of(image)
        cost = estimate(models, image, output=kind, region=region, **settings)
        found[path] = asdict(cost)
        if not options.json:
            told = asdict(cost) | {
                "memory": f"{cost.memory / 1e6:,.0f} MB",
                "disk": f"about {cost.disk / 1e6:,.1f} MB",
                "seconds": f"about {cost.seconds:,.0f}",
            }
            print_table({"image": path} | told)
    return print_json(found) if options.json else 0


def verify(options: Namespace) -> int:
    """Compare a prediction with the checksums of its journal."""
    from napari_fcnseg.inference.verify import verify
    from napari_fcnseg.progress import follow

    *_, found = follow(verify(options.out))
    assert isinstance(found, Verified)
    damaged = {region_text(tile.spans, found.axes): tile.problem for tile in found.damaged}
    if options.json:
        print_json({"checked": found.checked, "tiles": found.tiles, "damaged": damaged})
    else:
        print_table(damaged)
    if found.damaged:
        raise OutputError(
            f"{len(found.damaged)} of {found.checked} tiles of {options.out} are damaged; "
            "run predict --resume with the same model and image, which computes them again"
        )
    if not options.json:
        whole = "all" if found.checked == found.tiles else f"{found.checked} finished ones of"
        print(f"{whole} {found.tiles} tiles are as they were written")
    return 0


def _is_one_file(out: Path, images: int, kinds: int) -> bool:
    """Whether `out` names the output itself, not the folder for it."""
    if out.suffix.lower() in FILES:
        if images > 1 or kinds > 1:
            what = f"{images} images" if images > 1 else f"{kinds} kinds of output"
            raise OutputError(
                f"{what} do not fit into the one file {out}: give the name of a folder"
            )
        return True
    from napari_fcnseg.images.ngff import image_of

    if image_of(out) and images == kinds == 1:
        return True
    if out.suffix and not out.is_dir():
        raise OutputError(
            f"{out} is neither a folder nor of a kind that can be written; give a name that ends "
            "in .ome.zarr or .ome.tif, or a folder"
        )
    return False
