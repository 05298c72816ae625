"""A police system pushes incidents: checked, stored, and what they replace taken back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.clients import Caller, ClientScope, require_scope, still_active
from app.casework.admitting import Admission, is_test
from app.casework.amending import carry_over
from app.casework.ending import end_reviews
from app.casework.replacing import send_anew, take_over
from app.core.cipher import Cipher
from app.core.errors import FieldError, Invalid, ServiceError
from app.intake.details import Hold
from app.intake.holds import holds_before
from app.intake.outcomes import SENT, Outcome
from app.intake.payload import HoldMessage, IncidentMessage
from app.intake.receive import Key, Result, Submission, receive, stored_versions
from app.intake.trial import try_out
from notifications.recall import recall_incident

# Clocks differ; a time further ahead than this is a mistake.
_CLOCK_DIFFERENCE = timedelta(minutes=10)
_LONGEST_HOLD = timedelta(hours=24)


def prepare(
    caller: Caller, message: IncidentMessage, *, request_id: str | None = None,
    address: str | None = None, of_batch: bool = False,
) -> Submission:  # fmt: skip
    """Return a submission for `submit`; raise `NotAllowed`."""
    require_scope(caller, ClientScope.WRITE)
    return Submission(caller.force, caller.client_id, message, request_id, address, of_batch)


def submit(
    session: Session, submissions: Sequence[Submission], *, cipher: Cipher, now: datetime
) -> list[Result | ServiceError]:
    """Store a list of submissions; return a result, or why not, for each in their order.

    What an older version sent is amended in the same transaction where the child and its school
    are the same, else recalled, and the child matched afresh: no school ever holds two
    notifications for one child and one incident. What a test system pushed is kept apart.
    """
    systems = still_active(session, {one.client_id for one in submissions})
    admission = Admission(session, systems, now=now)
    refused = _refused(session, cipher, submissions, admission, now=now)
    accepted = [place for place in range(len(submissions)) if place not in refused]
    trials = [place for place in accepted if is_test(systems, submissions[place])]
    live = [place for place in accepted if place not in set(trials)]
    pushed, tried = ([submissions[place] for place in places] for places in (live, trials))
    results = receive(session, cipher, pushed, now=now)
    _take_back(session, cipher, pushed, results, now=now)
    answers: dict[int, Result | ServiceError] = {
        **refused,
        **dict(zip(live, results, strict=True)),
        **dict(zip(trials, try_out(session, cipher, tried, now=now), strict=True)),
    }
    admission.note()
    return [answers[place] for place in range(len(submissions))]


def _refused(
    session: Session, cipher: Cipher, submissions: Sequence[Submission], admission: Admission,
    *, now: datetime,
) -> dict[int, ServiceError]:  # fmt: skip
    """Return which submissions are not to be stored, by their place in the list.

    The times of a version that is stored are not looked at again: what was answered once is
    answered alike for the life of the record.
    """
    refused: dict[int, ServiceError] = {}
    wrong: dict[int, list[FieldError]] = {}
    held: dict[Key, dict[int, HoldMessage | None]] = defaultdict(dict)
    for place, one in sorted(enumerate(submissions), key=lambda each: each[1].message.version):
        if (refusal := admission.refusal(one)) is not None:
            refused[place] = refusal
        elif errors := [
            *_wrong_times(one.message, now),
            *([] if one.message.test else _own_renewal(session, cipher, one, held[one.key])),
        ]:
            wrong[place] = errors
        else:
            held[one.key].setdefault(one.message.version, one.message.hold)
    stored = stored_versions(session, [submissions[place] for place in wrong])
    for place, errors in wrong.items():
        one = submissions[place]
        if (*one.key, one.message.version) not in stored:
            said = "Some times cannot be right: correct them and send it again."
            refused[place] = Invalid(said, errors)
    return refused


def _own_renewal(
    session: Session, cipher: Cipher, one: Submission, in_list: Mapping[int, HoldMessage | None]
) -> list[FieldError]:
    """Return what is wrong with a hold that its own account makes longer (domain.md §2).

    It is measured against the last hold below it, stored or in the same list; a version without
    one in between does not make it somebody else's.
    """
    hold = one.message.hold
    if hold is None or one.message.version == 1:
        return []
    held: dict[int, HoldMessage | Hold | None] = {
        **in_list,
        **holds_before(
            session, cipher, force=one.force, reference=one.message.reference,
            version=one.message.version,
        ),
    }  # fmt: skip
    earlier = [held[version] for version in sorted(held) if version < one.message.version]
    before = next((each for each in reversed(earlier) if each is not None), None)
    if before is None or before.account != hold.account or hold.until <= before.until:
        return []
    said = "Another person renews a hold: give the account of somebody else"
    return [FieldError("hold.account", "hold_renewed_by_same", said)]


def _take_back(
    session: Session, cipher: Cipher, submissions: Sequence[Submission], results: Sequence[Result],
    *, now: datetime,
) -> None:  # fmt: skip
    """Amend what only changed, and recall the rest of what replaced versions had sent."""
    replaced: dict[str, list[UUID]] = defaultdict(list)
    outcomes: dict[str, dict[UUID, Outcome]] = defaultdict(dict)
    for submission, result in zip(submissions, results, strict=True):
        replaced[submission.actor] += result.replaced
        outcomes[submission.actor] |= result.outcomes
        if result.restricted is not None:
            send_anew(
                session, incident_id=result.restricted, reason_code="restricted",
                actor=submission.actor, now=now,
            )  # fmt: skip
    for actor, incident_ids in replaced.items():
        if not incident_ids:
            continue
        end_reviews(session, incident_ids=incident_ids, now=now, actor=actor)
        sent = [child for child, outcome in outcomes[actor].items() if outcome in SENT]
        carry_over(session, cipher, replaced=incident_ids, sent=sent, now=now, actor=actor)
        take_over(session, outcomes[actor], now=now)
        recall_incident(
            session, incident_ids=incident_ids, reason_code="superseded", actor=actor, now=now
        )


def _wrong_times(message: IncidentMessage, now: datetime) -> list[FieldError]:
    """Return the times that are too late to be right; a hold that is over counts as none."""
    wrong = []
    latest = now + _CLOCK_DIFFERENCE
    for place in ("occurred_from", "occurred_to", "reported_at"):
        at = getattr(message, place)
        if at is not None and at > latest:
            wrong.append(FieldError(place, "in_future", "This time is still to come"))
    if message.hold is not None and message.hold.until > now + _LONGEST_HOLD:
        said = "A hold ends within 24 hours of now; another person may renew it"
        wrong.append(FieldError("hold.until", "hold_too_long", said))
    return wrong
