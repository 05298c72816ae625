"""Alerting who has a duty of a force or a council about a message, without who is tied to it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import london_date
from notifications.alerting import alert_officer
from notifications.free_officers import Family, free_officers
from schools.officers import Duty

_WORTH = timedelta(hours=1)
# Whom of the force it goes to where nobody else is left.
_NEXT = {
    Duty.DUTY_OFFICER: Duty.FORCE_LEAD, Duty.FORCE_LEAD: Duty.DUTY_OFFICER,
    Duty.DATA_PROTECTION: Duty.FORCE_LEAD, Duty.COUNCIL_LEAD: Duty.FORCE_LEAD,
}  # fmt: skip


def alert_duty(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, force: str, about: str,
    now: datetime, family: Family, council: str | None = None,
) -> str | None:  # fmt: skip
    """Alert everybody with a duty who is not tied to the family; return a code where nobody is.

    The force's next duty is then alerted instead: that does not count as told, the code stands.
    """
    nobody = _alert(
        session, cipher, owner=owner, duty=duty, force=force, about=about, now=now, family=family,
        council=council,
    )  # fmt: skip
    if nobody is not None and (following := _NEXT.get(duty)) is not None:
        _alert(
            session, cipher, owner=f"force:{force}", duty=following, force=force, about=about,
            now=now, family=family,
        )  # fmt: skip
    return nobody


def _alert(
    session: Session, cipher: Cipher, *, owner: str, duty: Duty, force: str, about: str,
    now: datetime, family: Family, council: str | None = None,
) -> str | None:  # fmt: skip
    free, nobody = free_officers(
        session, cipher, owner=owner, duty=duty, on=london_date(now), family=family
    )
    able = [one for one in free if one.can_receive]
    for one in able:
        alert_officer(
            session, officer_id=one.officer_id, force=force, council=council, about=about,
            due_at=now + _WORTH, now=now,
        )  # fmt: skip
    if able:
        return None
    return "no_such_officer" if free else nobody
