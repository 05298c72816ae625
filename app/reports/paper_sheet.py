"""What the duty officer rings from when the service cannot be reached: schools, people, children.

Every child of one force whose school is not told and whose deadline is today or over, and every
other school on the call sheet: a change that nobody read, a call about going home. A protected
child and one of a restricted incident have no name and no school here, but are read on the screen
alone; the second is on the sheet of its group alone. Sources: domain.md §6; features.md OP8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.access.spoken_codes import SpokenCode, spoken_codes
from app.core.cipher import CannotOpen, Cipher, Erased
from app.core.clock import at_london, london_date
from app.core.policies import current_policy
from app.intake.models import Incident, InvolvedChild
from notifications.desk_calls import call_wanted, calls_wanted, to_ring
from notifications.errors import NoLongerShown
from notifications.models import CallSheetLine, Notification, Occurrence
from notifications.passing_over import passed_over
from notifications.queries import content_of
from notifications.recipients import Recipient, recipients_of
from schools.queries import council_name, establishment


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One call; the first five are empty where only the screen may show them."""

    place: str
    telephone: str | None
    ask_for: tuple[str, ...] = field(repr=False)
    child: str = field(repr=False)
    date_of_birth: date | None = field(repr=False)
    reference: str
    child_ref: str
    due_at: datetime
    on_screen_only: bool = False
    # Only for the keys of the group that sees restricted incidents.
    restricted: bool = False
    # Compulsory, though the school may have read the message: it is about going home.
    going_home: bool = False


def paper_lines(session: Session, cipher: Cipher, *, force: str, now: datetime) -> list[PaperLine]:
    """Return the calls of one force, most urgent first; needs the force's scope."""
    end = at_london(london_date(now) + timedelta(days=1), time(0, 0))
    on_the_sheet = exists().where(
        CallSheetLine.notification_id == Notification.id, CallSheetLine.closed_at.is_(None)
    )
    rows = session.execute(
        select(Notification, Incident.reference, _restricted(), InvolvedChild)
        .join(Incident, Incident.id == Notification.incident_id)
        .join(InvolvedChild, InvolvedChild.id == Notification.involved_child_id)
        .where(
            Notification.force == force,
            to_ring(),
            or_(
                on_the_sheet,
                and_(Notification.told_at.is_(None), Notification.due_at < end),
                call_wanted(before=end),
            ),
        )
        .order_by(Notification.priority, Notification.due_at, Notification.id)
    )
    found = rows.all()
    compulsory = calls_wanted(session, [notification.id for notification, *_ in found])
    lines = (
        (note.id, _line(session, cipher, note, reference, child, restricted=restricted, now=now))
        for note, reference, restricted, child in found
    )
    return [
        replace(line, due_at=compulsory[ident], going_home=True) if ident in compulsory else line
        for ident, line in lines
    ]


def _restricted() -> ColumnElement[bool]:
    told, of = aliased(Occurrence), aliased(Incident)
    return exists().where(
        told.notification_id == Notification.id, of.id == told.incident_id,
        of.restricted_access,
    )  # fmt: skip


def _line(
    session: Session, cipher: Cipher, notification: Notification, reference: str,
    child: InvolvedChild, *, restricted: bool, now: datetime,
) -> PaperLine:  # fmt: skip
    if restricted:
        return replace(_on_screen(notification, reference, child), restricted=True)
    if child.protected or notification.shown_only_to is not None:
        return _on_screen(notification, reference, child)
    try:
        identity = content_of(session, cipher, notification).identity
    except (CannotOpen, Erased, NoLongerShown):
        # One that does not open must not keep the calls about all others from the sheet.
        return _on_screen(notification, reference, child)
    place, telephone = _place(session, notification)
    return PaperLine(
        place, telephone, _people(session, cipher, notification, now),
        f"{identity.first_name} {identity.surname}", identity.date_of_birth, reference, child.ref,
        notification.due_at,
    )  # fmt: skip


def _on_screen(notification: Notification, reference: str, child: InvolvedChild) -> PaperLine:
    return PaperLine(
        "", None, (), "", None, reference, child.ref, notification.due_at, on_screen_only=True
    )


def _place(session: Session, notification: Notification) -> tuple[str, str | None]:
    if notification.urn is None:
        return council_name(session, notification.council or ""), None
    found = establishment(session, notification.urn)
    return (found.name, found.telephone) if found else (f"School {notification.urn}", None)


def _people(
    session: Session, cipher: Cipher, notification: Notification, now: datetime
) -> tuple[str, ...]:
    """Return whom to ask for, with their spoken codes, without those left out of this one."""
    _, policy = current_policy(session, notification.force, at=now)
    people = recipients_of(session, cipher, notification, on=london_date(now), policy=policy)
    left_out = passed_over(session, cipher, [notification.id], people).everybody
    asked = [one for one in people if one.can_receive and one.id not in left_out]
    codes = spoken_codes(session, cipher, {one.account_id for one in asked if one.account_id})
    return tuple(_with_code(one, codes) for one in asked)


def _with_code(person: Recipient, codes: Mapping[UUID, SpokenCode]) -> str:
    code = codes.get(person.account_id) if person.account_id else None
    return f"{person.name} (say {code.caller}, they answer {code.answer})" if code else person.name
