"""`encompass roll …`: pupil rolls, supplied by a school or a council under an agreement."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import importing
from app.cli.importing import DryRun
from app.cli.output import Json

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def roll() -> None:
    """Pupil rolls of schools and councils."""


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the census column names.")],
    establishment: Annotated[
        int | None, typer.Option(metavar="URN", help="The school that supplied the roll.")
    ] = None,
    council: Annotated[
        str | None, typer.Option(metavar="CODE", help="The council that supplied the roll.")
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Replace a supplier's roll; the old one stays until the new one is whole.

    Example: encompass roll import roll.csv --council 999
    """
    if (establishment is None) == (council is None):
        raise typer.BadParameter("name the supplier: --establishment URN or --council CODE")
    from app.casework.importing import import_roll

    owner = f"council:{council}" if establishment is None else f"urn:{establishment}"
    with (
        file.open(encoding="utf-8-sig", newline="") as source,
        importing.work("Reading the roll", dry_run=dry_run, json=json) as (session, who),
    ):
        report = import_roll(session, who, source=source, owner=owner)
    importing.show("Roll", report, json=json)
