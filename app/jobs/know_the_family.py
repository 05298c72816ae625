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
from notifications.models import Notification, Occurrence, Receipt
from notifications.passing_over import carry_withheld
from notifications.recipients import people_of
from notifications.states import ReceiptKind
from schools.connected_models import ChangeReason, RecipientChange


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
    """Return who said so of another message about this incident, in whichever version, and what."""
    about = (
        select(Occurrence.notification_id)
        .join(Incident, Incident.id == Occurrence.incident_id)
        .where(
            Incident.force == incident.force,
            Incident.reference == incident.reference,
            Occurrence.notification_id != but.id,
        )
    )
    rows = session.execute(
        select(Receipt.actor, Receipt.notification_id).where(
            Receipt.kind == ReceiptKind.WITHHELD, Receipt.notification_id.in_(about)
        )
    ).all()
    noted = session.execute(
        select(RecipientChange.person, RecipientChange.reason).where(
            RecipientChange.about.in_({f"notification:{row.notification_id}" for row in rows}),
            RecipientChange.person.in_({row.actor for row in rows}),
        )
    ).all()
    reasons = {row.person: row.reason for row in noted}
    return {row.actor: reasons.get(row.actor, ChangeReason.KNOWS_THE_FAMILY) for row in rows}
