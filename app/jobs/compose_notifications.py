"""Places a notification at every school, or council, of a decided match: visible from then on."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.casework.facts import notice_facts, priority_of
from app.core import keys
from app.core.cipher import Cipher
from app.core.policies import current_policy
from app.core.policy import HolidayPolicy, Policy
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.opening import open_children, open_incident
from app.intake.outcomes import IncidentState, Outcome
from app.jobs.clocks import began_at
from app.jobs.holidays import (
    at_councils,
    begin_again,
    hold_for_pupils,
    holiday_way,
    later_morning,
    pupils_back,
)
from app.jobs.know_the_family import keep_from_family
from app.jobs.runner import StepReport, Tick
from notifications.lateness import HANDED_OVER
from notifications.placing import Order, place
from notifications.recall import recall_child
from notifications.states import NOBODY, NotificationState, Purpose
from notifications.timing import Due, due_for_council, due_for_school
from schools.calendars import calendar_of, council_calendar, nation_of_council
from schools.matching.details import Band, Verdict
from schools.matching.models import DecidedBy, Judgement, Match
from schools.models import Establishment
from schools.queries import establishments
from schools.term_dates import Nation, SchoolCalendar

ACTOR = "job:compose_notifications"
BLOCK = 1000


def compose_notifications(tick: Tick) -> StepReport:
    """Compose what was decided, oldest decision first."""
    with tick.wiring.database.read(PLATFORM) as session:
        waiting = _waiting(session, tick.force)
    return tick.each(
        waiting,
        lambda session, key: compose_match(session, tick.wiring.cipher, key, now=tick.now),
    )


def compose_match(session: Session, cipher: Cipher, match_id: UUID, *, now: datetime) -> None:
    """Place the notifications of one decision; a decision overtaken by events places none."""
    match = session.get_one(Match, match_id)
    if not _take(session, match, now):
        return
    child = session.get_one(InvolvedChild, match.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    waits = child.outcome in {Outcome.RECEIVED, Outcome.IN_REVIEW}
    if incident.state is not IncidentState.NEWEST or not waits:
        return
    _, policy = current_policy(session, incident.force, at=now)
    orders = _orders(session, cipher, child, incident, match=match, policy=policy)
    way = holiday_way(child, orders, policy)
    if way is HolidayPolicy.HOLD:
        hold_for_pupils(session, child, orders, now=now, actor=ACTOR)
        return
    if way is HolidayPolicy.COUNCIL:
        orders = at_councils(session, orders, policy)
    _close_refused(session, child, now=now)
    placed = [place(session, cipher, order, now=now, actor=ACTOR) for order in orders]
    for one in placed:
        keep_from_family(session, cipher, one, incident, policy=policy, now=now, actor=ACTOR)
    if child.rematched_at is not None:
        begin_again(session, orders, placed, policy=policy, now=now, actor=ACTOR)
    _close_elsewhere(session, child, keep={one.id for one in placed}, now=now)
    _close_decided(session, child, match, keep={one.id for one in placed}, now=now)
    child.return_on = min((one.return_on for one in placed if one.return_on), default=None)
    if child.rematched_at is not None:
        child.again_on = later_morning(order.due for order in orders)
    if match.reason_code == HANDED_OVER and match.council is not None:
        child.return_on = pupils_back(session, match.council, orders[0].due.told_day)
    to_council = way is HolidayPolicy.COUNCIL or match.council is not None
    sent = Outcome.SENT_TO_COUNCIL if to_council else Outcome.SENT_TO_SCHOOL
    move_child(session, child, to=sent, now=now, due_at=min(one.due_at for one in placed))


def _take(session: Session, match: Match, now: datetime) -> bool:
    """Mark the decision as composed; false where another runner did so first."""
    taken = session.execute(
        update(Match)
        .where(Match.id == match.id, Match.composed_at.is_(None))
        .values(composed_at=now)
        .returning(Match.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(taken)


def _orders(
    session: Session,
    cipher: Cipher,
    child: InvolvedChild,
    incident: Incident,
    *,
    match: Match,
    policy: Policy,
) -> list[Order]:
    """Return an order for each school of the decision, or for the residence council of none."""
    key = keys.open_key(session, cipher, incident.content_key_id)
    (details,) = open_children(cipher, [child], key)
    facts = open_incident(cipher, incident, key)
    apart = _restricted(session, child)

    def due_at(deadline: Callable[..., Due], calendar: SchoolCalendar) -> Due:
        due = deadline(
            calendar, accepted_at=child.received_at, incident_at=began_at(incident, child),
            timing=policy.timing,
        )  # fmt: skip
        # A version that came after the deadline of the one before has that one's clock: what it
        # says was late, and not who tells it.
        return replace(due, late_record=due.late_record or incident.received_at >= due.due_at)

    def order(urn: int | None, council: str, due: Due, *, welsh: bool) -> Order:
        return Order(
            force=incident.force, urn=urn, council=council,
            recipient=f"council:{council}" if urn is None else f"urn:{urn}",
            involved_child_id=child.id, incident_id=incident.id,
            person_digest=child.person_digest, content_key=key,
            facts=notice_facts(details, facts, welsh=welsh), accepted_at=child.received_at,
            due=due, priority=priority_of(details, facts),
            purpose=Purpose.INFORM if child.rematched_at is None else Purpose.RETURN,
            shown_only_to=match.shown_only_to or (NOBODY if child.protected else None),
            protected=child.protected, restricted=incident.restricted_access, apart=apart,
        )  # fmt: skip

    if match.council is not None:
        due = due_at(due_for_council, council_calendar(session, match.council))
        welsh = nation_of_council(match.council) is Nation.WALES
        return [order(None, match.council, due, welsh=welsh)]
    return [
        order(
            school.urn, school.la_code, due_at(due_for_school, calendar_of(session, school.urn)),
            welsh=school.nation is Nation.WALES,
        )
        for school in _schools(session, match.urns)
    ]  # fmt: skip


def _restricted(session: Session, child: InvolvedChild) -> frozenset[UUID]:
    """Return the restricted incidents of the same child: what tells of others is kept apart."""
    if child.person_digest is None:
        return frozenset()
    return frozenset(
        session.scalars(
            select(Incident.id)
            .join(InvolvedChild, InvolvedChild.incident_id == Incident.id)
            .where(
                Incident.force == child.force, Incident.restricted_access,
                InvolvedChild.person_digest == child.person_digest,
            )
        )
    )  # fmt: skip


def _schools(session: Session, urns: Iterable[int]) -> list[Establishment]:
    found = establishments(session, set(urns))
    return [found[urn] for urn in urns]


def _close_refused(session: Session, child: InvolvedChild, *, now: datetime) -> None:
    """Recall what a school or council closed by saying "not our pupil", before placing anew.

    Also at the very place that refused: whoever opened it there said that it was not for them, so
    a person who settles the child there after all makes a new message, which alerts and is unread.
    """
    recall_child(
        session, involved_child_id=child.id, incident_id=child.incident_id,
        reason_code="not_our_pupil", actor=ACTOR, now=now,
        which=lambda one: one.state is NotificationState.HELD,
    )  # fmt: skip


def _close_elsewhere(
    session: Session, child: InvolvedChild, *, keep: set[UUID], now: datetime
) -> None:
    """After a holiday, recall what nobody opened: the child is another school's pupil now."""
    if child.rematched_at is None:
        return
    recall_child(
        session, involved_child_id=child.id, incident_id=child.incident_id,
        reason_code="moved_school", actor=ACTOR, now=now,
        which=lambda one: (
            one.id not in keep and one.state is NotificationState.READY and one.told_at is None
        ),
    )  # fmt: skip


