"""`encompass match …`: decisions child → school, for whoever has to explain or evaluate them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from app.cli import opening
from app.cli.output import Json, plain, print_json, say, table

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def match() -> None:
    """Match decisions."""


@commands.command()
def explain(
    decision: Annotated[UUID, typer.Argument(metavar="ID", help="The id of the decision.")],
    json: Json = False,
) -> None:
    """Print the evidence and weights of one decision, and whether the rules reach it again.

    Example: encompass match explain 6f1c9a3e-0d53-4b7e-9a51-2f6f7f1d8c10
    """
    from app.cli.explaining import explain as explained
    from app.core import audit

    with opening.unit() as (session, wiring):
        found = explained(session, wiring.cipher, decision, now=wiring.clock.now())
        audit.record(
            session, event=audit.Event.MATCH_EXPLAINED, actor=opening.operator(),
            force=found.force, subject=f"match:{decision}", now=wiring.clock.now(),
        )  # fmt: skip
    if json:
        print_json(plain(found))
        return
    say(
        f"Band {found.band}, score {found.score:.4f}, margin {found.margin:.4f}, "
        f"rules {found.rules_version}, decided by {found.decided_by}."
    )
    say(f"Reason: {found.reason_code or 'clear'}. Input {found.input_digest[:16]}.")
    say(_reproduced(found.differs, found.changed_since))
    if found.protected:
        say("A protected child: no school is named here.")
    rows = [
        (
            c["urn"] or "not shown",
            f"{c['score']:.4f}",
            c["source"],
            field,
            level,
            f"{c['weights'].get(field, 0):+.2f}",
        )
        for c in found.evidence
        for field, level in c["fields"].items()
    ]
    table(None, ("URN", "Score", "Source", "Field", "Agreement", "Weight"), rows)
    faint = found.considered[len(found.evidence) :]
    if faint:
        say("Also considered: " + ", ".join(f"{urn} ({score:.4f})" for urn, score in faint))


def _reproduced(differs: Sequence[str], changed: Sequence[str]) -> str:
    """Say whether the same answer came out again, or exactly what is different, and why."""
    since = f" Changed since: {', '.join(changed)}." if changed else ""
    if not differs:
        return f"Reproduced bit for bit.{since}"
    return f"Not reproduced: {', '.join(differs)}.{since}"


@commands.command()
def export(
    force: Annotated[str | None, typer.Option(metavar="CODE", help="Only this force.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="ISO", help="Only decisions from this time on.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the newest decision for every child of a newest incident, for evaluation. Audited.

    Example: encompass match export --force 99 --since 2026-11-19T18:00 --json
    """
    from app.access.forces import force_named
    from app.core import audit
    from app.reports.matches import decisions

    start = opening.instant(since, "--since")
    with opening.unit() as (session, wiring):
        if force is not None:
            force_named(session, force)
        found = decisions(session, force=force, since=start)
        audit.record(
            session, event=audit.Event.MATCHES_EXPORTED, actor=opening.operator(), force=force,
            subject="match:export", now=wiring.clock.now(), detail={"count": len(found)},
        )  # fmt: skip
    if json:
        print_json({"decisions": plain(found)})
        return
    rows = [
        (d.reference, d.child, d.band, f"{d.score:.4f}", ", ".join(map(str, d.urns))) for d in found
    ]
    table(None, ("Incident", "Child", "Band", "Score", "URNs"), rows)
