"""Names of physical units: what files write, and the spelling that napari and NGFF share."""

_SPELLINGS = {
    "pixel": ("", "pixel", "pixels", "px", "unknown", "inch", "reference frame"),
    "angstrom": ("Å", "A", "angstrom", "ångström"),
    "nanometer": ("nm", "nanometer", "nanometre"),
    "micrometer": (
        "µm",
        "μm",
        "um",
        "micron",
        "microns",
        "micrometer",
        "micrometre",
        "\\u00b5m",
    ),
    "millimeter": ("mm", "millimeter", "millimetre"),
    "centimeter": ("cm", "centimeter", "centimetre"),
    "meter": ("m", "meter", "metre"),
    "millisecond": ("ms", "millisecond"),
    "second": ("s", "sec", "second", "seconds"),
    "minute": ("min", "minute"),
    "hour": ("h", "hour"),
}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
# Lengths in picometres: whole numbers, so that 4 nm and 0.004 µm are one and the same.
PICOMETERS = {
    "angstrom": 1e2,
    "nanometer": 1e3,
    "micrometer": 1e6,
    "millimeter": 1e9,
    "centimeter": 1e10,
    "meter": 1e12,
}


def unit_name(spelling: str | None) -> str:
    """Name of the unit that a file spells so; ``"pixel"`` if it is none that we know."""
    spelling = (spelling or "").strip()
    return _NAMES.get(spelling, _NAMES.get(spelling.lower(), "pixel"))


def symbol(unit: str) -> str:
    """Short form of the name of a unit: ``"nm"`` for ``"nanometer"``."""
    return _SPELLINGS[unit][0]
