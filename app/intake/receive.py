"""Storing what forces push: one function that takes a list, whichever door it came through.

Idempotent by (force, reference, version) for the life of the record. A version lower than the
newest is kept as superseded and never acted on; a higher one supersedes the older and its children.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.policies import current_policy
from app.core.policy import Policy
from app.intake import restrictions
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.intake.payload import IncidentMessage
from app.intake.shelf import NewIncident, Shelf

Key = tuple[str, str]

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Submission:
    """One validated message, and which police system of which force pushed it."""

    force: str
    client_id: UUID
    message: IncidentMessage
    request_id: str | None = None
    # Where the call came from, and whether it was one row of a batch.
    address: str | None = None
    of_batch: bool = False

    @property
    def key(self) -> Key:
        return self.force, self.message.reference

    @property
    def actor(self) -> str:
        return f"client:{self.client_id}"


class Kind(StrEnum):
    """How a submission ended: stored now, stored before, or another body under the same version."""

    CREATED = "created"
    REPLAYED = "replayed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class ReceivedChild:
    """What the force is told about one child."""

    ref: str
    outcome: Outcome
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one submission; `superseded_by` is the newer version that is acted on."""

    kind: Kind
    id: UUID
    reference: str
    version: int
    received_at: datetime
    children: tuple[ReceivedChild, ...] = ()
    superseded_by: int | None = None
    # Older stored incidents that this one replaced: what they sent has to be recalled.
    replaced: tuple[UUID, ...] = ()
    # How far each of their children was.
    outcomes: Mapping[UUID, Outcome] = field(default_factory=dict)
    # What is acted on, where a lower version that came late restricts it.
    restricted: UUID | None = None
    # A test system pushed it: nobody is told of it.
    trial: bool = False


@dataclass(slots=True)
class _Known:
    """One version already stored, or about to be; `new` is set for the latter."""

    id: UUID
    version: int
    state: IncidentState
    digest: bytes
    received_at: datetime
    new: NewIncident | None = None
    restricted: bool = False


@dataclass(slots=True)
class _Answer:
    """What became of one submission, before its children have been read."""

    kind: Kind
    known: _Known
    replaced: list[UUID] = field(default_factory=list)


def receive(
    session: Session, cipher: Cipher, submissions: Sequence[Submission], *, now: datetime
) -> list[Result]:
    """Store a list of submissions in this transaction; return one result each, in their order.

    Rows are written in the order of (force, reference, version), so that two writers wait for each
    other in one direction only. A unique constraint that refuses means that another writer was
    first: the caller does the same work again and finds what that one stored.
    """
    known = _stored(session, submissions)
    policies = {
        force: current_policy(session, force, at=now)[1] for force in {s.force for s in submissions}
    }
    shelf = Shelf(cipher, now)
    answers: dict[int, _Answer] = {}
    in_order = sorted(
        range(len(submissions)),
        key=lambda index: (*submissions[index].key, submissions[index].message.version),
    )
    for index in in_order:
        submission = submissions[index]
        versions = known.setdefault(submission.key, [])
        answers[index] = _take(submission, versions, shelf, policies[submission.force])
    restricted = _restrict(session, known)
    shelf.write(session)
    children = _children(session, answers.values())
    return [
        _result(
            submission,
            answers[index],
            known[submission.key],
            children,
            shelf,
            restricted=restricted.get(submission.key),
        )
        for index, submission in enumerate(submissions)
    ]


def stored_versions(
    session: Session, submissions: Sequence[Submission]
) -> frozenset[tuple[str, str, int]]:
    """Return (force, reference, version) of all that is stored under these references."""
    return frozenset(
        (*key, one.version)
        for key, versions in _stored(session, submissions).items()
        for one in versions
    )


def body_digest(cipher: Cipher, force: str, message: IncidentMessage) -> bytes:
    """Return the identity of a message: a keyed digest over its canonical JSON.

    Defaults are left out, so that a field added to the interface later does not change it.
    """
    body = _CANONICAL.encode(message.model_dump(mode="json", exclude_defaults=True))
    return cipher.digest("body", body, force=force)


def _take(submission: Submission, versions: list[_Known], shelf: Shelf, policy: Policy) -> _Answer:
    message = submission.message
    digest = body_digest(shelf.cipher, submission.force, message)
    same = next((one for one in versions if one.version == message.version), None)
    if same is not None:
        return _Answer(Kind.REPLAYED if same.digest == digest else Kind.CONFLICT, same)
    newer = max((one.version for one in versions if one.version > message.version), default=None)
    state = IncidentState.NEWEST if newer is None else IncidentState.SUPERSEDED
    new = shelf.put(
        force=submission.force, client_id=submission.client_id, message=message, digest=digest,
        state=state, superseded_by=newer, policy=policy, request_id=submission.request_id,
    )  # fmt: skip
    one = _Known(
        new.id, message.version, state, digest, shelf.now, new, restricted=message.restricted_access
    )
    answer = _Answer(Kind.CREATED, one)
    if newer is None:
        answer.replaced = _supersede(versions, answer.known, submission, shelf)
    versions.append(answer.known)
    return answer


