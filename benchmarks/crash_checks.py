"""What must be true after a kill: of the rows, of the audit chain, and of the mailboxes."""

from collections import Counter

from sqlalchemy import select

from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.reports.balance import balance
from benchmarks.crash_place import FORCE, Place, Tally
from notifications.models import Alert, Notification, Occurrence
from notifications.states import VISIBLE, AlertState, NotificationState


def hold(here: Place, tally: Tally, answered: list[str], withdrawn: list[str]) -> None:
    """Hold the rows to what was answered: nothing lost, nothing visible twice, nothing half."""
    with here.wiring.database.read(PLATFORM) as session:
        stored = Counter(
            session.scalars(select(Incident.reference).where(Incident.reference.in_(answered)))
        )
        seen = Counter(
            (child_id, recipient)
            for child_id, recipient in session.execute(
                select(Occurrence.involved_child_id, Notification.recipient)
                .join(Notification, Notification.id == Occurrence.notification_id)
                .where(Notification.state.in_(VISIBLE))
            )
        )
        visible = session.scalars(
            select(Incident.reference)
            .join(Occurrence, Occurrence.incident_id == Incident.id)
            .join(Notification, Notification.id == Occurrence.notification_id)
            .where(Notification.state.in_(VISIBLE), Incident.reference.in_(withdrawn))
        ).all()
        wrong = [f"{one.code} {one.subject}" for one in balance(session, now=here.now)]
        broken = here.wiring.chain.verify(session, FORCE)
        unsent = session.scalars(
            select(Alert.id).where(
                Alert.state.in_((AlertState.ATTEMPTING, AlertState.SET_ASIDE, AlertState.FAILED))
            )
        ).all()
        orphans = session.scalars(
            select(InvolvedChild.id)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(
                Incident.state == IncidentState.NEWEST, InvolvedChild.outcome == Outcome.WITHDRAWN
            )
        ).all()
        unread = session.scalars(
            select(Notification.id).where(Notification.state == NotificationState.DRAFT)
        ).all()
    tally.lost += sum(stored[reference] != 1 for reference in answered)
    tally.twice += sum(count > 1 for count in seen.values())
    half = [*wrong, *map(str, unsent), *map(str, orphans), *map(str, unread), *visible]
    if broken is not None:
        half.append(f"chain {broken}")
    tally.half += len(half)
    tally.said += half


def read_mail(here: Place, tally: Tally) -> None:
    """Copies of one message are the same bytes, and one kill makes at most one more of each."""
    for mail in here.sink.messages[here.seen :]:
        identity = next(line for line in mail.raw.splitlines() if line.startswith(b"Message-ID"))
        name = identity.decode()
        here.copies[name] += 1
        if here.copies[name] > 1:
            tally.repeats += 1
        if here.copies[name] > 2:
            tally.twice += 1
            tally.said.append("a second repeat after one kill")
        if here.bytes_of.setdefault(name, mail.raw) != mail.raw:
            tally.twice += 1
            tally.said.append("a repeat of other bytes")
    here.seen = len(here.sink.messages)
    with here.wiring.database.read(PLATFORM) as session:
        handed = session.scalars(
            select(Alert.id).where(Alert.state == AlertState.HANDED_OVER)
        ).all()
    missing = len(handed) - len(here.copies)
    if missing > 0:
        tally.lost += missing
        tally.said.append(f"{missing} alerts handed over and in no mailbox")
