"""Who made a model, what others may do with it, and what they should cite."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from napari_fcnseg.errors import ModelError

LONGEST = 1024  # letters of a description, by the spec


@dataclass(frozen=True)
class About:
    """What people say of a model, and no program can know.

    Attributes
    ----------
    description
        One sentence; empty: its classes.
    authors
        ``"name"``, ``"name; affiliation"`` or ``"name; affiliation; ORCID"``.
    license
        SPDX identifier such as ``"CC-BY-4.0"``; empty: none is given.
    cite
        ``"text; DOI or URL"``: what those who use it should cite.

    Raises
    ------
    ModelError
        If something is longer, or written otherwise, than a bioimage.io package may have it.
    """

    description: str = ""
    authors: tuple[str, ...] = ()
    license: str = ""
    cite: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.description) > LONGEST:
            raise ModelError(
                f"the description has {len(self.description)} letters: say it in {LONGEST}"
            )
        if self.authors or self.license or self.cite:
            self.described()

    def described(self) -> dict[str, Any]:
        """Return authors, licence and citations in the words of the bioimage.io spec.

        Raises
        ------
        ModelError
            If one is not what the spec takes.
        """
        from bioimageio.spec.model import v0_5 as spec

        try:
            return {
                "authors": [spec.Author(**_author(text)) for text in self.authors],
                "license": spec.LicenseId(self.license) if self.license else None,
                "cite": [spec.CiteEntry(**_citation(text)) for text in self.cite],
            }
        except (ValidationError, ValueError) as error:
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise ModelError(
                f"who made a model, its licence or what to cite cannot be written ({said}): give "
                'authors as "name; affiliation; ORCID", a licence by its SPDX identifier, such as '
                'CC-BY-4.0, and citations as "text; DOI or URL"'
            ) from error


def _author(text: str) -> dict[str, Any]:
    parts = [part.strip() for part in text.split(";")]
    if len(parts) > 3 or not parts[0]:
        raise ValueError(f"the author {text!r}")
    return {k: v for k, v in zip(("name", "affiliation", "orcid"), parts, strict=False) if v}


def _citation(text: str) -> dict[str, Any]:
    said, _, where = (part.strip() for part in text.rpartition(";"))
    if not said or not where:
        raise ValueError(f"the citation {text!r}")
    return {"text": said, "url" if "://" in where else "doi": where}
