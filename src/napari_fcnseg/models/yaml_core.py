"""Plain data of YAML 1.2, which descriptions are written in; PyYAML itself reads YAML 1.1.

There ``yes`` is true, ``12:30`` a number and ``2024-01-01`` a date: a class may be called so.
"""

import re

import yaml
from yaml.constructor import ConstructorError

TAG = "tag:yaml.org,2002:"
# The core schema, YAML 1.2.2, section 10.3.2; a merge is known to be refused.
SCHEMA = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
)
LONGEST = 40  # digits of a whole number


class CoreLoader(yaml.SafeLoader):
    """Builds mappings, lists, texts, numbers, truth values and ``None``; nothing else."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge nothing: YAML 1.2 has no ``<<``, which multiplies what it names."""
        if any(key.tag == f"{TAG}merge" for key, _ in node.value):
            raise ConstructorError(problem="it merges mappings (<<)")

    def construct_core_int(self, node: yaml.ScalarNode) -> int:
        """Read a whole number; with a leading zero it is decimal, too."""
        text = str(self.construct_scalar(node))
        if len(text) > LONGEST:
            raise ConstructorError(problem=f"a number of {len(text)} digits")
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


for _name, _pattern, _first in SCHEMA:
    CoreLoader.add_implicit_resolver(f"{TAG}{_name}", re.compile(f"(?:{_pattern})$"), _first)
CoreLoader.add_constructor(f"{TAG}int", CoreLoader.construct_core_int)
