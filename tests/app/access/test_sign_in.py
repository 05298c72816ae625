"""Signing in: once per code, the same answer for everybody, and shut out after too many tries."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.access import accounts, enrolment, sessions, sign_in
from app.access.models import Account, SignInFailure
from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.errors import NotSignedIn, TooMany
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.people import Person, add_person


@pytest.fixture
def person(wiring: Wiring) -> Person:
    return add_person(wiring, "desk@example.org", Role.PLATFORM_ADMIN)


def attempt(
    wiring: Wiring, email: str, code: str, *, matched: bool = True, address: str = "192.0.2.1"
) -> bool:
    now = wiring.clock.now()
    with wiring.database.read() as session:
        found = sign_in.look_up(session, wiring.cipher, email=email, address=address, now=now)
    with wiring.database.write() as session:
        return (
            sign_in.conclude(session, wiring.cipher, found, matched=matched, code=code, now=now)
            is not None
        )


def test_the_right_password_and_code_come_in(wiring: Wiring, person: Person) -> None:
    assert attempt(wiring, " Desk@Example.ORG", person.code())


def test_a_code_comes_in_once(wiring: Wiring, person: Person, clock: HandClock) -> None:
    code = person.code()
    assert attempt(wiring, person.email, code)
    assert not attempt(wiring, person.email, code)
    clock.advance(timedelta(seconds=30))
    assert attempt(wiring, person.email, person.code())


def test_an_older_code_than_the_last_one_is_worth_nothing(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    older = person.code()
    clock.advance(timedelta(seconds=30))
    assert attempt(wiring, person.email, person.code())
    assert not attempt(wiring, person.email, older)


@pytest.mark.parametrize(
    ("email", "matched", "code"),
    [
        ("desk@example.org", False, "right"),
        ("desk@example.org", True, "000000"),
        ("nobody@example.org", False, "right"),
        ("", False, ""),
    ],
)
def test_everything_else_stays_out_and_is_recorded(
    wiring: Wiring, person: Person, email: str, matched: bool, code: str
) -> None:
    code = person.code() if code == "right" else code
    assert not attempt(wiring, email, code, matched=matched)
    with wiring.database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(SignInFailure)) == 3
        event = select(AuditEntry.actor).where(AuditEntry.event == "access:session:refused")
        assert session.scalars(event).all() == ["visitor"]


def test_somebody_invited_but_not_enrolled_stays_out(wiring: Wiring) -> None:
    with wiring.database.write(PLATFORM) as session:
        accounts.add_account(
            session, wiring.cipher, email="new@example.org", name="New", role=Role.AUDITOR,
            now=wiring.clock.now(),
        )  # fmt: skip
    assert not attempt(wiring, "new@example.org", "000000")


def test_somebody_disabled_stays_out(wiring: Wiring, person: Person) -> None:
    with wiring.database.write(PLATFORM) as session:
        accounts.disable(session, person.account_id, now=wiring.clock.now(), actor="operator")
    assert not attempt(wiring, person.email, person.code())


@pytest.mark.parametrize("email", ["desk@example.org", "nobody@example.org"])
def test_five_failures_from_one_place_lock_known_and_unknown_alike(
    wiring: Wiring, person: Person, clock: HandClock, email: str
) -> None:
    for _ in range(5):
        assert not attempt(wiring, email, "000000", matched=False)
    with pytest.raises(TooMany):
        attempt(wiring, email, "000000", matched=False)
    clock.advance(timedelta(minutes=15))
    assert not attempt(wiring, email, "000000", matched=False)


def test_a_strangers_tries_from_elsewhere_do_not_lock_the_person_out(
    wiring: Wiring, person: Person
) -> None:
    for _ in range(5):
        attempt(wiring, person.email, "000000", matched=False, address="203.0.113.9")
    assert attempt(wiring, person.email, person.code(), address="192.0.2.1")


def test_tries_from_many_places_lock_the_account_for_a_while(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    for number in range(20):
        attempt(wiring, person.email, "000000", matched=False, address=f"203.0.113.{number}")
    with pytest.raises(TooMany):
        attempt(wiring, person.email, person.code())
    clock.advance(timedelta(minutes=16))
    assert attempt(wiring, person.email, person.code())


def test_a_session_ends_after_fifteen_idle_minutes(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    token = begin(wiring, person)
    clock.advance(timedelta(minutes=14, seconds=59))
    assert who(wiring, token) == person.actor
    clock.advance(timedelta(minutes=14, seconds=59))
    assert who(wiring, token) == person.actor
    clock.advance(timedelta(minutes=15))
    with pytest.raises(NotSignedIn):
        who(wiring, token)


def test_a_session_ends_after_ten_hours_however_busy(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    token = begin(wiring, person)
    for _ in range(59):
        clock.advance(timedelta(minutes=10))
        assert who(wiring, token) == person.actor
    clock.advance(timedelta(minutes=10))
    with pytest.raises(NotSignedIn):
        who(wiring, token)


@pytest.mark.parametrize("token", [None, "", "x", "A" * 43])
def test_a_token_that_was_never_given_out_is_nobody(wiring: Wiring, token: str | None) -> None:
    with pytest.raises(NotSignedIn):
        who(wiring, token)


def test_disabling_ends_every_session_on_the_next_request(wiring: Wiring, person: Person) -> None:
    tokens = [begin(wiring, person), begin(wiring, person)]
    with wiring.database.write(PLATFORM) as session:
        accounts.disable(session, person.account_id, now=wiring.clock.now(), actor="operator")
    for token in tokens:
        with pytest.raises(NotSignedIn):
            who(wiring, token)


def test_a_new_enrolment_ends_what_the_old_phone_had_open(wiring: Wiring, person: Person) -> None:
    token, now = begin(wiring, person), wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        link = enrolment.offer(session, wiring.cipher, account_id=person.account_id, now=now)
        secret = enrolment.read(session, wiring.cipher, link, now=now).secret
        code = Person(wiring, person.account_id, person.email, secret).code()
        enrolment.complete(
            session, wiring.cipher, link, password_hash="$argon2id$", code=code, now=now
        )
    with pytest.raises(NotSignedIn):
        who(wiring, token)


def test_neither_name_nor_address_nor_secret_lies_in_clear(wiring: Wiring, person: Person) -> None:
    with wiring.database.read(PLATFORM) as session:
        account = session.get_one(Account, person.account_id)
        stored = account.sealed + (account.sealed_totp or b"")
        assert accounts.details_of(wiring.cipher, account).email == "desk@example.org"
    for text in ("desk@example.org", "Priya", person.secret):
        assert text.encode() not in stored


def begin(wiring: Wiring, person: Person) -> str:
    with wiring.database.write() as session:
        return sessions.create(session, account_id=person.account_id, now=wiring.clock.now())


def who(wiring: Wiring, token: str | None) -> str:
    with wiring.database.write() as session:
        return sessions.actor_of(session, token, now=wiring.clock.now())[0].id
