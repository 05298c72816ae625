"""Alerting everybody who has a duty of a force or a council, about something that is coded."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import london_date
from notifications.alerting import alert_officer
from schools.officers import Duty, officers_of

_WORTH = timedelta(hours=1)


def alert_duty(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, force: str, about: str,
    now: datetime, council: str | None = None,
) -> str | None:  # fmt: skip
    """Alert everybody with a duty; return a code where nobody has it."""
    officers = officers_of(session, cipher, owner, duty, on=london_date(now))
    able = [one for one in officers if one.can_receive]
    for one in able:
        alert_officer(
            session, officer_id=one.officer_id, force=force, council=council, about=about,
            due_at=now + _WORTH, now=now,
        )  # fmt: skip
    return None if able else "no_such_officer"