def _close_decided(
    session: Session, child: InvolvedChild, match: Match, *, keep: set[UUID], now: datetime
) -> None:
    """Once a person decided, recall what the child's other school has not read, or is not right.

    One of two schools refused, or its message was taken back: where the person names another, the
    second one is not to be asked on. Who read it there said that the child is on the roll; that
    stays unless the decision says that it is not.
    """
    if match.decided_by is not DecidedBy.PERSON:
        return
    not_here = set(
        session.scalars(
            select(Judgement.urn).where(
                Judgement.match_id == match.id, Judgement.verdict == Verdict.NO
            )
        )
    )
    recall_child(
        session, involved_child_id=child.id, incident_id=child.incident_id,
        reason_code="settled_elsewhere", actor=ACTOR, now=now,
        which=lambda one: (
            one.id not in keep
            and one.urn is not None
            and (one.told_at is None or one.urn in not_here)
        ),
    )  # fmt: skip


def _waiting(session: Session, force: str | None) -> list[UUID]:
    statement = (
        select(Match.id)
        .where(Match.band == Band.MATCHED, Match.composed_at.is_(None))
        .order_by(Match.decided_at)
        .limit(BLOCK)
    )
    if force is not None:
        statement = statement.where(Match.force == force)
    return list(session.scalars(statement))
