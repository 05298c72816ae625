"""Claiming the release of a protected child: its school is on one person's screen at a time.

Without a claim anybody at the desk could walk through the references and read where hidden
children are. Each claim is on the trail and ends by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.casework.acting import Acting
from app.core import audit
from app.core.errors import Conflict
from notifications.models import Notification
from notifications.release_models import ReleaseClaim

KEPT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has a release now, until when; `mine` says that it is the person who asks."""

    by: str
    mine: bool
    until: datetime


def claim_of(session: Session, acting: Acting, row: Notification) -> Claim | None:
    """Return who has the release of this message now; None where nobody has."""
    found = session.get(ReleaseClaim, row.id)
    if found is None or found.claimed_until <= acting.now:
        return None
    mine = found.claimed_by == acting.actor.account_id
    name = names_of(session, acting.cipher, [found.claimed_by]).get(found.claimed_by, "")
    return Claim(name, mine, found.claimed_until)


def take(session: Session, acting: Acting, row: Notification, account_id: UUID) -> None:
    """Take a release for a quarter of an hour; raise `Conflict` where somebody else has it."""
    # One row to wait at: two who press at once find the claim of the first.
    session.refresh(row, with_for_update={"key_share": True})
    held = claim_of(session, acting, row)
    if held is not None and not held.mine:
        raise Conflict("A colleague has this release now: go back to the board.")
    found = session.get(ReleaseClaim, row.id)
    if found is None:
        found = ReleaseClaim(notification_id=row.id, force=row.force)
        session.add(found)
    found.claimed_by, found.claimed_until = account_id, acting.now + KEPT
    session.flush()
    _record(session, acting, row, audit.Event.RELEASE_CLAIMED)


def let_go(session: Session, row: Notification) -> None:
    """End a claim before its time; whoever comes next claims it anew."""
    found = session.get(ReleaseClaim, row.id)
    if found is not None:
        session.delete(found)
        session.flush()


def give_back(session: Session, acting: Acting, row: Notification) -> None:
    """Let one's own claim go, on the trail; raise `Conflict` where it is nobody's or another's."""
    require_claim(session, acting, row)
    let_go(session, row)
    _record(session, acting, row, audit.Event.RELEASE_GIVEN_BACK)


def require_claim(session: Session, acting: Acting, row: Notification) -> None:
    """Raise `Conflict` unless this person has the release now."""
    held = claim_of(session, acting, row)
    if held is None or not held.mine:
        raise Conflict("You no longer have this release: claim it again from the board.")


def _record(session: Session, acting: Acting, row: Notification, event: audit.Event) -> None:
    audit.record(
        session, event=event, actor=acting.actor.id, force=row.force,
        subject=f"notification:{row.id}", now=acting.now,
    )  # fmt: skip
