"""`encompass audit …`: the trail, checked link by link or handed to an auditor."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from app.cli import opening
from app.cli.output import ERRORS, Json, answer, print_json, say
from app.core.clock import at_london

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def audit() -> None:
    """The audit trail."""


@commands.command()
def verify(
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="Hold the chains to the checkpoints in this folder.", exists=True),
    ] = None,
    json: Json = False,
) -> None:
    """Check every link of every chain; exit 1 and name the first wrong row where one was changed.

    With --checkpoints also that each chain is the one whose checkpoints somebody else kept: a
    chain that was cut, or an old copy of the database, holds link by link and is found by that.

    Example: encompass audit verify --checkpoints /srv/elsewhere/encompass
    """
    from app.core.checkpoints import Signer
    from app.reports.trail import chains, checkpoint_faults, length

    with opening.unit(dry_run=True) as (session, wiring):
        key = Signer(wiring.cipher).public
        found = [
            {
                "chain": chain, "rows": length(session, chain),
                "first_wrong": wiring.chain.verify(session, chain),
                "checkpoints_wrong": []
                if checkpoints is None
                else checkpoint_faults(session, checkpoints, chain, key),
            }
            for chain in chains(session)
        ]  # fmt: skip
    broken = [one for one in found if one["first_wrong"] is not None or one["checkpoints_wrong"]]
    answer(
        {"intact": not broken, "chains": found},
        [f"{one['chain']}: {one['rows']:,} rows, {_said(one)}" for one in found], as_json=json,
    )  # fmt: skip
    for one in broken:
        ERRORS.print(
            escape(
                f"The chain {one['chain']} does not hold: {_said(one)}. Keep the database as it "
                "is, and compare with the last good backup."
            )
        )
    if broken:
        raise typer.Exit(1)


def _said(one: dict[str, Any]) -> str:
    if one["first_wrong"] is not None:
        return f"WRONG from row {one['first_wrong']}"
    if one["checkpoints_wrong"]:
        lines = ", ".join(map(str, one["checkpoints_wrong"][:5]))
        return f"NOT what its checkpoints say, first in line {lines}"
    return "intact"


@commands.command("checkpoint-key")
def checkpoint_key() -> None:
    """Print the public key by which anybody can check the signatures of checkpoints.

    Example: encompass audit checkpoint-key > checkpoints.pem
    """
    from app.core.checkpoints import Signer, as_pem

    with opening.service() as wiring:
        say(as_pem(Signer(wiring.cipher).public).strip())


@commands.command("check-file")
def check_file(
    file: Annotated[Path, typer.Argument(help="A file of checkpoints.", exists=True)],
    key: Annotated[Path, typer.Option(help="The public key, as PEM.", exists=True)],
    json: Json = False,
) -> None:
    """Check a file of checkpoints with nothing but the public key: no database, no secret.

    Example: encompass audit check-file 99.checkpoints --key checkpoints.pem
    """
    from app.core import checkpoints

    lines = list(checkpoints.read(file, checkpoints.from_pem(key.read_bytes())))
    wrong = checkpoints.wrong_lines(lines)
    answer(
        {"lines": len(lines), "wrong": wrong},
        [f"{len(lines):,} lines, {'WRONG: ' + str(wrong[0]) if wrong else 'all good'}"],
        as_json=json,
    )
    if wrong or not lines:
        raise typer.Exit(1)


@commands.command()
def export(
    force: Annotated[str, typer.Option(metavar="CODE", help="Whose trail.")],
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="First London day.")],
    to: Annotated[str, typer.Option("--to", metavar="DATE", help="Last London day.")],
    json: Json = True,  # noqa: ARG001 (JSON is all it prints; scripts say so everywhere)
) -> None:
    """Print a force's trail as one JSON object, for an auditor (DPA 2018 s.62). Audited itself.

    Example: encompass audit export --force 99 --from 2026-11-01 --to 2026-11-30
    """
    from datetime import time, timedelta

    from app.access.forces import force_named
    from app.core import audit as trail
    from app.reports.trail import entries

    first, last = opening.day(from_, "--from"), opening.day(to, "--to")
    if last < first:
        raise typer.BadParameter("--to lies before --from")
    start = at_london(first, time())
    end = at_london(last + timedelta(days=1), time())
    with opening.unit() as (session, wiring):
        force_named(session, force)
        rows = entries(session, force=force, start=start, end=end)
        trail.record(
            session, event=trail.Event.AUDIT_READ, actor=opening.operator(), force=force,
            subject="audit:export", now=wiring.clock.now(), detail={"count": len(rows)},
        )  # fmt: skip
    print_json({"force": force, "from": start, "to": end, "entries": rows})
