"""Passkeys: made by their owner, good alone, and worth nothing to anybody else in any way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select, text, update

from app.access import accounts, challenges, passkeys
from app.access.browsers import place_of
from app.access.ceremonies import Ceremony
from app.access.models import Account, Passkey, PasskeyChallenge
from app.core.errors import Conflict
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Desk, Policy
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.models import Alert
from notifications.states import Template
from tests.factories.authenticators import Authenticator, base
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, move, signed_in

SESSION = "__Host-encompass-session"


def test_a_passkey_is_added_signs_in_alone_and_is_taken_away(
    wiring: Wiring, morning: Morning
) -> None:
    """The whole life of one, with the two others of the morning looking on."""
    own = signed_in(wiring, morning.priya)
    phone = Authenticator().keeps_copies()
    assert add(own, phone, name=" My  phone ").headers["location"] == "/account/access"
    page = own.get("/account/access").text
    assert "<strong>My phone</strong>" in page
    assert "Its maker keeps a copy" in page
    assert messages(wiring) == [Template.ACCOUNT]
    assert trail(wiring, "access:passkey:added") == [morning.priya.actor]

    elsewhere = Browser(wiring)
    assert sign_in(elsewhere, phone).headers["location"] == "/"
    assert "Priya Nair" in elsewhere.get("/account").text

    with wiring.database.read(PLATFORM) as session:
        row = session.scalars(select(Passkey)).one()
        assert b"My phone" not in row.sealed
        assert (row.sign_count, row.may_be_backed_up, row.backed_up) == (1, True, True)
    for other in (morning.huw, morning.stranger):
        theirs = signed_in(wiring, other)
        assert theirs.press(f"/account/passkeys/{row.id}/remove").status_code == 404
        assert "My phone" not in theirs.get("/account/access").text

    assert own.press(f"/account/passkeys/{row.id}/remove").status_code == 303
    assert "My phone" not in own.get("/account/access").text
    assert elsewhere.get("/account").status_code == 303
    assert sign_in(Browser(wiring), phone).status_code == 401
    assert own.press(f"/account/passkeys/{row.id}/remove").status_code == 404


def test_every_answer_that_is_not_right_in_all_respects_is_refused_alike(
    wiring: Wiring, morning: Morning
) -> None:
    phone = Authenticator()
    add(signed_in(wiring, morning.priya), phone)
    first, second = Browser(wiring), Browser(wiring)
    assert sign_in(first, phone).status_code == 303

    def tried(browser: Browser, one: Authenticator, **changes: Any) -> Response:
        return answer(browser, one.answer(asked(browser) | changes))

    huw = morning.huw.account_id.bytes
    wrong = {
        "another origin": replace(phone, origin="https://testserver.example.org"),
        "a page of another origin around ours": replace(phone, framed=True),
        "another domain": replace(phone, domain="example.org"),
        "no finger, face or PIN": replace(phone).without_asking(),
        "somebody else's name": replace(phone, user_handle=huw),
        "nobody's name": replace(phone, user_handle=None),
        "another key": replace(phone, key=Authenticator().key),
        "a passkey nobody has": replace(phone, credential_id=b"x" * 32),
        "a counter that stands still": replace(phone, count=phone.count - 1),
        "a kind it was not made as": replace(phone).keeps_copies(),
    }
    pages = {name: tried(second, one) for name, one in wrong.items()}
    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(wrong, 401)
    assert all("That passkey did not work" in page.text for page in pages.values())
    assert tried(second, phone, challenge="bm90LW91cnM").status_code == 401
    for junk in ("", "{}", "[]", "null", '{"id": 1}', "\x01", "[" * 16_000, '{"response": "x"}'):
        assert answer(second, junk).status_code == 401

    used = phone.answer(asked(second))
    assert answer(second, used).status_code == 303
    second.press("/sign-out")
    assert answer(second, used).status_code == 401
    late = phone.answer(asked(second))
    move(wiring, seconds=challenges.VALID_FOR.total_seconds())
    assert answer(second, late).status_code == 401
    first.press("/sign-out")
    others = phone.answer(asked(first))
    assert answer(second, others).status_code == 401
    assert sign_in(second, phone).status_code == 303


def test_a_challenge_of_one_thing_is_worth_nothing_for_another(
    wiring: Wiring, morning: Morning
) -> None:
    own, phone = signed_in(wiring, morning.priya), Authenticator()
    add(own, phone)
    to_prove = own.press("/account/prove/options").json()
    assert [one["id"] for one in to_prove["allowCredentials"]] == [base_id(phone)]
    elsewhere = Browser(wiring)
    elsewhere.http.cookies = own.http.cookies.__class__(own.http.cookies)
    elsewhere.http.cookies.delete(SESSION)
    assert answer(elsewhere, phone.answer(to_prove)).status_code == 401
    to_add = own.press("/account/passkey/options").json()
    assert [one["id"] for one in to_add["excludeCredentials"]] == [base_id(phone)]
    other = Authenticator(credential_id=b"y" * 20)
    theirs = signed_in(wiring, morning.huw)
    form = {"answer": other.make(to_add), "name": "Not mine"}
    assert theirs.press("/account/passkey", form).status_code == 400
    again = {"answer": phone.make(own.press("/account/passkey/options").json()), "name": "Twice"}
    assert own.press("/account/passkey", again).status_code == 400
    unproved = other.without_asking().make(own.press("/account/passkey/options").json())
    assert own.press("/account/passkey", {"answer": unproved, "name": "X"}).status_code == 400


def test_adding_and_removing_ask_again_who_it_is(wiring: Wiring, morning: Morning) -> None:
    own, phone = signed_in(wiring, morning.priya), Authenticator()
    add(own, phone)
    move(wiring, minutes=11)
    assert own.get("/account/passkey").headers["location"] == (
        "/account/prove?back=%2Faccount%2Fpasskey"
    )
    move(wiring, minutes=10)
    assert "/account/prove" in own.press("/account/passkey/options").headers["location"]
    before = own.http.cookies.get(SESSION)
    for code in ("000000", ""):
        assert own.press("/account/prove", {"code": code}).status_code == 400
    form = {"code": morning.priya.code(), "back": "/account/passkey"}
    assert own.press("/account/prove", form).headers["location"] == "/account/passkey"
    assert own.http.cookies.get(SESSION) != before
    assert own.get("/account/passkey").status_code == 200
    # The code that was read over a shoulder is used up.
    assert own.press("/account/prove", form).status_code == 400

    move(wiring, minutes=12)
    told = own.press("/account/prove/options").json()
    form = {"answer": phone.answer(told), "back": "https://example.org/"}
    assert own.press("/account/prove/passkey", form).headers["location"] == "/account/access"
    assert own.press("/account/prove/passkey", form).status_code == 400
    for _ in range(4):
        own.press("/account/prove", {"code": "000000"})
    assert "Too many attempts" in own.press("/account/prove", {"code": "000000"}).text


def test_whoever_guesses_passwords_keeps_no_passkey_and_no_known_browser_out(
    wiring: Wiring, morning: Morning
) -> None:
    with wiring.database.write(PLATFORM) as session:
        policy = Policy(desk=Desk(telephone="01632 960123"))
        add_policy(
            session, FORCE, body=policy, valid_from=wiring.clock.now(), approved_by="operator",
            now=wiring.clock.now(),
        )  # fmt: skip
    own, phone = signed_in(wiring, morning.priya), Authenticator()
    add(own, phone)
    own.press("/sign-out")
    guesser = Browser(wiring)
    for _ in range(5):
        guesser.sign_in(morning.priya, password="wrong wrong wrong")
    last = guesser.sign_in(morning.priya, password="wrong wrong wrong")
    assert last.status_code == 429
    assert "ring the desk" in last.text
    assert "01632 960123" in last.text
    move(wiring, seconds=30)
    assert guesser.sign_in(morning.priya).status_code == 429
    assert own.sign_in(morning.priya).status_code == 303
    assert sign_in(Browser(wiring), phone).status_code == 303


def test_the_last_way_in_is_not_taken_away_and_a_new_link_takes_all(
    wiring: Wiring, morning: Morning
) -> None:
    own, phone = signed_in(wiring, morning.priya), Authenticator()
    add(own, phone)
    account_id = morning.priya.account_id
    with wiring.database.write(PLATFORM) as session:
        row = session.scalars(select(Passkey)).one()
        kept = session.get_one(Account, account_id).password_hash
        session.execute(update(Account).where(Account.id == account_id).values(password_hash=None))
        with pytest.raises(Conflict):
            passkeys.revoke(session, account_id, row.id, now=wiring.clock.now())
        session.execute(update(Account).where(Account.id == account_id).values(password_hash=kept))
        passkeys.revoke_all(session, account_id, now=wiring.clock.now())
    assert sign_in(Browser(wiring), phone).status_code == 401


def test_a_passkey_opens_nothing_for_somebody_shut_out(wiring: Wiring, morning: Morning) -> None:
    phone = Authenticator()
    add(signed_in(wiring, morning.priya), phone)
    with wiring.database.write(PLATFORM) as session:
        accounts.disable(
            session, morning.priya.account_id, now=wiring.clock.now(), actor="operator"
        )
    assert sign_in(Browser(wiring), phone).status_code == 401


def test_of_many_hands_with_one_challenge_one_comes_in(wiring: Wiring, morning: Morning) -> None:
    place = place_of(wiring.cipher, cookie="c", address="192.0.2.1", user_agent="")
    now = wiring.clock.now()
    with wiring.database.write() as session:
        challenge = challenges.make(session, Ceremony.SIGN_IN, place, account_id=None, now=now)

    def take(_: int) -> bool:
        with wiring.database.write() as session:
            return challenges.take(
                session, challenge, Ceremony.SIGN_IN, place, account_id=None, now=now
            )

    with ThreadPoolExecutor(8) as hands:
        assert sum(hands.map(take, range(24))) == 1


def test_where_refusals_cannot_be_counted_nobody_comes_in(wiring: Wiring, morning: Morning) -> None:
    own, phone = signed_in(wiring, morning.priya), Authenticator()
    add(own, phone)
    browser = Browser(wiring)
    options = asked(browser)
    with wiring.database.engine.begin() as connection:
        connection.execute(text("DROP TABLE sign_in_failure"))
    move(wiring, seconds=30)
    for refused in (browser.sign_in(morning.priya), answer(browser, phone.answer(options))):
        assert refused.status_code >= 500
        assert SESSION not in refused.headers.get("set-cookie", "")


def test_challenges_do_not_pile_up(wiring: Wiring, morning: Morning) -> None:
    browser = Browser(wiring)
    asked(browser)
    with wiring.database.write() as session:
        session.add_all(
            PasskeyChallenge(
                challenge_digest=bytes([number % 256, number // 256] * 16), ceremony="sign_in",
                browser_digest=bytes(32), expires_at=wiring.clock.now() + timedelta(minutes=1),
                address_digest=session.scalars(select(PasskeyChallenge.address_digest)).first(),
            )
            for number in range(challenges.ADDRESS_LIMIT)
        )  # fmt: skip
    assert browser.press("/sign-in/passkey/options", page="/sign-in").status_code == 429
    move(wiring, minutes=6)
    with wiring.database.write() as session:
        challenges.forget_unanswered(session, now=wiring.clock.now())
        assert session.scalar(select(func.count()).select_from(PasskeyChallenge)) == 0
    assert asked(browser)


def add(browser: Browser, one: Authenticator, *, name: str = "Phone") -> Response:
    options = browser.press("/account/passkey/options").json()
    return browser.press("/account/passkey", {"answer": one.make(options), "name": name})


def asked(browser: Browser) -> dict[str, Any]:
    options: dict[str, Any] = browser.press("/sign-in/passkey/options", page="/sign-in").json()
    assert options["allowCredentials"] == []
    return options


def answer(browser: Browser, said: str) -> Response:
    return browser.press("/sign-in/passkey", {"answer": said}, page="/sign-in")


def sign_in(browser: Browser, one: Authenticator) -> Response:
    return answer(browser, one.answer(asked(browser)))


def base_id(one: Authenticator) -> str:
    return base(one.credential_id)


def messages(wiring: Wiring) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(Alert.template)))


def trail(wiring: Wiring, event: str) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(AuditEntry.actor).where(AuditEntry.event == event)))
