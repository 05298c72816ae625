"""`encompass demo`: a whole fictional night, from the first push to the morning report."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Verify what came out, then stop: exit 0 or 1.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(help="The port of the pages; default 8000.", min=1, max=65535)
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it keeps its files.")
    ] = None,
) -> None:
    """Play a night in a fictional county through the real API, jobs, mail and pages.

    It needs no database server, no mail server and no network, and shows invented people only.
    Afterwards it keeps serving at the real time until Ctrl-C.

    Example: encompass demo --check
    """
    from app.demo.show import run

    raise typer.Exit(run(check=check, port=port, data_dir=data_dir))
