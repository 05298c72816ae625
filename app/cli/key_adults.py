"""`encompass key-adults …`: the trained people at schools who may open notifications."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli import importing
from app.cli.importing import DryRun
from app.cli.output import Json

commands = typer.Typer(no_args_is_help=True)
_COLUMNS = (
    "CSV: URN, Position, Name, Email, Telephone, TrainedOn, TrainingExpiresOn, VerifiedOn, "
    "LeftOn, AwayFrom, AwayTo; and Course and AlertEmail where they are known."
)


@commands.callback()
def key_adults() -> None:
    """Key adults of schools, with their training dates."""


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=_COLUMNS)],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Add or change key adults; a person is found again by school and e-mail address.

    Example: encompass key-adults import key-adults.csv
    """
    from app.casework.importing import import_key_adults

    with (
        file.open(encoding="utf-8-sig", newline="") as source,
        importing.work("Reading key adults", dry_run=dry_run, json=json) as (session, who),
    ):
        report = import_key_adults(session, who, source=source)
    importing.show("Key adults", report, json=json)
