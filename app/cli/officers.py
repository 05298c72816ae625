"""`encompass officers …`: the named people of councils and forces who are asked, by duty."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from app.cli import importing, opening
from app.cli.importing import DryRun
from app.cli.output import Json, answer, plain, print_json, table
from schools.officers import Duty

commands = typer.Typer(no_args_is_help=True)
_OWNER = typer.Argument(help="council:CODE or force:CODE.")
_COLUMNS = "CSV: Owner, Duty, Position, Name, Email, Telephone, VerifiedOn, LeftOn."


@commands.callback()
def officers() -> None:
    """Named people of councils and forces, by duty."""


@commands.command()
def add(
    owner: Annotated[str, _OWNER],
    duty: Annotated[Duty, typer.Argument(help="What the person is asked for.")],
    email: Annotated[str, typer.Argument(help="The address that alerts go to.")],
    name: Annotated[str, typer.Option(help="The person's name, as the board shows it.")],
    position: Annotated[
        int | None, typer.Option(min=1, max=50, help="1 is asked first; last where left out.")
    ] = None,
    telephone: Annotated[str | None, typer.Option(help="The number that is rung.")] = None,
    verified: Annotated[
        bool, typer.Option("--verified", help="The address was proved to be this person's.")
    ] = False,
    json: Json = False,
) -> None:
    """Add an officer, or bring one of the same owner, duty and address up to date.

    Example: encompass officers add council:999 council_officer cme@council.example.org
    --name "Sam Otterby" --telephone "01632 960555" --verified
    """
    from app.casework.officers import add as add_one

    if not name.strip() or "@" not in email:
        raise typer.BadParameter("give a name and an address such as cme@council.example.org")
    with opening.unit() as (session, wiring):
        row = add_one(
            session, wiring.cipher, owner=owner, duty=duty, position=position, name=name,
            email=email, telephone=telephone, verified=verified, now=wiring.clock.now(),
            actor=opening.operator(),
        )  # fmt: skip
        body = {"officer_id": str(row.id), "owner": owner, "duty": duty, "position": row.position}
        asked = row.contact_verified_at is not None
    lines = [f"{owner}: {duty.value}, number {body['position']}."]
    if not asked:
        lines.append("Not alerted until the address is proved: add it again with --verified.")
    answer(body, lines, as_json=json)


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=_COLUMNS)],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Add or change officers; a person is found again by owner, duty and e-mail address.

    Example: encompass officers import officers.csv
    """
    from app.casework.officers import import_officers

    with (
        file.open(encoding="utf-8-sig", newline="") as source,
        importing.work("Reading officers", dry_run=dry_run, json=json) as (session, who),
    ):
        report = import_officers(session, who, source=source)
    importing.show("Officers", report, json=json)


@commands.command("list")
def list_(owner: Annotated[str, _OWNER], json: Json = False) -> None:
    """List the officers of a council or a force, in the order in which they are asked.

    Example: encompass officers list council:999
    """
    from app.casework.officers import listed
    from app.core.clock import london_date

    with opening.unit(dry_run=True) as (session, wiring):
        found = listed(
            session, wiring.cipher, owner=owner, on=london_date(wiring.clock.now())
        )  # fmt: skip
    if json:
        print_json({"officers": plain(found)})
        return
    rows = [
        (one.officer_id, one.duty, one.position, one.name, one.reason_code or "can be alerted")
        for one in found
    ]
    table(None, ("Id", "Duty", "Order", "Name", "State"), rows)


@commands.command()
def leave(
    officer_id: Annotated[UUID, typer.Argument(help="The id that `officers list` shows.")],
) -> None:
    """Let an officer go: not asked any more from today on.

    Example: encompass officers leave 3f2b8c1e-0d55-4a53-9d0a-5f1a6a1f2c77
    """
    from app.casework.officers import leave as leave_one

    with opening.unit() as (session, wiring):
        leave_one(session, officer_id, now=wiring.clock.now(), actor=opening.operator())
    answer({}, ["This person is not asked any more."], as_json=False)
