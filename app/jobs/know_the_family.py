"""Who said of one version of an incident that they know the family is not asked of the next one.

What a person knows does not change with a correction by the police: a newer version makes new
messages, and they go past the same people (domain.md §4).
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.policy import Policy
from app.intake.models import Incident
from notifications.models import Notification, Occurrence
from notifications.passing_over import carry_withheld, said_of
from notifications.recipients import people_of
from schools.connected_models import ChangeReason, RecipientChange
from schools.recipient_changes import KEPT


def keep_from_family(
    session: Session, cipher: Cipher, notification: Notification, incident: Incident, *,
    policy: Policy, now: datetime, actor: str,
) -> None:  # fmt: skip
    """Withhold a message just placed from who said so of any message about this incident."""
    said = _said(session, incident, but=notification)
    if not said:
        return
    people = people_of(
        session, cipher, urn=notification.urn, council=notification.council,
        on=london_date(now), policy=policy,
    )  # fmt: skip
    carry_withheld(session, notification, said, people=people, now=now, actor=actor)


def _said(
    session: Session, incident: Incident, *, but: Notification
) -> dict[str, ChangeReason]:  # fmt: skip
    """Return who said so of another message about this incident, in whichever version, and what.

    Where a message goes on without this incident, what was said of it is kept with the incident.
    """
    versions = (Incident.force == incident.force, Incident.reference == incident.reference)
    about = (
        select(Occurrence.notification_id)
        .join(Incident, Incident.id == Occurrence.incident_id)
        .where(*versions, Occurrence.notification_id != but.id)
    )
    kept = session.execute(
        select(RecipientChange.person, RecipientChange.reason)
        .join(Incident, Incident.id == RecipientChange.incident_id)
        .where(*versions, RecipientChange.about.startswith(KEPT))
    ).all()
    return {row.person: row.reason for row in kept} | said_of(session, about)
