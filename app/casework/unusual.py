"""The report of unusual looks, for the auditor of a force: who stands out in a week, and why.

It counts rows of the trail that the auditor may read, and shows nothing of a child. What does not
exist for this auditor is in no count. Reading the report is on the trail itself.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.models import AccountRole, ForceArea
from app.access.permissions import Action, Relation, Role
from app.casework.acting import Acting, require
from app.casework.auditing import account_of, record_reading, shown_to
from app.core.audit import Event
from app.core.clock import at_london
from app.core.models import AuditEntry
from app.core.policies import current_policy
from app.reports.unusual import (
    DAY_BEGINS,
    EARLIER_WEEKS,
    Did,
    Kind,
    Sign,
    Week,
    alerted_day_begins,
    colleagues_usual,
    own_usual,
    signs,
    week_of,
)
from notifications.models import Occurrence
from schools.calendars import council_calendar
from schools.matching.models import Review
from schools.term_dates import SchoolCalendar, is_working_day

_WEEK = timedelta(days=7)
_ALERTED = frozenset({Role.KEY_ADULT, Role.COUNCIL_OFFICER})
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        (
            Event.NOTIFICATION_FIRST_STEP, Event.NOTIFICATION_OPENED, Event.NOTIFICATION_READ,
            Event.AMENDMENT_READ, Event.CALL_CONTENT_SHOWN, Event.RELEASE_SHOWN,
            Event.REVIEW_VIEWED, Event.TIMELINE_VIEWED,
        ),
        Kind.LOOK,
    ),
    Event.ACCESS_DENIED: Kind.REFUSED,
    **dict.fromkeys(
        (
            Event.NOTIFICATION_EXPORTED, Event.NOTIFICATION_PRINTED, Event.DOSSIER_MADE,
            Event.MATCHES_EXPORTED, Event.REPORT_EXPORTED, Event.EXPORT_TAKEN,
        ),
        Kind.TAKEN,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StandsOut:
    """One person whose week stands out: with what, why, and what was usual."""

    account_id: UUID
    name: str
    roles: tuple[Role, ...]
    week: Week
    own: float | None
    colleagues: float | None
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Unusual:
    """The week from Monday `begins` to Sunday, how many people acted in it, and who stands out.

    `alerted_from` is when the day begins for those who are alerted.
    """

    begins: date
    alerted_from: time
    people: int
    found: tuple[StandsOut, ...]


def unusual(session: Session, acting: Acting, *, force: str, on: date) -> Unusual:
    """Return who stands out in the London week of `on`; raise `NotFound` for who is no auditor."""
    require(acting, Action.READ_AUDIT, Relation(force=force))
    begins = on - timedelta(days=on.weekday())
    working = _working_days(session, force)
    before = range(1, EARLIER_WEEKS + 1)
    acts = _acts(session, acting, force, begins)
    roles = _roles(session, acts)
    alerted_from = _alerted_from(session, acting, force, begins + _WEEK)
    this = {
        one: week_of(done, working, alerted_from if _is_alerted(roles[one]) else DAY_BEGINS)
        for one, done in acts.items()
    }
    earlier = [_acts(session, acting, force, begins - _WEEK * back) for back in before]
    names = names_of(session, acting.cipher, this)
    found = []
    for account_id, week in this.items():
        own = own_usual(week_of(one.get(account_id, ()), working).children for one in earlier)
        usual = colleagues_usual(_colleagues(this, roles, account_id))
        why = signs(week, own=own, colleagues=usual)
        if why:
            name = names.get(account_id, "somebody whose account is gone")
            found.append(StandsOut(account_id, name, roles[account_id], week, own, usual, why))
    record_reading(session, acting, force, f"audit:unusual:{begins}", len(found))
    found.sort(key=lambda one: (-len(one.signs), one.name))
    return Unusual(begins, alerted_from, len(this), tuple(found))


def _is_alerted(roles: Collection[Role]) -> bool:
    """Return whether somebody only receives: who acts for the force has the force's hours."""
    return bool(roles) and _ALERTED.issuperset(roles)


def _alerted_from(session: Session, acting: Acting, force: str, end: date) -> time:
    """Return when the day began for those whom the force alerts, by its policy of that week."""
    at = min(acting.now, at_london(end, time()))
    return alerted_day_begins(current_policy(session, force, at=at)[1].timing.first_alert)


def _acts(session: Session, acting: Acting, force: str, begins: date) -> dict[UUID, list[Did]]:
    """Return what each person did in the force in the week from `begins` on."""
    start, end = at_london(begins, time()), at_london(begins + _WEEK, time())
    entries = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.force == force, AuditEntry.at >= start, AuditEntry.at < end,
            AuditEntry.event.in_([str(event) for event in _KINDS]),
            AuditEntry.actor.startswith("account:"),
        )
        .order_by(AuditEntry.at)
    ).all()  # fmt: skip
    shown = shown_to(session, acting, force, entries)
    children = _children(session, shown)
    acts: dict[UUID, list[Did]] = defaultdict(list)
    for row in shown:
        account_id = account_of(row.actor)
        if account_id is not None:
            child = children.get(row.subject, row.subject)
            acts[account_id].append(Did(row.at, _KINDS[row.event], child))
    return acts


def _children(session: Session, entries: Iterable[AuditEntry]) -> dict[str, str]:
    """Return the message about the child of each review that is looked at, by subject.

    So a look at a review and one at the message that came of it are looks at one child.
    """
    reviews = {
        UUID(row.subject.removeprefix("review:"))
        for row in entries
        if row.subject.startswith("review:")
    }
    told = session.execute(
        select(Review.id, Occurrence.notification_id)
        .join(Occurrence, Occurrence.involved_child_id == Review.involved_child_id)
        .where(Review.id.in_(reviews))
    )
    return {f"review:{review}": f"notification:{message}" for review, message in told}


def _working_days(session: Session, force: str) -> Callable[[date], bool]:
    """Return whether people work on a date, by the bank holidays of the force's first council."""
    first = select(ForceArea.council).where(ForceArea.force == force).order_by(ForceArea.council)
    council = session.scalars(first.limit(1)).first()
    calendar = council_calendar(session, council) if council else SchoolCalendar()
    return lambda on: is_working_day(calendar, on)


def _roles(session: Session, people: Iterable[UUID]) -> dict[UUID, tuple[Role, ...]]:
    """Return the roles that each person holds now, wherever; none for who lost them all."""
    rows = session.execute(
        select(AccountRole.account_id, AccountRole.role)
        .where(AccountRole.account_id.in_(set(people)), AccountRole.ended_at.is_(None))
        .distinct()
    )
    held: dict[UUID, set[Role]] = defaultdict(set)
    for account_id, role in rows:
        held[account_id].add(role)
    return {one: tuple(sorted(held[one])) for one in people}


def _colleagues(
    weeks: Mapping[UUID, Week], roles: Mapping[UUID, Sequence[Role]], account_id: UUID
) -> list[int]:
    """Return at how many children each other person with a role of this one looked, if at any."""
    mine = set(roles[account_id])
    return [
        week.children
        for other, week in weeks.items()
        if other != account_id and week.children and mine.intersection(roles[other])
    ]
