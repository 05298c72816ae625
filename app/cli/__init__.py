"""The command line: one file per noun; `main` is the console script `encompass`."""

import sys

from app.cli.root import build


def main() -> None:
    """Run one command; exit 0 when done, 1 when refused with a reason on stderr, 2 on usage."""
    build()(prog_name="encompass", args=sys.argv[1:])
