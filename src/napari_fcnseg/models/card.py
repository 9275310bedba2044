"""What a model package says of itself, read in milliseconds: its weights are not."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from napari_fcnseg.annotations.classes import MAX_ID, SegClass, default_class
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.models.about import About
from napari_fcnseg.models.archive import Package
from napari_fcnseg.models.load import read_description
from napari_fcnseg.models.plain import dig
from napari_fcnseg.models.stored import Stored

COVER = (512, 256)  # pixels at most, width and height
COVER_BYTES, COVER_PIXELS = 2**23, 2**25  # that are looked at
LARGEST = 1e15  # of a number that is shown
FORMATS = ("PNG", "JPEG", "GIF")


@dataclass(frozen=True)
class Card:
    """What a person wants to know of a model before loading it.

    Attributes
    ----------
    path
        The package.
    date, size
        When it was written, in local time, and its bytes.
    name
        For people.
    classes
        Ids, names and colours; of another tool's model the names in its description.
    network
        Architecture and options; of another tool's model the formats of its weights.
    scores
        IoU on held-out labels, by the name of the class.
    pixels
        On how many held-out pixels, by the name of the class; empty where that was not stored.
    facts
        More that is known, by its label.
    about
        Authors, licence and citations of a model of ours; ``None`` for those of other tools.
    cover
        RGB, uint8, shape ``(rows, columns, 3)``; ``None`` without a picture that can be shown.
    problem
        Why it is no model that can be loaded; empty if nothing is known against it.
    """

    path: Path
    date: datetime
    size: int
    name: str
    classes: tuple[SegClass, ...] = ()
    network: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    pixels: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    about: About | None = None
    cover: NDArray[np.uint8] | None = None
    problem: str = ""


def read_card(path: Path) -> Card:
    """Read what a package says of itself; what is wrong with it becomes its `problem`.

    Parameters
    ----------
    path
        A package, ``.zip`` or folder. Nothing in it runs, and no weights are read.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    known = path.stat()
    file = (path, datetime.fromtimestamp(known.st_mtime).astimezone(), known.st_size)
    try:
        package = Package(path)
        description = read_description(package)
        ours = dig(description, "config", "napari_fcnseg")
        told = _others(description) if ours is None else _ours(Stored.read(ours, str(path)))
        name = description.get("name")
        cover = _cover(package, description)
        return Card(*file, str(name) if name else path.stem, cover=cover, **told)
    except FcnsegError as error:
        return Card(*file, path.stem, problem=str(error))
    except Exception as error:  # damaged files fail in many ways
        return Card(*file, path.stem, problem=f"{path} cannot be read: {error}")


def _ours(stored: Stored) -> dict[str, Any]:
    net, known = stored.net, stored.provenance
    parts, options = stored.parts(), ", ".join(f"{k} {v}" for k, v in net.options.items())
    size, pixels = parts["pixel_size"], known.get("labelled_pixels")
    channels = f"{net.in_channels} channel{'s' * (net.in_channels > 1)}"
    steps, images, shares = map(known.get, ("steps", "images", "class_shares"))
    facts = {
        "trained": str(known.get("created", ""))[:16].replace("T", " "),
        "steps": f"{steps:,}" if isinstance(steps, int) else "",
        "on": f"{pixels:,} labelled pixels" if isinstance(pixels, int) else "",
        "images": _few(images),
        "shares found": ", ".join(f"{n} {v:.0%}" for n, v in _numbers(shares).items()),
        "pixel size": str(size) if size else "",
    }
    return {
        "classes": parts["classes"],
        "network": f"{net.name} ({', '.join(filter(None, [channels, options]))})",
        "scores": _numbers(known.get("validation")),
        "pixels": _numbers(known.get("validated_pixels")),
        "facts": facts | _credits(parts["about"].authors, parts["about"].license),
        "about": parts["about"],
    }


def _others(description: dict[str, Any]) -> dict[str, Any]:
    outputs, weights = description.get("outputs"), description.get("weights")
    axes = dig(outputs[0], "axes") if isinstance(outputs, list) and outputs else None
    found = [dig(a, "channel_names") for a in axes] if isinstance(axes, list) else []
    names = next((names for names in found if isinstance(names, list)), [])
    kinds = ", ".join(map(str, weights)) if isinstance(weights, dict) else "none"
    authors = description.get("authors")
    credited = [str(dig(a, "name")) for a in authors] if isinstance(authors, list) else []
    return {
        "classes": tuple(default_class(i, str(n)) for i, n in enumerate(names[:MAX_ID], 1)),
        "network": f"of another tool, weights: {kinds}",
        "facts": _credits(credited, str(description.get("license") or "")),
    }


def _credits(authors: Any, licence: str) -> dict[str, str]:
    return {"authors": ", ".join(a.partition(";")[0] for a in authors), "licence": licence}


def _few(images: Any) -> str:
    """Names of the images that a model was trained on."""
    told = images if isinstance(images, list) else []
    names = [str(text).rpartition(" ")[0] for text in told]  # without its checksum
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _numbers(found: Any) -> dict[str, Any]:
    items = found.items() if isinstance(found, dict) else ()
    return {str(k): v for k, v in items if isinstance(v, int | float) and abs(v) < LARGEST}


def _cover(package: Package, description: dict[str, Any]) -> NDArray[np.uint8] | None:
    """First picture of a package, small; ``None`` if there is none that can be shown."""
    covers = description.get("covers")
    first = covers[0] if isinstance(covers, list) and covers else None
    try:
        data = package.read(str(dig(first, "source") or first), COVER_BYTES)
        file = Pillow.open(io.BytesIO(data), formats=FORMATS)  # nothing is unpacked yet
        if file.width * file.height > COVER_PIXELS:
            return None
        picture = file.convert("RGB")
        picture.thumbnail(COVER)
        return np.asarray(picture)
    except Exception:  # a model is no worse for its picture
        return None
