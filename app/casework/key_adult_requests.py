"""Asking for a key adult, and deciding: whoever decides is neither who asked nor who is asked for.

Source: features.md RE12.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import accounts
from app.access.models import Account
from app.access.permissions import Action, Grant, Role
from app.casework import inviting
from app.casework.acting import Acting
from app.casework.register_view import urns_reached
from app.casework.school_reach import school_reached
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from schools import key_adult_requests as requests
from schools.key_adult_details import EMAIL, TELEPHONE, KeyAdultDetails
from schools.key_adult_models import KeyAdultRequest
from schools.key_adult_requests import Training
from schools.key_adult_upkeep import check_training
from schools.models import Establishment, KeyAdult
from schools.queries import establishments

# How whoever approves made sure of who it is; kept on the trail.
MADE_SURE = ("known_in_person", "rung_at_school")
REFUSALS = ("not_known", "not_at_school", "not_trained", "wrong_details")
_MOST_POSITIONS = 50
_YOUNGEST, _OLDEST = 16, 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom somebody asks for; the date of birth is optional and only ever compared by digest."""

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    telephone: str = field(default="", repr=False)
    alert_email: str = field(default="", repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    position: int | None = None
    training: Training = field(default_factory=Training)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request that waits, as whoever decides sees it; `mine` cannot be decided by the viewer.

    The date of birth is shown to nobody.
    """

    request_id: UUID
    urn: int
    school: str
    # The register's, to ring: never one that came with the request.
    school_telephone: str | None
    name: str = field(repr=False)
    email: str = field(repr=False)
    telephone: str | None = field(repr=False)
    alert_email: str | None = field(repr=False)
    position: int
    training: Training
    # None where the account is not there any more.
    asked_by: str | None = field(repr=False)
    asked_at: datetime
    lapses_at: datetime
    mine: bool


def request_key_adult(session: Session, acting: Acting, *, urn: int, asked: Asked) -> UUID:
    """Ask that somebody become a key adult; it waits for somebody else to approve.

    Raises `NotFound` at a school out of reach, `Invalid` for details that cannot be, and `Conflict`
    for somebody who is a key adult there or is asked for already.
    """
    school_reached(session, acting, Action.REQUEST_KEY_ADULT, urn)
    details = _checked(asked, today=london_date(acting.now))
    row = requests.ask(
        session, acting.cipher, urn=urn, details=details, position=asked.position,
        training=asked.training, actor=acting.actor.id, now=acting.now,
    )  # fmt: skip
    _note(session, acting, audit.Event.KEY_ADULT_REQUESTED, row)
    return row.id


def askable(session: Session, acting: Acting, *, urn: int) -> Establishment:
    """Return a school at which this person may ask for key adults; raise `NotFound`."""
    return school_reached(session, acting, Action.REQUEST_KEY_ADULT, urn)


def approve_key_adult(
    session: Session, acting: Acting, *, request_id: UUID, made_sure: str
) -> KeyAdult:
    """Approve: an account with its role, an entry that cannot receive yet, and an invitation.

    `made_sure` says how it is known who this is, as for a new link (`app.casework.locked_out`): a
    request can be made by anybody who got into one school's account. Raises `Invalid` without, and
    `Conflict` for a request of one's own or about oneself, for one decided a moment before,
    and for somebody whose account was shut.
    """
    row, place = _to_decide(session, acting, request_id)
    if made_sure not in MADE_SURE:
        problem = "Say how you know who this is, before anybody is let in"
        raise Invalid(problem, [FieldError("made_sure", "made_sure_needed", problem)])
    details = requests.details_asked(acting.cipher, row)
    _check_person(session, acting, details)
    adult = requests.approve(session, acting.cipher, row, actor=acting.actor.id, now=acting.now)
    account = accounts.give_account(
        session, acting.cipher, email=details.email, name=details.name,
        grant=Grant(Role.KEY_ADULT, urn=row.urn), now=acting.now, actor=acting.actor.id,
    )  # fmt: skip
    _note(session, acting, audit.Event.KEY_ADULT_APPROVED, row, made_sure)
    inviting.invite(
        session, acting.cipher, adult, account, place, actor=acting.actor.id, now=acting.now
    )
    return adult


def refuse_key_adult(
    session: Session, acting: Acting, *, request_id: UUID, reason_code: str
) -> None:
    """Refuse a request with a coded reason."""
    row, _ = _to_decide(session, acting, request_id)
    if reason_code not in REFUSALS:
        problem = "Choose why not"
        raise Invalid(problem, [FieldError("reason_code", "missing", problem)])
    requests.refuse(session, row, actor=acting.actor.id, reason_code=reason_code, now=acting.now)
    _note(session, acting, audit.Event.KEY_ADULT_REFUSED, row, reason_code)


def withdraw_request(session: Session, acting: Acting, *, request_id: UUID) -> None:
    """Take a request of one's own back."""
    row = requests.request_named(session, request_id)
    school_reached(session, acting, Action.REQUEST_KEY_ADULT, row.urn)
    if row.requested_by != acting.actor.id:
        raise NotFound("There is no such request of yours: look at the list again.")
    requests.withdraw(session, row, now=acting.now)
    _note(session, acting, audit.Event.KEY_ADULT_REQUEST_ENDED, row, "withdrawn")


def requests_waiting(
    session: Session, acting: Acting, *, urn: int | None = None
) -> list[RequestLine]:
    """Return the requests that wait at the schools in reach, or at one of them, oldest first."""
    if urn is None:
        urns = urns_reached(session, acting)
    else:
        urns = {school_reached(session, acting, Action.SEE_REGISTER, urn).urn}
    rows = requests.waiting(session, urns=urns, now=acting.now)
    places = establishments(session, {row.urn for row in rows})
    asked_by = {UUID(row.requested_by.partition(":")[2]) for row in rows}
    names = accounts.names_of(session, acting.cipher, asked_by)
    return [_line(acting, row, places[row.urn], names) for row in rows]


def lapse_requests(session: Session, *, actor: str, now: datetime) -> int:
    """End the requests that nobody decided in a fortnight."""
    rows = requests.lapse(session, now=now)
    for row in rows:
        audit.record(
            session, event=audit.Event.KEY_ADULT_REQUEST_ENDED, actor=actor, force=None,
            subject=f"key_adult_request:{row.id}", now=now, reason_code="lapsed",
        )  # fmt: skip
    return len(rows)


def _to_decide(
    session: Session, acting: Acting, request_id: UUID
) -> tuple[KeyAdultRequest, Establishment]:
    row = requests.request_named(session, request_id)
    return row, school_reached(session, acting, Action.APPROVE_KEY_ADULT, row.urn)


def _check_person(session: Session, acting: Acting, details: KeyAdultDetails) -> None:
    account: Account | None = accounts.find(session, acting.cipher, details.email)
    if account is None:
        return
    if account.id == acting.actor.account_id:
        raise Conflict("Somebody else has to approve a request that is about you.")
    if account.disabled_at is not None:
        raise Conflict("This person's account was shut: ask the register administrator why.")


def _checked(asked: Asked, *, today: date) -> KeyAdultDetails:
    """Return the details to seal; raise `Invalid` with what is wrong beside each field."""
    name, email = " ".join(asked.name.split()), asked.email.strip()
    telephone, alert_email = asked.telephone.strip(), asked.alert_email.strip()
    address = "Enter an email address in the correct format, like name@example.org"
    checks = [
        ("name", 1 <= len(name) <= 100, "Enter the person's name"),
        ("email", EMAIL.fullmatch(email), address),
        (
            "telephone",
            not telephone or TELEPHONE.fullmatch(telephone),
            "Enter a telephone number, like 01632 960 001",
        ),
        ("alert_email", not alert_email or EMAIL.fullmatch(alert_email), address),
        (
            "position",
            asked.position is None or 1 <= asked.position <= _MOST_POSITIONS,
            "Enter a number from 1, or leave it empty",
        ),
        ("date_of_birth", _could_work(asked.date_of_birth, today), "Enter a date of birth"),
    ]
    found = [FieldError(loc, "wrong", message) for loc, right, message in checks if not right]
    try:
        check_training(asked.training, today=today)
    except Invalid as problem:
        found += problem.errors
    if found:
        raise Invalid(found[0].message, found)
    return KeyAdultDetails(name, email, telephone or None, alert_email or None, asked.date_of_birth)


def _could_work(born: date | None, today: date) -> bool:
    return born is None or _YOUNGEST <= today.year - born.year <= _OLDEST


def _line(
    acting: Acting, row: KeyAdultRequest, place: Establishment, names: dict[UUID, str]
) -> RequestLine:
    details = requests.details_asked(acting.cipher, row)
    return RequestLine(
        request_id=row.id, urn=row.urn, school=place.name,
        school_telephone=place.telephone, name=details.name, email=details.email,
        telephone=details.telephone, alert_email=details.alert_email, position=row.position,
        training=Training(row.course, row.trained_on, row.training_expires_on),
        asked_by=names.get(UUID(row.requested_by.partition(":")[2])),
        asked_at=row.requested_at, lapses_at=row.lapses_at,
        mine=row.requested_by == acting.actor.id,
    )  # fmt: skip


def _note(
    session: Session, acting: Acting, event: audit.Event, row: KeyAdultRequest,
    reason_code: str | None = None,
) -> None:  # fmt: skip
    audit.record(
        session, event=event, actor=acting.actor.id, force=None,
        subject=f"key_adult_request:{row.id}", now=acting.now, reason_code=reason_code,
        detail={"urn": row.urn},
    )  # fmt: skip
