"""What must hold in every simulated world: after each event, and once all faults have ended.

Each check asks the rows or the mailboxes, never the code under test; a broken one is a word with
the ids concerned, so that a failing seed says where to look. What is asked after every event is
asked on a connection of the world's own, beside the engine of the service.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects import sqlite

from app.casework.inbox import inbox
from app.core.clock import at_london, london_date
from app.core.models import AuditHead
from app.core.scope import PLATFORM, of_force
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState
from app.reports.balance import balance
from app.reports.morning import board, notifications_of
from app.reports.services import services_told
from app.reports.told import Telling, Told, told_of
from app.simulation import knowing
from app.simulation.county import FORCES
from app.simulation.notify import NEVER_LEFT
from app.simulation.world import World
from notifications.models import Alert, Notification, Occurrence, Receipt
from notifications.states import VISIBLE, NotificationState, ReceiptKind
from schools.matching.models import DecidedBy

DAY = timedelta(days=1)
# How far a notification is: it may be held and come back, and may end; it never loses a receipt.
_RANK: dict[str, int] = {
    NotificationState.DRAFT: 0, NotificationState.READY: 1, NotificationState.OPENED: 2,
    NotificationState.ACKNOWLEDGED: 3, NotificationState.FOLLOWED_UP: 4,
}  # fmt: skip


def safety(world: World) -> list[str]:
    """Return what is broken now that may never be broken; empty in a sound world.

    All of it is looked at again whenever anything was stored, answered or sent since last time.
    """
    (version,) = world.look.execute("PRAGMA data_version").fetchone()
    now = (version, len(world.answered), len(world.mail.sent), len(world.notify.posted))
    if now != world.looked_at:
        world.broken = [
            *_stored_once(world), *_no_duplicate(world), *_nothing_withdrawn_visible(world),
            *_no_rank_fell(world), *_no_send_without_intent(world), *_taken_once(world),
        ]  # fmt: skip
        world.looked_at = now
    return [*world.broken, *world.wrongly]


def at_the_end(world: World) -> list[str]:
    """Return what is broken of the dearer checks: other schools, the bytes, the audit chain."""
    return [
        *_only_their_own(world), *_no_content_in_bytes(world), *_chain_holds(world),
        *on_a_board(world), *_nobody_who_left(world), *_not_back_at_a_wrong_school(world),
        *_where_a_person_decided(world),
    ]  # fmt: skip


def liveness(world: World) -> list[str]:
    """Return every child who, with all faults over, is neither told nor with a named person."""
    with world.wiring.database.read(PLATFORM) as session:
        found = [f"liveness:{one.code}:{one.subject}" for one in balance(session, now=world.now)]
    for force in FORCES:
        with world.wiring.database.read(of_force(force)) as session:
            rows = board(
                session, world.wiring.cipher, force=force, on=london_date(world.now),
                now=world.now,
            ).rows  # fmt: skip
        found += [
            f"liveness:nobody_has:{row.child_id}"
            for row in rows
            if row.told is Told.NOT_TOLD and not row.held_by
        ]
    return found


EVERY_CHILD = (
    select(InvolvedChild.id, InvolvedChild.outcome, InvolvedChild.outcome_reason)
    .join(Incident, Incident.id == InvolvedChild.incident_id)
    .where(Incident.state != IncidentState.SUPERSEDED)
)


def on_a_board(world: World) -> Iterator[str]:
    """I13: whoever is not told is on the board of today, or of the day they are due on.

    Every child there is is looked at: the board itself begins at what is open.
    """
    for force in FORCES:
        with world.wiring.database.read(of_force(force)) as session:
            children = session.execute(EVERY_CHILD).all()
            ids = [child_id for child_id, *_ in children]
            sent, served = notifications_of(session, ids), services_told(session, ids)
            untold = {
                child_id
                for child_id, outcome, reason in children
                if told_of(
                    outcome, [Telling(one.state, one.told_at) for one in sent.get(child_id, ())],
                    reason=reason, service_told=child_id in served,
                ) is Told.NOT_TOLD
            }  # fmt: skip
            later = set(
                session.scalars(
                    select(InvolvedChild.id).where(
                        InvolvedChild.due_at >= at_london(london_date(world.now) + DAY, time())
                    )
                )
            )
            shown = board(
                session, world.wiring.cipher, force=force, on=london_date(world.now), now=world.now
            )
        listed = {row.child_id for row in shown.rows if row.told is Told.NOT_TOLD}
        yield from (f"on_no_board:{one}" for one in sorted(untold - later - listed))


def _text(statement: Select[*tuple[Any, ...]]) -> str:
    """Return a statement as SQLite's text, written once: it is asked after every event."""
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


_STORED = _text(
    select(Incident.force, Incident.reference, Incident.version, func.count()).group_by(
        Incident.force, Incident.reference, Incident.version
    )
)


def _stored_once(world: World) -> Iterator[str]:
    """I1: each answered push is stored, once."""
    rows = world.look.execute(_STORED)
    counts = {(force, reference, version): count for force, reference, version, count in rows}
    for one in world.answered:
        if counts.get((one.force, one.reference, one.version)) != 1:
            yield f"stored_once:{one.reference}:{one.version}"


_SEEN_TWICE = _text(
    select(Occurrence.involved_child_id, Notification.recipient)
    .join(Notification, Notification.id == Occurrence.notification_id)
    .where(Notification.state.in_(VISIBLE))
    .group_by(Occurrence.involved_child_id, Notification.recipient, Notification.purpose)
    .having(func.count() > 1)
)


def _no_duplicate(world: World) -> Iterator[str]:
    """I2: a recipient sees one notification about one child of one incident, not two."""
    for child_id, recipient in world.look.execute(_SEEN_TWICE):
        yield f"duplicate:{child_id}:{recipient}"


