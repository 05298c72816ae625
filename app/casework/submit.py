"""A police system pushes incidents: checked, stored, and what they replace taken back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.clients import Caller, ClientScope, require_scope, still_active
from app.casework.ending import end_reviews
from app.casework.police import revoked
from app.core.cipher import Cipher
from app.core.errors import FieldError, Invalid, ServiceError
from app.intake.payload import IncidentMessage
from app.intake.receive import Result, Submission, receive
from notifications.recall import recall_incident

# Clocks differ; a time further ahead than this is a mistake.
_CLOCK_DIFFERENCE = timedelta(minutes=10)
_LONGEST_HOLD = timedelta(hours=24)


def prepare(
    caller: Caller, message: IncidentMessage, *, now: datetime, request_id: str | None = None
) -> Submission:
    """Return a submission that may be stored; raise `NotAllowed`, or `Invalid` for its times."""
    require_scope(caller, ClientScope.WRITE)
    wrong = _wrong_times(message, now)
    if wrong:
        raise Invalid("Some times cannot be right: correct them and send it again.", wrong)
    return Submission(caller.force, caller.client_id, message, request_id)


def submit(
    session: Session, submissions: Sequence[Submission], *, cipher: Cipher, now: datetime
) -> list[Result | ServiceError]:
    """Store a list of submissions; return a result, or why not, for each in their order.

    What an older version sent is recalled in the same transaction, and the new version's children
    are matched afresh: no school ever holds two notifications for one child and one incident.
    """
    active = still_active(session, {one.client_id for one in submissions})
    accepted = [one for one in submissions if one.client_id in active]
    results = receive(session, cipher, accepted, now=now)
    _take_back(session, accepted, results, now=now)
    stored = iter(results)
    return [next(stored) if one.client_id in active else revoked() for one in submissions]


def _take_back(
    session: Session, submissions: Sequence[Submission], results: Sequence[Result], *, now: datetime
) -> None:
    replaced: dict[str, list[UUID]] = defaultdict(list)
    for submission, result in zip(submissions, results, strict=True):
        replaced[submission.actor] += result.replaced
    for actor, incident_ids in replaced.items():
        if not incident_ids:
            continue
        end_reviews(session, incident_ids=incident_ids, now=now)
        recall_incident(
            session, incident_ids=incident_ids, reason_code="superseded", actor=actor, now=now
        )


def _wrong_times(message: IncidentMessage, now: datetime) -> list[FieldError]:
    wrong = []
    latest = now + _CLOCK_DIFFERENCE
    for place in ("occurred_from", "occurred_to", "reported_at"):
        at = getattr(message, place)
        if at is not None and at > latest:
            wrong.append(FieldError(place, "in_future", "This time is still to come"))
    if message.hold is not None and not now < message.hold.until <= now + _LONGEST_HOLD:
        said = "A hold ends within 24 hours of now; another person may renew it"
        wrong.append(FieldError("hold.until", "hold_too_long", said))
    return wrong
