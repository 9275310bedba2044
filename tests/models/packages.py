"""Packages that are changed behind the back of who made them."""

import hashlib
import zipfile

import yaml

DESCRIPTION = "rdf.yaml"  # what bioimageio.spec calls it
LOADER, DUMPER = yaml.SafeLoader, yaml.SafeDumper
if yaml.__with_libyaml__:  # ten times as fast
    LOADER, DUMPER = yaml.CSafeLoader, yaml.CSafeDumper


def contents(path):
    """Files of a package, by their names."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def rewrite(path, **replaced):
    """Change files of a package."""
    files = contents(path)
    with zipfile.ZipFile(path, "w") as package:
        for name, content in (files | replaced).items():
            if content is not None:
                package.writestr(name, content)


def description(path):
    with zipfile.ZipFile(path) as package:
        return yaml.load(package.read(DESCRIPTION), LOADER)


def forge(path, name, content):
    """Change a file of a package, and its checksum in the description with it."""
    changed = description(path)
    for entry in entries(changed):
        if entry.get("source") == name:
            entry["sha256"] = hashlib.sha256(content).hexdigest()
    rewrite(path, **{name: content, DESCRIPTION: yaml.dump(changed, Dumper=DUMPER)})


def entries(value):
    """All mappings within plain data."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from entries(inner)
