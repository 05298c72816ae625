"""`encompass roll …`: pupil rolls, supplied by a school or a council under an agreement."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import importing, opening
from app.cli.importing import DryRun
from app.cli.output import Json, answer, plain, print_json, progress, say, table
from app.core.clock import london_date

if TYPE_CHECKING:
    from app.casework.rolls import Keeping
    from app.wiring import Wiring

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def roll() -> None:
    """Pupil rolls of schools and councils."""


Establishment = Annotated[
    int | None, typer.Option(metavar="URN", help="The school that supplied the roll.")
]
Council = Annotated[
    str | None, typer.Option(metavar="CODE", help="The council that supplied the roll.")
]


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the census column names.")],
    establishment: Establishment = None,
    council: Council = None,
    accept_fewer: Annotated[
        bool, typer.Option("--accept-fewer", help="Even where over half of the pupils are gone.")
    ] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Replace a supplier's roll; the old one stays until the new one is whole.

    Example: encompass roll import roll.csv --council 999
    """
    from app.casework.importing import Importing, import_roll, stage_roll

    owner = _owner(establishment, council)
    with file.open(encoding="utf-8-sig", newline="") as source:
        if dry_run:
            with importing.work("Reading the roll", dry_run=True, json=json) as (session, who):
                report = import_roll(
                    session, who, source=source, owner=owner, accept_fewer=accept_fewer
                )
        else:
            with progress("Reading the roll", shown=not json) as tell, opening.service() as held:
                who = Importing(held.clock.now(), opening.operator(), held.cipher, progress=tell)
                report = stage_roll(
                    held.database, who, source=source, owner=owner, accept_fewer=accept_fewer
                )
    importing.show("Roll", report, json=json)


@commands.command()
def erase(establishment: Establishment = None, council: Council = None, json: Json = False) -> None:
    """Erase a supplier's roll at once, as when an agreement is withdrawn.

    Example: encompass roll erase --establishment 990001
    """
    from app.casework.rolls import erase_roll

    owner = _owner(establishment, council)
    with opening.unit() as (session, held):
        erased = erase_roll(session, _keeping(held), owner=owner)
    answer({"erased": erased}, [f"{erased:,} pupils erased."], as_json=json)


@commands.command("list")
def list_(json: Json = False) -> None:
    """List the rolls in use: supplier, pupils, until when; and keys that too many pupils share.

    Example: encompass roll list
    """
    from schools.roll_state import rolls_held

    with opening.unit(dry_run=True) as (session, held):
        state = rolls_held(session, on=london_date(held.clock.now()))
    if json:
        print_json(plain(state))
        return
    columns = ("Supplier", "Pupils", "Imported", "Used until")
    rows = [
        (one.owner, f"{one.pupils:,}", london_date(one.imported_at), one.used_until)
        for one in state.rolls
    ]
    table(None, columns, rows)
    say(
        f"{state.wide_blocks:,} block keys are shared by more than {state.cap:,} pupils each and"
        " tell nothing; mark their postcodes, or ask the supplier for real dates of birth."
        if state.wide_blocks
        else f"No block key is shared by more than {state.cap:,} pupils."
    )


@commands.command("mark-postcode")
def mark_postcode(
    reason: Annotated[str, typer.Option(help="refuge, hostel, institution or placeholder.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the mark away.")] = False,
) -> None:
    """Let a postcode never decide a match. It is read from standard input, and never kept.

    Example: encompass roll mark-postcode --reason refuge
    """
    from app.casework.rolls import mark_postcode as marked
    from app.casework.rolls import unmark_postcode
    from schools.roll_models import MarkedReason

    if reason not in set(MarkedReason):
        raise typer.BadParameter(f"choose one of {', '.join(MarkedReason)}")
    postcode = typer.prompt("Postcode", hide_input=sys.stdin.isatty(), prompt_suffix=": ")
    with opening.unit() as (session, held):
        if remove:
            unmark_postcode(session, _keeping(held), postcode=postcode)
        else:
            marked(session, _keeping(held), postcode=postcode, reason=MarkedReason(reason))
    say("The mark was taken away." if remove else "Marked: this postcode decides no match.")


def _owner(establishment: int | None, council: str | None) -> str:
    if (establishment is None) == (council is None):
        raise typer.BadParameter("name the supplier: --establishment URN or --council CODE")
    return f"council:{council}" if establishment is None else f"urn:{establishment}"


def _keeping(held: "Wiring") -> "Keeping":
    from app.casework.rolls import Keeping

    return Keeping(held.clock.now(), opening.operator(), held.cipher)
