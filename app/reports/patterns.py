"""Patterns for one role of the force: a child again and again, a suspect in other families."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.core.cipher import Cipher
from app.core.clock import at_london, london_date
from app.core.policy import Policy
from app.core.scope import scope_of
from app.intake.models import Incident, InvolvedChild
from app.intake.suspects import PatternState, SuspectPattern, families_of, other_families
from notifications.compose import Pattern, pattern_of
from notifications.earlier_models import ChildCount
from notifications.models import Notification, Occurrence
from notifications.states import ENDED

_LONGEST = timedelta(days=90)
# How long a pattern stays on the page after the incident that made it.
SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RepeatedChild:
    """One child by the references of its incidents; counts hold the newest one."""

    pattern: Pattern
    found_on: date
    in_30_days: int
    in_90_days: int
    references: tuple[str, ...]
    incident_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class SameSuspect:
    """One suspect in families without a child in common, by the references of the incidents."""

    id: UUID
    state: PatternState
    found_at: datetime
    references: tuple[str, ...]
    incident_ids: tuple[UUID, ...]
    decided_by: str
    decided_at: datetime | None


@dataclass(slots=True)
class _Story:
    """The incidents of one child: the first day each was told of, and what they are called."""

    days: dict[UUID, date] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    erased: list[date] = field(default_factory=list)

    def within(self, days: int, until: date) -> int:
        first = until - timedelta(days=days)
        return sum(first <= day <= until for day in [*self.days.values(), *self.erased])


def repeated_children(
    session: Session, *, force: str, on: date, policy: Policy
) -> list[RepeatedChild]:
    """Return the children whose newest incident made a pattern in the last week, newest first.

    Counted over all schools, by incident: versions, schools and repeated notifications of one
    incident count once.
    """
    found = []
    for story in _stories(session, force, on=on).values():
        newest = max(story.days.values(), default=None)
        if newest is None or not on - SHOWN < newest <= on:
            continue
        in_30, in_90 = story.within(30, newest), story.within(90, newest)
        pattern = pattern_of(in_30 - 1, in_90 - 1, policy)
        if pattern is not None:
            ids = tuple(sorted(story.days, key=lambda one: (story.days[one], one), reverse=True))
            names = tuple(story.names[one] for one in ids)
            found.append(RepeatedChild(pattern, newest, in_30, in_90, names, ids))
    return sorted(found, key=lambda one: (one.found_on, one.in_30_days), reverse=True)


def same_suspects(session: Session, cipher: Cipher, *, force: str) -> list[SameSuspect]:
    """Return the suspects found in several families, those to decide about first."""
    rows = session.scalars(
        select(SuspectPattern)
        .where(SuspectPattern.force == force, SuspectPattern.digest.is_not(None))
        .order_by(SuspectPattern.decided_at.is_not(None), SuspectPattern.found_at.desc())
    ).all()
    people = names_of(session, cipher, {row.decided_by for row in rows if row.decided_by})
    return [_same_suspect(session, row, people) for row in rows if still_there(session, row)]


def still_there(session: Session, row: SuspectPattern) -> bool:
    """Return whether a pattern is one to who reads it: some of its incidents may be closed."""
    if row.force not in scope_of(session).closed:
        return True
    families = families_of(session, force=row.force, digest=row.digest or b"")
    return other_families(families.values())


def _same_suspect(session: Session, row: SuspectPattern, people: Mapping[UUID, str]) -> SameSuspect:
    ids = tuple(families_of(session, force=row.force, digest=row.digest or b""))
    names = {
        one.id: one.reference
        for one in session.scalars(select(Incident).where(Incident.id.in_(ids)))
    }
    decided_by = people.get(row.decided_by, "") if row.decided_by else ""
    return SameSuspect(
        row.id, row.state, row.found_at, tuple(names[one] for one in ids), ids, decided_by,
        row.decided_at,
    )  # fmt: skip


def _stories(session: Session, force: str, *, on: date) -> dict[bytes, _Story]:
    first = on - SHOWN - _LONGEST
    rows = session.execute(
        select(
            Notification.person_digest, Occurrence.incident_id, Occurrence.joined_at,
            Incident.reference, InvolvedChild.ref,
        )
        .join(Occurrence, Occurrence.notification_id == Notification.id)
        .join(Incident, Incident.id == Occurrence.incident_id)
        .join(InvolvedChild, InvolvedChild.id == Occurrence.involved_child_id)
        .where(
            Notification.force == force,
            Notification.person_digest.is_not(None),
            Notification.state.not_in(ENDED),
            Occurrence.joined_at >= at_london(first, time()),
        )
        .order_by(Occurrence.joined_at)
    )  # fmt: skip
    found: dict[bytes, _Story] = {}
    for person, incident_id, joined_at, reference, ref in rows:
        story = found.setdefault(person or b"", _Story())
        story.days.setdefault(incident_id, london_date(joined_at))
        story.names[incident_id] = f"{reference} / {ref}"
    _add_erased(session, force, found, since=first)
    return found


def _add_erased(
    session: Session, force: str, stories: Mapping[bytes, _Story], *, since: date
) -> None:
    """Count what is erased by its day; several schools told on one day are one incident here.

    What is left of a restricted incident is no row of it any more, so that the scope does not hide
    it: to whom such incidents are closed it does not count.
    """
    wanted = select(ChildCount).where(
        ChildCount.force == force,
        ChildCount.person_digest.in_(list(stories)),
        ChildCount.counted_on >= since,
    )
    if force in scope_of(session).closed:
        wanted = wanted.where(ChildCount.protected.is_(False))
    kept: Iterable[ChildCount] = session.scalars(wanted)
    for person, day in sorted({(row.person_digest, row.counted_on) for row in kept}):
        stories[person].erased.append(day)
