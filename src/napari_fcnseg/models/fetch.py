"""Models from elsewhere, fetched only where a person asked for it."""

import hashlib
import re
import warnings
from pathlib import Path

from platformdirs import user_cache_path

from napari_fcnseg.errors import ModelError

URL = re.compile(r"https?://\S+$")
DOI = re.compile(r"(https://doi\.org/)?10\.\d{4,9}/\S+$")
NICKNAME = re.compile(r"[a-z]+-[a-z]+(/[\d.]+)?$")


def is_elsewhere(source: str | Path) -> bool:
    """Whether `source` is the URL, DOI or nickname of a model, and no file that is here."""
    text = str(source)
    return not Path(text).exists() and any(p.match(text) for p in (URL, DOI, NICKNAME))


def fetch(source: str, download: bool) -> Path:
    """Return the package of a model from elsewhere, from the cache if it was fetched before.

    Parameters
    ----------
    source
        URL of a package or of its description, DOI, or nickname in the BioImage Model Zoo, such
        as ``"affable-shark"``.
    download
        Whether it may be fetched; bioimageio checks the checksums of all of its files.

    Returns
    -------
    Path
        A ``.zip`` in the system's cache folder: on Linux ``~/.cache/napari-fcnseg/models``.

    Raises
    ------
    ModelError
        If it is not in the cache and may not be fetched, or cannot be.
    """
    name = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")[-60:]
    key = hashlib.sha256(source.encode()).hexdigest()[:8]
    path = user_cache_path("napari-fcnseg", appauthor=False) / "models" / f"{name}-{key}.zip"
    if path.exists():
        return path
    if not download:
        raise ModelError(
            f"{source} is no file here, and nothing is fetched from elsewhere unasked: allow it "
            "with download=True (--download); it is kept then"
        )
    from bioimageio.spec import save_bioimageio_package

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.zip")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            save_bioimageio_package(source, output_path=partial)
    except Exception as error:  # of the network, of the zoo and of its checks
        partial.unlink(missing_ok=True)
        said = " ".join(str(error).split())[:300]
        raise ModelError(
            f"{source} could not be fetched ({type(error).__name__}: {said}). Is it spelled as in "
            "the BioImage Model Zoo, and the network there? Or download its package by hand"
        ) from error
    partial.replace(path)
    return path
