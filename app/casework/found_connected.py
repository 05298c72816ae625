"""Somebody is found connected with an incident only as they look at its message: it is noted.

The ladder notes whom it passes over. Whoever it asked before their details were known, or never,
is found here: the message does not exist for them, and the force's lead reads why.
"""

from sqlalchemy.orm import Session

from app.casework.acting import Acting
from app.casework.connections import declared
from app.core.clock import london_date
from app.core.policies import current_policy
from app.core.scope import acting_for
from notifications.models import Notification
from notifications.passing_over import told_of
from notifications.recipients import people_of
from schools.connected_models import ChangeReason
from schools.recipient_changes import note_change


def note_found(session: Session, acting: Acting, notification: Notification) -> None:
    """Note once that this message went past the acting person, who is out of its incident."""
    with acting_for(session, notification.force):
        incidents = told_of(session, [notification.id])[notification.id].incidents
        said = acting.actor.id in declared(session, incidents)
        note_change(
            session, force=notification.force, incident_id=notification.incident_id,
            about=f"notification:{notification.id}", person=_person(session, acting, notification),
            reason=ChangeReason.SAID_RELATED if said else ChangeReason.IDENTITY,
            now=acting.now, actor=acting.actor.id,
        )  # fmt: skip


def _person(session: Session, acting: Acting, notification: Notification) -> str:
    """Return how the ladder names this person, so that they are noted once by either."""
    _, policy = current_policy(session, notification.force, at=acting.now)
    people = people_of(
        session, acting.cipher, urn=notification.urn, council=notification.council,
        on=london_date(acting.now), policy=policy,
    )  # fmt: skip
    own = (one.person for one in people if one.account_id == acting.actor.account_id)
    return next(own, acting.actor.id)
