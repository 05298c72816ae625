"""What became of each child of the night so far, in rows and in words."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.demo.county import FORCE
from app.demo.world import World
from app.intake.outcomes import Outcome
from app.reports.morning import board
from app.reports.rows import ChildRow

Rows = dict[tuple[str, str], ChildRow]


def rows_of(world: World, session: Session) -> Rows:
    """Return every child by reference and ref, from this morning's board and the week's after it.

    A school that is closed today must be told on a later morning.
    """
    found: Rows = {}
    for days in range(7):
        on = world.county.day + timedelta(days=days)
        shown = board(session, world.wiring.cipher, force=FORCE, on=on, now=world.clock.now())
        for row in shown.rows:
            found.setdefault((row.reference, row.child_ref), row)
    return found


def words_of(row: ChildRow | None) -> str:
    """Say in a few words what was decided about a child."""
    if row is None:
        return "taken back"
    if row.outcome is Outcome.SENT_TO_SCHOOL:
        return f"→ {', '.join(row.schools)}"
    if row.outcome is Outcome.SENT_TO_COUNCIL:
        return "→ the council's officer"
    reason = (row.outcome_reason or row.outcome).value.replace("_", " ")
    room = {
        Outcome.IN_REVIEW: "a reviewer decides", Outcome.NOT_NOTIFIED: "nobody is told",
        Outcome.HELD: "held", Outcome.DETAILS_AWAITED: "the desk asks for details",
    }.get(row.outcome, row.outcome.value)  # fmt: skip
    return f"{room}: {reason}"
