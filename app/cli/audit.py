"""`encompass audit …`: the trail, checked link by link or handed to an auditor."""

from typing import Annotated

import typer
from rich.markup import escape

from app.cli import opening
from app.cli.output import ERRORS, Json, answer, print_json
from app.core.clock import at_london

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def audit() -> None:
    """The audit trail."""


@commands.command()
def verify(json: Json = False) -> None:
    """Check every link of every chain; exit 1 and name the first wrong row where one was changed.

    Example: encompass audit verify
    """
    from app.reports.trail import chains, length

    with opening.unit(dry_run=True) as (session, wiring):
        found = [
            (chain, length(session, chain), wiring.chain.verify(session, chain))
            for chain in chains(session)
        ]
    broken = [(chain, seq) for chain, _, seq in found if seq is not None]
    answer(
        {
            "intact": not broken,
            "chains": [
                {"chain": chain, "rows": rows, "first_wrong": seq} for chain, rows, seq in found
            ],
        },
        [
            f"{chain}: {rows:,} rows, {'intact' if seq is None else f'WRONG from row {seq}'}"
            for chain, rows, seq in found
        ],
        as_json=json,
    )
    for chain, seq in broken:
        ERRORS.print(
            escape(
                f"The chain {chain} does not hold from row {seq} on: keep the database as it is, "
                "and compare with the last good backup."
            )
        )
    if broken:
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
