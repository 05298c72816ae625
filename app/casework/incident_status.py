"""A force asks what became of an incident: per child the outcome, and who has been told, when.

A school is named only where this force gave it: an insider could push an invented incident to find
a hidden child. No name of school staff, and nothing of a child but the force's own ref.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.access.models import ClientKind
from app.casework import trials
from app.casework.answered import (
    ChildStatus,
    IncidentStatus,
    NotificationStatus,
    read_cursor,
    write_cursor,
)
from app.casework.police import PoliceActing, require_read
from app.core import audit
from app.core.errors import NotFound
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.reports.evidence import codes_of, rungs_of
from app.reports.morning import notifications_of
from app.reports.services import services_told
from app.reports.told import Telling, Told, told_of
from notifications.models import Notification
from notifications.states import ReceiptKind
from schools.matching.details import Band
from schools.matching.models import Match
from schools.queries import establishments

# A page looks at so many rows at most: a filter that hits nothing must end too.
_MOST_SCANNED = 2_000
_STEP = 200


def read_incident(session: Session, acting: PoliceActing, *, reference: str) -> IncidentStatus:
    """Return the version that is acted on (or was withdrawn); raise `NotFound`."""
    if require_read(session, acting).kind is ClientKind.TEST:
        return trials.read(session, acting, reference=reference)
    incident = session.scalars(
        select(Incident)
        .where(Incident.force == acting.force, Incident.reference == reference)
        .order_by(Incident.version.desc())
        .limit(1)
    ).first()
    if incident is None:
        raise NotFound("No incident has this reference: check it and ask again.")
    audit.record(
        session, event=audit.Event.INCIDENT_READ, actor=acting.actor, force=acting.force,
        subject=f"incident:{incident.id}", now=acting.now,
    )  # fmt: skip
    return _statuses(session, [incident], at=acting.now)[0]


def list_incidents(
    session: Session, acting: PoliceActing, *, since: datetime | None, outcome: Outcome | None,
    told: Told | None, cursor: str | None, limit: int,
) -> tuple[list[IncidentStatus], str | None]:  # fmt: skip
    """Return incidents in the order they arrived, and the cursor of the next page if there is one.

    `since` bounds the arrival; `outcome` and `told` keep the incidents that have such a child. A
    page may then be shorter than `limit` and still have a next one.
    """
    if require_read(session, acting).kind is ClientKind.TEST:
        return trials.listed(
            session, acting, since=since, wanted=lambda one: _wanted(one, outcome, told),
            cursor=cursor, limit=limit,
        )  # fmt: skip
    found: list[IncidentStatus] = []
    after, scanned, more = read_cursor(cursor), 0, True
    while more and len(found) < limit and scanned < _MOST_SCANNED:
        rows = _page(session, acting.force, since=since, after=after, limit=_STEP)
        more, scanned = len(rows) == _STEP, scanned + len(rows)
        for status in _statuses(session, rows, at=acting.now):
            if len(found) == limit:
                more = True
                break
            after = (status.received_at, status.id)
            if _wanted(status, outcome, told):
                found.append(status)
    audit.record(
        session, event=audit.Event.INCIDENTS_LISTED, actor=acting.actor, force=acting.force,
        subject=f"force:{acting.force}", now=acting.now, detail={"incidents": len(found)},
    )  # fmt: skip
    return found, write_cursor(after) if more and after else None


def _wanted(status: IncidentStatus, outcome: Outcome | None, told: Told | None) -> bool:
    if outcome is None and told is None:
        return True
    return any(
        (outcome is None or child.outcome is outcome) and (told is None or child.told is told)
        for child in status.children
    )


def _page(
    session: Session, force: str, *, since: datetime | None,
    after: tuple[datetime, UUID] | None, limit: int,
) -> Sequence[Incident]:  # fmt: skip
    wanted = [Incident.force == force, Incident.state != IncidentState.SUPERSEDED]
    if since is not None:
        wanted.append(Incident.received_at >= since)
    if after is not None:
        at, last = after
        later = and_(Incident.received_at == at, Incident.id > last)
        wanted.append(or_(Incident.received_at > at, later))
    return session.scalars(
        select(Incident).where(*wanted).order_by(Incident.received_at, Incident.id).limit(limit)
    ).all()


def _statuses(
    session: Session, incidents: Sequence[Incident], *, at: datetime
) -> list[IncidentStatus]:
    """Return incidents with everything about their children, in a fixed number of queries."""
    rows = session.scalars(
        select(InvolvedChild)
        .where(InvolvedChild.incident_id.in_([incident.id for incident in incidents]))
        .order_by(InvolvedChild.position)
    ).all()
    ids = [child.id for child in rows]
    matches = _latest_matches(session, ids)
    notifications = _notifications(session, ids, coded=_gives_feedback(session, incidents, at=at))
    schools = _named(session, rows, matches, notifications)
    served = services_told(session, ids)
    children: dict[UUID, list[ChildStatus]] = defaultdict(list)
    for child in rows:
        told = told_of(
            child.outcome, [Telling(n.state, n.told_at) for n, _ in notifications[child.id]],
            reason=child.outcome_reason, service_told=child.id in served,
        )  # fmt: skip
        children[child.incident_id].append(
            _child(child, matches.get(child.id), told, notifications[child.id], schools[child.id])
        )
    return [
        IncidentStatus(
            incident.id, incident.reference, incident.version, incident.state,
            incident.occurred_from, incident.received_at, incident.withdrawn_at,
            tuple(children[incident.id]),
        )
        for incident in incidents
    ]  # fmt: skip


def _child(
    child: InvolvedChild,
    match: Match | None,
    told: Told,
    notifications: Sequence[tuple[Notification, NotificationStatus]],
    schools: tuple[tuple[int, str], ...],
) -> ChildStatus:
    return ChildStatus(
        ref=child.ref,
        outcome=child.outcome,
        outcome_reason=child.outcome_reason,
        outcome_at=child.outcome_at,
        told=told,
        warnings=tuple(child.warnings),
        band=match.band if match else None,
        rules_version=match.rules_version if match else None,
        school_found=match is not None and match.band is Band.MATCHED and bool(match.urns),
        schools=schools,
        notifications=tuple(status for _, status in notifications),
    )


def _latest_matches(session: Session, child_ids: Sequence[UUID]) -> dict[UUID, Match]:
    rows = session.scalars(
        select(Match)
        .where(Match.involved_child_id.in_(child_ids), Match.undone_at.is_(None))
        .order_by(Match.decided_at)
    )
    return {match.involved_child_id: match for match in rows}


def _gives_feedback(session: Session, incidents: Sequence[Incident], *, at: datetime) -> bool:
    """Return whether this force is told what schools did; they all are one force's."""
    if not incidents:
        return False
    return current_policy(session, incidents[0].force, at=at)[1].receipts.feedback_to_force


