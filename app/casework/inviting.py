"""The messages by which a key adult gets in: an invitation, a code, and a reminder to sign in."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import enrolment
from app.access.models import Account
from app.casework.school_reach import mailing_force, on_behalf_of_school
from app.core import audit
from app.core.cipher import Cipher
from notifications.alerting import alert_key_adult, stop_alerts
from notifications.states import Medium, Template
from schools import contact_codes
from schools.models import Establishment, KeyAdult

_SOON = timedelta(hours=2)


def invite(
    session: Session, cipher: Cipher, adult: KeyAdult, account: Account, place: Establishment, *,
    actor: str, now: datetime,
) -> bool:  # fmt: skip
    """Send the one-time link that makes an account work; an earlier link dies.

    Somebody who is enrolled already is asked to sign in instead, to prove the address; then the
    answer is False.
    """
    if account.enrolled_at is not None:
        remind(session, adult, place, actor=actor, now=now)
        return False
    begin_anew(session, cipher, adult, account, place, actor=actor, now=now)
    return True


def begin_anew(
    session: Session, cipher: Cipher, adult: KeyAdult, account: Account, place: Establishment, *,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Send a one-time link to somebody, enrolled or not; an earlier link dies."""
    before = enrolment.newest(session, account.id)
    link = enrolment.invite(session, cipher, account_id=account.id, now=now)
    if before is not None:
        _stop(session, place, f"invitation:{before.id}", now)
    _send(session, adult, place, about=f"invitation:{link.id}", due_at=now + _SOON,
          template=Template.INVITATION, now=now)  # fmt: skip
    _note(session, audit.Event.KEY_ADULT_INVITED, adult, actor=actor, now=now)


def send_code(
    session: Session, cipher: Cipher, adult: KeyAdult, place: Establishment, *,
    actor: str, now: datetime, medium: Medium = Medium.EMAIL,
) -> None:  # fmt: skip
    """Send the code that proves a key adult's address, or mobile; raise `TooMany` after several."""
    code, replaced = contact_codes.new_code(
        session, cipher, adult, now=now, by_text=medium is Medium.TEXT
    )
    for ident in replaced:
        _stop(session, place, f"code:{ident}", now)
    _send(session, adult, place, about=f"code:{code.id}", due_at=code.expires_at,
          template=Template.CODE, now=now, medium=medium)  # fmt: skip
    _note(session, audit.Event.KEY_ADULT_CODE_SENT, adult, actor=actor, now=now)


def remind(
    session: Session, adult: KeyAdult, place: Establishment, *, actor: str, now: datetime
) -> None:
    """Ask a key adult to sign in, where their page says what is wanted."""
    _send(session, adult, place, about=about_proving(adult.id), due_at=now + timedelta(days=1),
          template=Template.ACCOUNT, now=now)  # fmt: skip
    adult.reminded_at = now
    _note(session, audit.Event.KEY_ADULT_REMINDED, adult, actor=actor, now=now)


def nothing_to_prove(
    session: Session, adult: KeyAdult, place: Establishment, *, now: datetime
) -> None:
    """Take back the reminders that wait for an address that is proved now."""
    _stop(session, place, about_proving(adult.id), now)


def about_proving(key_adult_id: UUID) -> str:
    """Return what a reminder to prove an address is about, as the outbox keeps it."""
    return f"proving:{key_adult_id}"


def _send(
    session: Session, adult: KeyAdult, place: Establishment, *, about: str, due_at: datetime,
    template: Template, now: datetime, medium: Medium = Medium.EMAIL,
) -> None:  # fmt: skip
    force = mailing_force(session, place.la_code)
    with on_behalf_of_school(session, place.urn, force):
        alert_key_adult(
            session, key_adult_id=adult.id, urn=place.urn, force=force, about=about,
            due_at=due_at, now=now, template=template, medium=medium,
        )  # fmt: skip


def _stop(session: Session, place: Establishment, about: str, now: datetime) -> None:
    with on_behalf_of_school(session, place.urn):
        stop_alerts(session, about, now)


def _note(
    session: Session, event: audit.Event, adult: KeyAdult, *, actor: str, now: datetime
) -> None:
    audit.record(
        session, event=event, actor=actor, force=None, subject=f"key_adult:{adult.id}", now=now,
        detail={"urn": adult.urn},
    )  # fmt: skip
