"""Requests that a person become a key adult: they wait until somebody else decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from schools.key_adult_details import KeyAdultDetails, email_digest, seal_details
from schools.key_adult_models import KeyAdultRequest, RequestState
from schools.models import KeyAdult

# Long enough for a half-term; whoever is still wanted then is asked for again.
LAPSES_AFTER = timedelta(days=14)
_TABLE = "key_adult_request"


@dataclass(frozen=True, slots=True)
class Training:
    """What somebody was trained in and until when it counts; all three may be unknown."""

    course: str | None = None
    trained_on: date | None = None
    expires_on: date | None = None


def ask(
    session: Session, cipher: Cipher, *, urn: int, details: KeyAdultDetails, position: int | None,
    training: Training, actor: str, now: datetime,
) -> KeyAdultRequest:  # fmt: skip
    """Store a request; last in order unless a position is given.

    Raises `Conflict` where this person is a key adult of the school or is asked for already.
    """
    digest = email_digest(cipher, details.email)
    held = session.scalars(_entry(urn, digest).where(KeyAdult.left_on.is_(None))).first()
    if held is not None:
        raise Conflict("This person is a key adult of the school already.")
    if session.scalars(_waiting(urn, digest)).first() is not None:
        raise Conflict("This person has been asked for already: somebody else has to decide.")
    request_id = new_id()
    row = KeyAdultRequest(
        id=request_id, urn=urn, state=RequestState.WAITING, email_digest=digest,
        sealed=cipher.seal(
            details, table=_TABLE, row=request_id, force=None, key=cipher.register_key()
        ),
        position=position or _last_position(session, urn) + 1, course=training.course,
        trained_on=training.trained_on, training_expires_on=training.expires_on,
        requested_by=actor, requested_at=now, lapses_at=now + LAPSES_AFTER,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def request_named(session: Session, request_id: UUID) -> KeyAdultRequest:
    """Return a request in any state; raise `NotFound`."""
    row = session.scalars(
        select(KeyAdultRequest).where(KeyAdultRequest.id == request_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such request: look at the list again.")
    return row


def waiting(session: Session, *, urns: Iterable[int], now: datetime) -> list[KeyAdultRequest]:
    """Return the requests of these schools that wait for a decision, oldest first."""
    return list(
        session.scalars(
            select(KeyAdultRequest)
            .where(
                KeyAdultRequest.urn.in_(set(urns)),
                KeyAdultRequest.state == RequestState.WAITING,
                KeyAdultRequest.lapses_at > now,
            )
            .order_by(KeyAdultRequest.requested_at, KeyAdultRequest.id)
        )
    )


def details_asked(cipher: Cipher, row: KeyAdultRequest) -> KeyAdultDetails:
    """Return whom a request is about."""
    return cipher.open(
        KeyAdultDetails, row.sealed, table=_TABLE, row=row.id, force=None,
        key=cipher.register_key(),
    )  # fmt: skip


def approve(
    session: Session, cipher: Cipher, row: KeyAdultRequest, *, actor: str, now: datetime
) -> KeyAdult:
    """Make the key adult, who cannot receive until the address is proved.

    Somebody who left and comes back keeps the entry, with nothing of what was proved before.
    Raises `Conflict` where the request was decided a moment before, or by who made it.
    """
    _settle(session, row, RequestState.APPROVED, actor=actor, now=now)
    adult = session.scalars(_entry(row.urn, row.email_digest)).one_or_none()
    if adult is None:
        adult = KeyAdult(id=new_id(), urn=row.urn, email_digest=row.email_digest, added_at=now)
    adult.position, adult.course = row.position, row.course
    adult.trained_on, adult.training_expires_on = row.trained_on, row.training_expires_on
    adult.contact_verified_at, adult.left_on = None, None
    adult.sealed = seal_details(cipher, adult.id, details_asked(cipher, row))
    session.add(adult)
    session.flush()
    row.key_adult_id = adult.id
    session.flush()
    return adult


def refuse(
    session: Session, row: KeyAdultRequest, *, actor: str, reason_code: str, now: datetime
) -> None:
    """Say no, with a coded reason; raise `Conflict` as `approve` does."""
    _settle(session, row, RequestState.REFUSED, actor=actor, now=now, reason_code=reason_code)


def withdraw(session: Session, row: KeyAdultRequest, *, now: datetime) -> None:
    """Take a request back; raise `Conflict` where it has been decided."""
    _settle(session, row, RequestState.WITHDRAWN, actor=None, now=now)


def lapse(session: Session, *, now: datetime) -> list[KeyAdultRequest]:
    """End the requests that nobody decided in time, and return them."""
    rows = session.scalars(
        select(KeyAdultRequest).where(
            KeyAdultRequest.state == RequestState.WAITING, KeyAdultRequest.lapses_at <= now
        )
    ).all()
    for row in rows:
        row.state, row.settled_at = RequestState.LAPSED, now
    session.flush()
    return list(rows)


def _settle(
    session: Session, row: KeyAdultRequest, state: RequestState, *, actor: str | None,
    now: datetime, reason_code: str | None = None,
) -> None:  # fmt: skip
    """Move a waiting request on; the condition lets one of two simultaneous presses through."""
    if actor is not None and actor == row.requested_by:
        raise Conflict("Somebody else has to decide about a request of yours.")
    done = session.execute(
        update(KeyAdultRequest)
        .where(
            KeyAdultRequest.id == row.id,
            KeyAdultRequest.state == RequestState.WAITING,
            KeyAdultRequest.lapses_at > now,
        )
        .values(state=state, decided_by=actor, settled_at=now, reason_code=reason_code)
        .returning(KeyAdultRequest.id)
    ).first()
    if done is None:
        raise Conflict("This request was decided before, or its time ran out: look again.")
    session.refresh(row)


def _entry(urn: int, digest: bytes) -> Select[KeyAdult]:
    return select(KeyAdult).where(KeyAdult.urn == urn, KeyAdult.email_digest == digest)


def _waiting(urn: int, digest: bytes) -> Select[KeyAdultRequest]:
    return select(KeyAdultRequest).where(
        KeyAdultRequest.urn == urn,
        KeyAdultRequest.email_digest == digest,
        KeyAdultRequest.state == RequestState.WAITING,
    )


def _last_position(session: Session, urn: int) -> int:
    last = session.scalar(
        select(func.max(KeyAdult.position)).where(KeyAdult.urn == urn, KeyAdult.left_on.is_(None))
    )
    return last or 0
