"""Whether a police system may push now: its address, its scopes, its kind, and its limits.

Nothing here may make a morning silent: a push that is turned away says what to do, is counted, and
stands on the desk's board and in the watchdog's alarm until the night is closed with equal totals.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import limits
from app.access.clients import (
    Caller,
    ClientScope,
    may_call_from,
    out_of_scope,
    scopes_of,
    still_active,
    wrong_address,
)
from app.access.limits import Call
from app.access.models import ClientKind, Door, PoliceClient, Verdict
from app.casework.police import revoked
from app.core.errors import FieldError, Invalid, ServiceError
from app.intake.receive import Submission

_NOT_MARKED = FieldError(
    "test", "test_missing",
    "This is a test system: no school is told of what it pushes. Send test as true, or push with "
    "the live system",
)  # fmt: skip
_MARKED = FieldError(
    "test", "test_refused",
    "This is a live system: schools are told of what it pushes. Leave test out, or push with the "
    "test system",
)  # fmt: skip


class Admission:
    """Looks at a list of submissions one by one, and counts what it said."""

    def __init__(
        self, session: Session, systems: Mapping[UUID, PoliceClient], *, now: datetime
    ) -> None:
        self._session, self._systems, self._now = session, systems, now
        self._room = limits.room(session, systems.values(), Door.PUSH, now=now)
        self._calls: Counter[Call] = Counter()

    def refusal(self, one: Submission) -> ServiceError | None:
        """Return why this is not to be stored, or nothing."""
        client = self._systems.get(one.client_id)
        if client is None:
            return revoked()
        if ClientScope.WRITE not in scopes_of(client):
            return out_of_scope(ClientScope.WRITE)
        if not may_call_from(client, one.address):
            return self._said(one, Verdict.WRONG_ADDRESS, wrong_address())
        test = client.kind is ClientKind.TEST
        if one.message.test is not test:
            said = "This system does not push this kind of message."
            wrong = Invalid(said, [_NOT_MARKED if test else _MARKED])
            return self._said(one, Verdict.WRONG_KIND, wrong)
        if one.of_batch:
            return None
        if self._room.get(client.id, 1) < 1:
            return self._said(one, Verdict.OVER_LIMIT, limits.too_many(self._now))
        self._room[client.id] = self._room.get(client.id, 1) - 1
        return self._said(one, Verdict.TAKEN, None)

    def _said(
        self, one: Submission, verdict: Verdict, refusal: ServiceError | None
    ) -> ServiceError | None:
        self._calls[one.client_id, Door.BATCH if one.of_batch else Door.PUSH, verdict] += 1
        return refusal

    def note(self) -> None:
        """Add what was said to the counts; last, because their rows stay locked until the end."""
        limits.count(self._session, self._calls, now=self._now)


def is_test(systems: Mapping[UUID, PoliceClient], one: Submission) -> bool:
    """Return whether a test system pushed it."""
    client = systems.get(one.client_id)
    return client is not None and client.kind is ClientKind.TEST


def admit_batch(session: Session, caller: Caller, *, now: datetime) -> ServiceError | None:
    """Count one batch call; return why it is refused as a whole, before a row of it is stored."""
    client = still_active(session, [caller.client_id]).get(caller.client_id)
    if client is None:
        return revoked()
    over = limits.room(session, [client], Door.BATCH, now=now).get(client.id, 1) < 1
    verdict = Verdict.OVER_LIMIT if over else Verdict.TAKEN
    limits.count(session, {(client.id, Door.BATCH, verdict): 1}, now=now)
    return limits.too_many(now) if over else None
