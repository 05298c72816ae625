"""What the force lead reads beside the morning report: quality, decisions, patterns, fairness.

A lead who is connected with an incident does not read about it here either.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import Tie, ties
from app.core import audit
from app.core.clock import london_date
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.intake import suspects
from app.intake.suspects import SuspectPattern
from app.reports.decisions import DecisionRow, decisions
from app.reports.fairness import Fairness, by_area
from app.reports.patterns import (
    RepeatedChild,
    SameSuspect,
    repeated_children,
    same_suspects,
    still_there,
)
from app.reports.quality import Quality, quality
from app.reports.recipients import ChangeRow, recipient_changes
from notifications.passing_over import ToldOf

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Both kinds of pattern; `suspects_on` says whether the force has the second."""

    force: str
    children: tuple[RepeatedChild, ...]
    suspects: tuple[SameSuspect, ...]
    suspects_on: bool


def see_quality(session: Session, acting: Acting, *, force: str, on: date) -> Quality:
    """Return how good the records of the night to a London morning were."""
    _require(session, acting, Action.SEE_REPORTS, force, subject=f"quality:{on}")
    return quality(session, force=force, on=on)


def see_decisions(session: Session, acting: Acting, *, force: str, on: date) -> list[DecisionRow]:
    """Return every hold, exclusion and withdrawal of the night to a London morning."""
    _require(session, acting, Action.SEE_REPORTS, force, subject=f"decisions:{on}")
    return decisions(session, acting.cipher, force=force, on=on)


def see_fairness(session: Session, acting: Acting, *, force: str, on: date) -> Fairness:
    """Return matching and telling by area over thirty days, with small numbers hidden."""
    _require(session, acting, Action.SEE_REPORTS, force, subject=f"fairness:{on}")
    return by_area(session, force=force, on=on, now=acting.now)


def see_patterns(session: Session, acting: Acting, *, force: str) -> Patterns:
    """Return the patterns of one force as they stand now."""
    _require(
        session, acting, Action.SEE_PATTERNS, force, subject=f"force:{force}",
        event=audit.Event.PATTERNS_VIEWED,
    )  # fmt: skip
    _, policy = current_policy(session, force, at=acting.now)
    on = london_date(acting.now)
    children = repeated_children(session, force=force, on=on, policy=policy)
    found = same_suspects(session, acting.cipher, force=force)
    return Patterns(
        force,
        tuple(_untied(session, acting, force, children, lambda row: row.incident_ids)),
        tuple(_untied(session, acting, force, found, lambda row: row.incident_ids)),
        policy.suspects.on,
    )


def decide_pattern(session: Session, acting: Acting, *, pattern_id: UUID, confirmed: bool) -> str:
    """Confirm or dismiss that one suspect is in several families; return the force.

    Raises `NotFound`, and `Conflict` where somebody decided before.
    """
    pattern = session.get(SuspectPattern, pattern_id)
    if pattern is None or acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.DECIDE_PATTERN, Relation(force=pattern.force))
    families = suspects.families_of(session, force=pattern.force, digest=pattern.digest or b"")
    mine = _untied(session, acting, pattern.force, [pattern], lambda _: families)
    if not mine or not still_there(session, pattern):
        raise NotFound(_NOTHING_HERE)
    suspects.decide(
        session, pattern, confirmed=confirmed, account_id=acting.actor.account_id, now=acting.now
    )
    audit.record(
        session, event=audit.Event.PATTERN_DECIDED, actor=acting.actor.id, force=pattern.force,
        subject=f"suspect_pattern:{pattern.id}", now=acting.now, reason_code=pattern.state.value,
    )  # fmt: skip
    return pattern.force


def see_recipient_changes(session: Session, acting: Acting, *, force: str) -> list[ChangeRow]:
    """Return who was passed over and why, which nobody else is shown."""
    _require(
        session, acting, Action.SEE_RECIPIENT_CHANGES, force, subject=f"force:{force}",
        event=audit.Event.RECIPIENT_CHANGES_READ,
    )  # fmt: skip
    rows = recipient_changes(session, acting.cipher, force=force, now=acting.now)
    return _untied(session, acting, force, rows, lambda row: (row.incident_id,))


def _require(
    session: Session, acting: Acting, action: Action, force: str, *, subject: str,
    event: audit.Event = audit.Event.REPORT_VIEWED,
) -> None:  # fmt: skip
    require(acting, action, Relation(force=force))
    audit.record(
        session, event=event, actor=acting.actor.id, force=force, subject=subject, now=acting.now
    )


def _untied(
    session: Session, acting: Acting, force: str, rows: Iterable[_Row],
    incidents: Callable[[_Row], Iterable[UUID]],
) -> list[_Row]:  # fmt: skip
    """Return the rows without those about an incident with which this person is connected."""
    listed = list(rows)
    wanted = {one for row in listed for one in incidents(row)}
    tied = ties(session, acting, {one: ToldOf({one}) for one in wanted}, force=force)
    out = {one for one, tie in tied.items() if tie is Tie.OUT}
    return [row for row in listed if not out.intersection(incidents(row))]
