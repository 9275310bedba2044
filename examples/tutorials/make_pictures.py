"""Run the tutorials as their pages tell, and keep their pictures.

    make pictures
    python examples/tutorials/make_pictures.py em_membranes --folder /tmp  # one of them, elsewhere

This takes some minutes on a processor.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "docs" / "images" / "tutorials"
TUTORIALS = (
    "em_membranes",
    "steel_phases",
    "nuclei_instances",
    "fine_tuning",
    "zoo_model",
    "large_stack",
    "dask_cluster",
)


def main(options):
    """Run each in a folder of its own that is gone afterwards."""
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or TUTORIALS:
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, HERE / f"{name}.py", "--out", scratch]
            subprocess.run([*command, "--pictures", options.folder], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TUTORIALS)}")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    main(parser.parse_args())
