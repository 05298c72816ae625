"""A force goes live: only once its matching, its schools and its own people answer."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.access.forces import force_named
from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import london_date
from app.core.errors import Refused
from app.core.policies import current_policy
from app.reports.going_live import MatchingTrial, Reached, standing


def go_live(
    session: Session, cipher: Cipher, *, force: str, trial: MatchingTrial, actor: str,
    now: datetime,
) -> tuple[Reached, ...]:  # fmt: skip
    """Mark a force as live where every standard of its policy is met; return how far each is.

    Live systems can be added for it from then on. Raises `Refused` for a force that is live.
    """
    found = force_named(session, force)
    if found.live_at is not None:
        raise Refused("This force is live already: nothing was changed.")
    _, policy = current_policy(session, force, at=now)
    reached = standing(
        session, cipher, force=force, trial=trial, on=london_date(now), policy=policy
    )
    if all(one.met for one in reached):
        found.live_at = now
        audit.record(
            session, event=audit.Event.FORCE_WENT_LIVE, actor=actor, force=force,
            subject=f"force:{force}", now=now,
            detail={one.standard.value: one.figure for one in reached},
        )  # fmt: skip
    return reached