def _restrict(session: Session, known: dict[Key, list[_Known]]) -> dict[Key, UUID]:
    """Restrict every version of an incident that has a new one, where any version is restricted.

    Returns the stored versions that are acted on and were not restricted until now.

    A later version without the word does not lift it: who may correct a record at the force is not
    who may let a colleague see it.
    """
    newly: dict[Key, UUID] = {}
    for (force, reference), versions in sorted(known.items()):
        came = any(one.new is not None for one in versions)
        if not came or not any(one.restricted for one in versions):
            continue
        for one in versions:
            if one.new is not None:
                one.new.row["restricted_access"] = True
            elif one.state is IncidentState.NEWEST and not one.restricted:
                newly[force, reference] = one.id
        # Also where all stored ones are: two people may be lifting it this moment, of what was
        # there before.
        restrictions.restrict(session, force=force, reference=reference)
    return newly


def _supersede(
    versions: Iterable[_Known], by: _Known, submission: Submission, shelf: Shelf
) -> list[UUID]:
    """Let the newest version so far give way, or the withdrawn one: a record counts once.

    What was withdrawn keeps its date and its children's outcome; nothing of it is left to recall.
    """
    replaced = []
    for old in versions:
        if old.state is IncidentState.SUPERSEDED:
            continue
        old.state = IncidentState.SUPERSEDED
        if old.new is not None:
            old.new.supersede()
        else:
            shelf.supersede(old.id, force=submission.force, actor=submission.actor, by=by.version)
            replaced.append(old.id)
    return replaced


def _stored(session: Session, submissions: Sequence[Submission]) -> dict[Key, list[_Known]]:
    """Return the versions already stored of every reference in the list."""
    references: dict[str, set[str]] = {}
    for submission in submissions:
        references.setdefault(submission.force, set()).add(submission.message.reference)
    known: dict[Key, list[_Known]] = {}
    for force, wanted in sorted(references.items()):
        rows = session.execute(
            select(
                Incident.reference, Incident.id, Incident.version, Incident.state,
                Incident.body_digest, Incident.received_at, Incident.restricted_access,
            ).where(Incident.force == force, Incident.reference.in_(sorted(wanted)))
        )  # fmt: skip
        for reference, incident_id, version, state, digest, received_at, restricted in rows:
            known.setdefault((force, reference), []).append(
                _Known(incident_id, version, state, digest, received_at, restricted=restricted)
            )
    return known


def _children(session: Session, answers: Iterable[_Answer]) -> dict[UUID, list[ReceivedChild]]:
    """Return the children of the incidents that were stored before, by incident."""
    wanted = {answer.known.id for answer in answers if answer.known.new is None}
    found: dict[UUID, list[ReceivedChild]] = {}
    if not wanted:
        return found
    rows = session.execute(
        select(
            InvolvedChild.incident_id, InvolvedChild.ref, InvolvedChild.outcome,
            InvolvedChild.warnings,
        )
        .where(InvolvedChild.incident_id.in_(wanted))
        .order_by(InvolvedChild.position)
    )  # fmt: skip
    for incident_id, ref, outcome, warnings in rows:
        found.setdefault(incident_id, []).append(ReceivedChild(ref, outcome, tuple(warnings)))
    return found


def _result(
    submission: Submission,
    answer: _Answer,
    versions: Iterable[_Known],
    stored: dict[UUID, list[ReceivedChild]],
    shelf: Shelf,
    *,
    restricted: UUID | None,
) -> Result:
    known = answer.known
    children = stored.get(known.id, [])
    if known.new is not None:
        children = [ReceivedChild(c.ref, c.outcome, c.warnings) for c in known.new.children]
    newest = max(one.version for one in versions)
    return Result(
        kind=answer.kind,
        id=known.id,
        reference=submission.message.reference,
        version=known.version,
        received_at=known.received_at,
        children=tuple(children),
        superseded_by=newest if newest > known.version else None,
        replaced=tuple(answer.replaced),
        outcomes={
            child: outcome
            for old in answer.replaced
            for child, outcome in shelf.outcomes_of.get(old, {}).items()
        },
        restricted=restricted,
    )
