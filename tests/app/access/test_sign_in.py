"""Signing in: once per code, the same answer for everybody, and shut out after too many tries."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from app.access import accounts, enrolment, passwords, sessions, sign_in
from app.access.browsers import ADDRESS_KNOWN_FOR, Standing, described, network_of, place_of
from app.access.models import Account, SignInFailure
from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.errors import NotSignedIn, TooMany
from app.core.ids import new_id
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.people import Person, add_person


@pytest.fixture
def person(wiring: Wiring) -> Person:
    return add_person(wiring, "desk@example.org", Role.PLATFORM_ADMIN)


def attempt(
    wiring: Wiring, email: str, code: str, *, matched: bool = True, address: str = "192.0.2.1",
    cookie: str = "none",
) -> Standing | None:  # fmt: skip
    now = wiring.clock.now()
    place = place_of(wiring.cipher, cookie=cookie, address=address, user_agent="")
    with wiring.database.read() as session:
        found = sign_in.look_up(session, wiring.cipher, email=email, place=place, now=now)
    with wiring.database.write() as session:
        done = sign_in.conclude(session, wiring.cipher, found, matched=matched, code=code, now=now)
    return done.standing if done is not None else None


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
        assert session.scalar(select(func.count()).select_from(SignInFailure)) == 4
        refused = select(AuditEntry.actor).where(AuditEntry.event == "access:session:refused")
        assert session.scalars(refused).all() == ["visitor"]


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


@pytest.mark.feature("SE5")
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


@pytest.mark.parametrize("email", ["desk@example.org", "nobody@example.org"])
def test_tries_that_are_sent_together_are_no_more_than_those_sent_one_by_one(
    wiring: Wiring, person: Person, email: str
) -> None:
    now, code = wiring.clock.now(), person.code()
    place = place_of(wiring.cipher, cookie="none", address="192.0.2.1", user_agent="")
    with wiring.database.read() as session:
        looked = [
            sign_in.look_up(session, wiring.cipher, email=email, place=place, now=now)
            for _ in range(8)
        ]
    answers: list[str] = []
    for one, guess in zip(looked, [*["000000"] * 7, code], strict=True):
        try:
            with wiring.database.write() as session:
                sign_in.conclude(session, wiring.cipher, one, matched=True, code=guess, now=now)
            answers.append("refused")
        except TooMany:
            answers.append("too many")
    assert answers == ["refused"] * 5 + ["too many"] * 3


def test_a_strangers_tries_from_elsewhere_do_not_lock_the_person_out(
    wiring: Wiring, person: Person
) -> None:
    for _ in range(5):
        attempt(wiring, person.email, "000000", matched=False, address="203.0.113.9")
    assert attempt(wiring, person.email, person.code(), address="192.0.2.1")


@pytest.mark.feature("SE5")
def test_tries_from_many_places_lock_the_account_for_a_while(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    for number in range(20):
        attempt(wiring, person.email, "000000", matched=False, address=f"203.0.113.{number}")
    with pytest.raises(TooMany):
        attempt(wiring, person.email, person.code())
    clock.advance(timedelta(minutes=16))
    assert attempt(wiring, person.email, person.code())


@pytest.mark.feature("SE5")
def test_a_known_and_an_unknown_address_cost_the_same_statements_and_one_hash(
    wiring: Wiring, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    event.listen(
        wiring.database.engine, "before_cursor_execute", lambda *given: said.append(given[2])
    )
    done: list[list[str]] = []
    for email in (person.email, "nobody@example.org"):
        said.clear()
        assert attempt(wiring, email, "000000", matched=False) is None
        done.append(list(said))
    assert done[0] == done[1]
    hashes: list[str] = []
    monkeypatch.setattr(passwords._HASH, "verify", lambda _, hashed: hashes.append(hashed))
    for kept in ("$argon2id$somebody", None):
        passwords.matches("four words that miss", kept)
    assert len(hashes) == 2


def test_guesses_from_everywhere_stop_new_browsers_and_nobody_known(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    assert attempt(wiring, person.email, person.code(), cookie="own") is Standing.KNOWN
    with wiring.database.write() as session:
        session.add_all(
            SignInFailure(
                id=new_id(), at=clock.now(), key_digest=sign_in._key(wiring.cipher, "all", "")
            )
            for _ in range(sign_in.LIMIT_IN_ALL)
        )
    clock.advance(timedelta(seconds=30))
    with pytest.raises(TooMany):
        attempt(wiring, person.email, person.code(), cookie="new", address="198.51.100.7")
    assert attempt(wiring, person.email, person.code(), cookie="own") is Standing.KNOWN
    for _ in range(sign_in.BROWSER_LIMIT):
        assert attempt(wiring, person.email, "000000", cookie="own") is None
    with pytest.raises(TooMany):
        attempt(wiring, person.email, person.code(), cookie="own")


def test_a_browser_is_known_by_its_cookie_or_by_where_the_account_was_used(
    wiring: Wiring, person: Person, clock: HandClock
) -> None:
    def tried(cookie: str, address: str) -> Standing | None:
        clock.advance(timedelta(seconds=30))
        return attempt(wiring, person.email, person.code(), cookie=cookie, address=address)

    assert tried("own", "192.0.2.1") is Standing.KNOWN
    assert tried("new", "203.0.113.9") is Standing.WAITS
    assert tried("new", "203.0.113.9") is Standing.WAITS
    assert tried("new too", "192.0.2.1") is Standing.KNOWN
    assert tried("own", "203.0.113.9") is Standing.KNOWN
    assert tried("new", "203.0.113.9") is Standing.KNOWN
    clock.advance(ADDRESS_KNOWN_FOR)
    assert tried("months later", "192.0.2.1") is Standing.WAITS


def test_one_house_has_many_addresses_and_counts_once() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("unknown") == "unknown"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140.0 Safari/537.36", "Chrome on Chromebook"),
        ("<script>" + "x" * 5000, "A browser on an unknown device"),
    ],
)
def test_a_browser_is_called_by_words_of_ours(agent: str, words: str) -> None:
    assert described(agent) == words


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
