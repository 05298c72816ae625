"""`encompass register …`: the national register of establishments."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import importing
from app.cli.importing import DryRun
from app.cli.output import Json

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def register() -> None:
    """The national register of establishments."""


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The official establishment CSV, or its zip.")],
    links: Annotated[
        Path | None, typer.Option(help="The official links file: predecessors and successors.")
    ] = None,
    dry_run: DryRun = False,
    accept_closures: Annotated[
        bool, typer.Option("--accept-closures", help="Allow more than 10 % to close.")
    ] = False,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Allow more than 25 % to change.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring the register up to date with the official file.

    Importing the same file again changes nothing. A file that would close more than a tenth of
    the open establishments, or change more than a quarter of all, is refused. Schools that are in
    use here and close, split, merge or get another number are named.

    Example: encompass register import edubasealldata.csv --links links_edubasealldata.csv
    """
    from app.casework.importing import import_register

    with importing.work("Reading the register", dry_run=dry_run, json=json) as (session, who):
        report = import_register(
            session, who, path=file, links=links, accept_closures=accept_closures,
            accept_changes=accept_changes,
        )  # fmt: skip
    importing.show_register(report, json=json)