def _notifications(
    session: Session, child_ids: Sequence[UUID], *, coded: bool
) -> dict[UUID, list[tuple[Notification, NotificationStatus]]]:
    """Return what tells of each child, also what its incident joined, as on the board."""
    sent = notifications_of(session, child_ids)
    ids = {row.id for rows in sent.values() for row in rows}
    rungs, codes = rungs_of(session, ids), codes_of(session, ids) if coded else None
    found: dict[UUID, list[tuple[Notification, NotificationStatus]]] = defaultdict(list)
    for child_id, rows in sent.items():
        found[child_id] = [
            (row, _notification(row, rungs[row.id], None if codes is None else codes[row.id]))
            for row in rows
        ]
    return found


def _notification(
    row: Notification, rungs: dict[ReceiptKind, datetime], codes: tuple[str, ...] | None
) -> NotificationStatus:
    if row.acknowledged_at is None:
        # Where several must acknowledge, the first of them alone is no rung yet.
        rungs.pop(ReceiptKind.ACKNOWLEDGED, None)
    return NotificationStatus(
        row.state, row.due_at, row.ready_at, row.told_at, row.told_how, row.late_at,
        row.late_cause, rungs, codes,
    )  # fmt: skip


def _named(
    session: Session,
    children: Sequence[InvolvedChild],
    matches: dict[UUID, Match],
    notifications: dict[UUID, list[tuple[Notification, NotificationStatus]]],
) -> dict[UUID, tuple[tuple[int, str], ...]]:
    """Return the schools of each child that its force may be told the names of."""
    urns = {
        child.id: _given(matches.get(child.id), {n.urn for n, _ in notifications[child.id]})
        for child in children
    }
    known = establishments(session, sorted({urn for some in urns.values() for urn in some}))
    return {
        child_id: tuple((urn, known[urn].name) for urn in some if urn in known)
        for child_id, some in urns.items()
    }


def _given(match: Match | None, notified: set[int | None]) -> list[int]:
    """Return the URNs that say no more than this force said itself.

    They are what its own words come to with no roll and nobody's answer beside them, stored with
    the decision: whether a roll agrees, disagrees or is silent changes nothing here. Of a child
    who was sent elsewhere, none.
    """
    given = (match.given_urns or []) if match is not None else []
    return [urn for urn in given if not notified or urn in notified]