_VISIBLE_OF_NOTHING = _text(
    select(Notification.id)
    .join(Occurrence, Occurrence.notification_id == Notification.id)
    .join(Incident, Incident.id == Occurrence.incident_id)
    .where(Notification.state.in_(VISIBLE))
    .group_by(Notification.id)
    .having(func.max(Incident.state == IncidentState.NEWEST) == 0)
)


def _nothing_withdrawn_visible(world: World) -> Iterator[str]:
    """I4: what tells only of incidents that were taken back or replaced is shown to nobody."""
    for (notification_id,) in world.look.execute(_VISIBLE_OF_NOTHING):
        yield f"withdrawn_visible:{notification_id}"


_STATES = _text(select(Notification.id, Notification.state))


def _no_rank_fell(world: World) -> Iterator[str]:
    """I7: what was opened stays opened; a hold or an ending is no fall."""
    for notification_id, state in world.look.execute(_STATES):
        rank = _RANK.get(state)
        if rank is None:
            continue
        if rank < world.ranks.get(notification_id, 0):
            yield f"rank_fell:{notification_id}"
        world.ranks[notification_id] = rank


_TRIED = _text(select(Alert.id).where(Alert.fence > 0))
_TOLD_BY_NOTHING = _text(
    select(Notification.id).where(
        Notification.told_at.is_not(None),
        ~exists().where(
            Receipt.notification_id == Notification.id,
            Receipt.kind.in_((ReceiptKind.OPENED, ReceiptKind.TOLD_BY_PHONE)),
        ),
    )
)


def _no_send_without_intent(world: World) -> Iterator[str]:
    """I6: every message in a mailbox has a row that said so before it left."""
    tried = {alert_id for (alert_id,) in world.look.execute(_TRIED)}
    sent = {one.message.alert_id.hex for one in world.mail.sent}
    sent |= {UUID(one.reference).hex for one in world.notify.taken}
    for alert_id in sent - tried:
        yield f"send_without_intent:{alert_id}"
    for (notification_id,) in world.look.execute(_TOLD_BY_NOTHING):
        yield f"told_without_receipt:{notification_id}"


def _taken_once(world: World) -> Iterator[str]:
    """G2: GOV.UK Notify is asked before a repeat, so it has no alert twice but what never left."""
    alive = Counter(
        one.reference for one in world.notify.taken if world.notify.fate(one) != NEVER_LEFT
    )
    for reference, count in alive.items():
        if count > 1:
            yield f"taken_twice:{reference}"


def _only_their_own(world: World) -> Iterator[str]:
    """I3: a key adult sees the notifications of the own school and no other."""
    with world.wiring.database.read(PLATFORM) as session:
        rows = session.execute(select(Notification.id, Notification.urn)).all()
    urns = {row.id: row.urn for row in rows}
    for school in world.county.schools:
        for email in school.key_adults:
            acting = world.acting(email)
            if not acting.actor.grants:
                continue  # has left
            with world.reading(acting) as session:
                seen = inbox(session, acting)
            groups = (seen.to_open, seen.to_acknowledge, seen.to_follow_up, seen.done)
            for line in (one for group in groups for one in group):
                if urns[line.notification_id] != school.urn:
                    yield f"other_school:{line.notification_id}:{school.urn}"


def _no_content_in_bytes(world: World) -> Iterator[str]:
    """I8: no name, date of birth or reference in any byte that left."""
    text = b"\n".join([*(one.raw for one in world.mail.sent), *world.notify.posted])
    for secret in world.secrets:
        if secret in text:
            yield "content_in_a_message"


def _nobody_who_left(world: World) -> Iterator[str]:
    """I16: who has left a school is alerted of no message that came after."""
    for one in world.mail.sent:
        left = world.left.get(one.message.address)
        if left is not None and one.message.planned_at > left:
            yield f"alerted_who_left:{one.message.alert_id}"


def _not_back_at_a_wrong_school(world: World) -> Iterator[str]:
    """I17: a school that a message was taken back from gets the child again by a person alone."""
    for child, urn, before in world.wrong_schools:
        for match_id, by, urns in knowing.decided(world, child):
            if match_id in before or urn not in json.loads(urns):
                continue
            if by == DecidedBy.PERSON:
                break
            yield f"wrong_school_again:{match_id}:{urn}"


_UNREAD_ELSEWHERE = """
    SELECT notification.id, notification.urn, "match".urns
    FROM notification JOIN occurrence ON occurrence.notification_id = notification.id
    JOIN involved_child ON involved_child.id = occurrence.involved_child_id
    JOIN "match" ON "match".id = (
        SELECT newest.id FROM "match" AS newest
        WHERE newest.involved_child_id = involved_child.id AND newest.undone_at IS NULL
        ORDER BY newest.decided_at DESC LIMIT 1
    )
    WHERE notification.state = 'ready' AND notification.told_at IS NULL
    AND notification.urn IS NOT NULL AND involved_child.rematched_at IS NULL
    AND "match".decided_by = 'person' AND "match".composed_at IS NOT NULL
"""


def _where_a_person_decided(world: World) -> Iterator[str]:
    """I18: what nobody read waits at no school but those a person decided, where one did."""
    for notification_id, urn, urns in world.look.execute(_UNREAD_ELSEWHERE):
        if urn not in json.loads(urns):
            yield f"not_where_decided:{notification_id}:{urn}"


def _chain_holds(world: World) -> Iterator[str]:
    """I5: the audit chain verifies from its first row to its head."""
    with world.wiring.database.read(PLATFORM) as session:
        for chain in session.scalars(select(AuditHead.chain)):
            wrong = world.wiring.chain.verify(session, chain)
            if wrong is not None:
                yield f"chain:{chain}:{wrong}"
