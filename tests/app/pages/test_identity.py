"""Signing in by an OpenID provider, which runs as a process: who comes in, and what never does."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy import func, select, text

from app.access import accounts, enrolment, identities
from app.access.browsers import place_of
from app.access.identities import Subject
from app.access.identity_models import IdentityQuestion, LinkedIdentity
from app.access.identity_provider import KEPT
from app.access.identity_tokens import keys_of
from app.access.models import Account, SignInSession
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring, build
from notifications.models import Alert
from notifications.states import Template
from tests.factories.identities import (
    NAME,
    Provider,
    asks,
    comes_back,
    running_provider,
    way_there,
    with_provider,
)
from tests.factories.mornings import Morning
from tests.factories.people import Browser, Person, move, signed_in
from tests.postgres import as_role

SESSION = "__Host-encompass-session"
REFUSED = "We could not let you in by that"


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, process: Provider) -> Settings:
    return with_provider(settings, process.issuer)


@pytest.fixture
def provider(process: Provider, wiring: Wiring) -> Provider:
    process.says(wiring.clock)
    return process


def link(own: Browser, provider: Provider, sub: str = "s-1") -> Response:
    provider.says(own.wiring.clock, sub)
    sent = provider.signs_in(way_there(own.press("/account/identity")))
    return comes_back(own, sent)


def linked(wiring: Wiring, person: Person, provider: Provider) -> Browser:
    """Return a browser known to an account that is linked, and signed out again."""
    own = signed_in(wiring, person)
    assert link(own, provider).headers["location"] == "/account/access"
    own.press("/sign-out")
    move(wiring, seconds=30)
    provider.says(wiring.clock)
    return own


def come_in(
    browser: Browser, person: Person, provider: Provider, *, code: str | None = None
) -> Response:
    sent = provider.signs_in(asks(browser))
    return comes_back(browser, sent, code=person.code() if code is None else code)


def test_an_account_is_linked_signs_in_and_is_unlinked_by_its_owner_alone(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    """The whole life of a link, with the two others of the morning looking on."""
    own = signed_in(wiring, morning.priya)
    assert f"Link {NAME}" in own.get("/account/access").text
    assert link(own, provider).headers["location"] == "/account/access"
    page = own.get("/account/access").text
    assert "not used yet" in page
    assert messages(wiring) == [Template.ACCOUNT]
    assert trail(wiring, "access:identity:linked") == [morning.priya.actor]
    own.press("/sign-out")
    move(wiring, seconds=30)

    provider.says(wiring.clock)
    assert come_in(own, morning.priya, provider).headers["location"] == "/"
    assert "Priya Nair" in own.get("/account").text
    assert "used last" in own.get("/account/access").text
    with wiring.database.read(PLATFORM) as session:
        row = session.scalars(select(LinkedIdentity)).one()
        assert len(row.subject_digest) == 32
        signed = session.scalars(
            select(AuditEntry).where(AuditEntry.event == "access:session:signed_in")
        )
        assert [one.reason_code for one in signed].count("identity") == 1
    path = f"/account/identity/{row.id}/remove"
    for other in (morning.huw, morning.stranger):
        theirs = signed_in(wiring, other)
        assert theirs.press(path).status_code == 404
        assert "Unlink it" not in theirs.get("/account/access").text

    elsewhere = signed_in(wiring, morning.priya)
    assert own.press(path).status_code == 303
    assert elsewhere.get("/account").status_code == 303
    assert own.press(path).status_code == 404
    assert trail(wiring, "access:identity:unlinked") == [morning.priya.actor]
    own.press("/sign-out")
    move(wiring, seconds=30)
    provider.says(wiring.clock)
    refused = come_in(own, morning.priya, provider)
    assert (refused.status_code, REFUSED in refused.text) == (401, True)
    assert own.sign_in(morning.priya).status_code == 303


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_role_of_the_web_may_do_all_of_it(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    url = as_role(wiring.settings.database_url, "encompass_web")
    web = build(wiring.settings.model_copy(update={"database_url": url}), clock=wiring.clock)
    own = linked(web, morning.priya, provider)
    assert come_in(own, morning.priya, provider).status_code == 303
    with wiring.database.read(PLATFORM) as session:
        row = session.scalars(select(LinkedIdentity)).one()
    assert own.press(f"/account/identity/{row.id}/remove").status_code == 303
    own.press("/sign-out")
    move(wiring, seconds=30)
    assert come_in(own, morning.priya, provider).status_code == 401
    web.database.engine.dispose()


def test_a_code_of_our_own_is_asked_for_and_counts_once(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    wrong = come_in(own, morning.priya, provider, code="000000")
    assert (wrong.status_code, SESSION in wrong.headers.get("set-cookie", "")) == (401, False)
    assert come_in(own, morning.priya, provider, code="").status_code == 401
    assert come_in(own, morning.priya, provider, code=morning.huw.code()).status_code == 401
    code = morning.priya.code()
    assert come_in(own, morning.priya, provider, code=code).status_code == 303
    own.press("/sign-out")
    assert come_in(own, morning.priya, provider, code=code).status_code == 401
    come_in(own, morning.priya, provider, code="000000")
    move(wiring, seconds=30)
    provider.says(wiring.clock)
    last = come_in(own, morning.priya, provider)
    assert (last.status_code, "Too many attempts" in last.text) == (429, True)
    # The limit is of this way in alone.
    assert own.sign_in(morning.priya).status_code == 303


WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "x" * 64}},
    "no nonce": {"claims": {"nonce": None}},
    "another issuer": {"claims": {"iss": "https://provider.example.org"}},
    "a longer issuer": {"claims": {"iss": "http://127.0.0.1/"}},
    "another audience": {"claims": {"aud": "somebody-else"}},
    "an audience beside us": {"claims": {"aud": ["encompass/test", "somebody-else"]}},
    "no audience": {"claims": {"aud": None}},
    "made for another party": {"claims": {"azp": "somebody-else"}},
    "out of date": {"claims": {"exp": 1}},
    "no end": {"claims": {"exp": None}},
    "made long ago": {"claims": {"iat": 1}},
    "made in the future": {"claims": {"iat": 2**32}},
    "nobody": {"claims": {"sub": None}},
    "a person of the wrong kind": {"claims": {"sub": 7}},
    "a person without an end": {"claims": {"sub": "x" * 256}},
    "another access token": {"claims": {"at_hash": "AAAA"}},
    "no signature": {"alg": "none"},
    "signed with the public key": {"alg": "HS256"},
    "signed with our secret": {"alg": "HS256-secret"},
    "signed with another key": {"other_key": True},
    "a key of another kind": {"kid": "rsa-1"},
    "a key nobody has": {"kid": "nobody's"},
    "no key named": {"kid": None},
    "the answer of another provider": {"back": {"iss": "https://provider.example.org"}},
    "an answer of no provider": {"back": {"iss": ""}},
    "a code that was never given": {"back": {"code": "code-x"}},
}


def test_nothing_that_is_wrong_in_any_respect_comes_in(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    seen = {}
    for name, told in WRONG.items():
        provider.says(wiring.clock, **{"sub": "s-1", **told})
        answer = come_in(own, morning.priya, provider)
        seen[name] = (answer.status_code, REFUSED in answer.text)
        assert SESSION not in answer.headers.get("set-cookie", ""), name
    assert seen == dict.fromkeys(WRONG, (401, True))
    assert len(trail(wiring, "access:session:refused")) == len(WRONG)
    for fine in ({}, {"alg": "RS256"}, {"alg": "PS256"}, {"claims": {"aud": ["encompass/test"]}}):
        move(wiring, seconds=30)
        provider.says(wiring.clock, **fine)
        assert come_in(own, morning.priya, provider).status_code == 303, fine
        own.press("/sign-out")


def test_an_answer_counts_once_soon_and_in_the_browser_that_asked(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    sent = provider.signs_in(asks(own))
    forged = comes_back(own, sent | {"state": "x" * 43})
    assert (forged.status_code, "Begin again" in forged.text) == (400, True)
    stolen = comes_back(Browser(wiring), sent, code=morning.priya.code())
    assert (stolen.status_code, REFUSED in stolen.text) == (401, True)
    assert comes_back(own, sent, code=morning.priya.code()).status_code == 303
    own.press("/sign-out")
    assert comes_back(own, sent).status_code == 400

    move(wiring, seconds=30)
    provider.says(wiring.clock)
    used = provider.signs_in(asks(own)) | {"code": sent["code"]}
    assert comes_back(own, used, code=morning.priya.code()).status_code == 401
    late = provider.signs_in(asks(own))
    move(wiring, seconds=identities.VALID_FOR.total_seconds())
    assert comes_back(own, late).status_code == 400
    cancelled = provider.signs_in(asks(own)) | {"code": "", "error": "access_denied<b>"}
    page = comes_back(own, cancelled)
    assert (page.status_code, f"{NAME} did not sign you in" in page.text) == (400, True)
    assert "access_denied" not in page.text


def test_nobody_is_known_by_an_address_and_no_account_is_made(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    with wiring.database.read(PLATFORM) as session:
        before = session.scalar(select(func.count()).select_from(Account))
    pages = []
    for email in (morning.priya.email, "nobody@example.org"):
        more = {"email": email, "email_verified": True}
        provider.says(wiring.clock, "s-2", claims=more)
        pages.append(come_in(own, morning.priya, provider))
    assert [page.status_code for page in pages] == [401, 401]
    changing = r'nonce="[^"]*"|value="[^"]*"'
    assert len({re.sub(changing, "", page.text) for page in pages}) == 1
    with wiring.database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == before


def test_the_same_name_at_another_provider_is_somebody_else(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    linked(wiring, morning.priya, provider)
    with wiring.database.read() as session:
        here = identities.whose(session, wiring.cipher, Subject(provider.issuer, "s-1"))
        other = Subject("https://provider.example.org", "s-1")
        assert here is not None
        assert here.id == morning.priya.account_id
        assert identities.whose(session, wiring.cipher, other) is None


def test_an_identity_belongs_to_one_account_and_an_account_has_one(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = signed_in(wiring, morning.priya)
    link(own, provider)
    theirs = signed_in(wiring, morning.huw)
    twice = link(theirs, provider)
    assert (twice.status_code, "could not be linked" in twice.text) == (409, True)
    assert trail(wiring, "access:identity:refused") == [morning.huw.actor]
    assert own.press("/account/identity").status_code == 409
    assert link(theirs, provider, "s-2").status_code == 303
    assert "Priya" not in twice.text


def test_linking_asks_who_it_is_and_ends_with_the_sign_in(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = signed_in(wiring, morning.priya)
    sent = provider.signs_in(way_there(own.press("/account/identity")))
    # Whoever sends a link of their own to somebody else links nothing for them.
    theirs = signed_in(wiring, morning.huw)
    assert comes_back(theirs, sent).status_code == 401
    provider.says(wiring.clock, claims={"nonce": "x"})
    wrong = comes_back(own, sent)
    assert (wrong.status_code, "Nothing was linked" in wrong.text) == (401, True)
    provider.says(wiring.clock)
    sent = provider.signs_in(way_there(own.press("/account/identity")))
    own.press("/sign-out")
    assert comes_back(own, sent).headers["location"] == "/sign-in"
    move(wiring, seconds=30)
    own.sign_in(morning.priya)
    move(wiring, minutes=12)
    own.get("/account")
    move(wiring, minutes=9)
    asked = own.press("/account/identity")
    assert asked.headers["location"] == "/account/prove?back=%2Faccount%2Faccess"
    with wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(LinkedIdentity)).all() == []


def test_who_is_disabled_or_began_anew_is_refused(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    sent = provider.signs_in(asks(own))
    with wiring.database.write(PLATFORM) as session:
        accounts.disable(
            session, morning.priya.account_id, now=wiring.clock.now(), actor="operator"
        )
    assert comes_back(own, sent, code=morning.priya.code()).status_code == 401

    huw = signed_in(wiring, morning.huw)
    assert link(huw, provider, "s-2").status_code == 303
    with wiring.database.write(PLATFORM) as session:
        now, account_id = wiring.clock.now(), morning.huw.account_id
        token = enrolment.offer(session, wiring.cipher, account_id=account_id, now=now)
        offer = enrolment.read(session, wiring.cipher, token, now=now)
        again = Person(wiring, account_id, morning.huw.email, offer.secret)
        enrolment.complete(
            session, wiring.cipher, token, password_hash="x", code=again.code(), now=now
        )
        assert identities.own(session, account_id) is None
    move(wiring, seconds=30)
    provider.says(wiring.clock, "s-2")
    assert come_in(huw, again, provider).status_code == 401


def test_a_browser_nobody_knows_waits_as_with_a_password(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    with wiring.database.engine.begin() as connection:
        connection.execute(text("UPDATE known_browser SET address_digest = token_digest"))
    elsewhere = Browser(wiring)
    waits = come_in(elsewhere, morning.priya, provider)
    assert (waits.status_code, "We do not know this browser" in waits.text) == (403, True)
    move(wiring, seconds=30)
    own.sign_in(morning.priya)
    assert "Is this you?" in own.get("/account/access").text


def test_a_provider_that_fails_keeps_nobody_out_by_other_ways(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    for status, body in ((500, ""), (502, "<html>"), (200, "no JSON"), (200, "[]"), (302, "")):
        provider.says(wiring.clock, status=status, body=body)
        page = come_in(own, morning.priya, provider)
        assert (page.status_code, f"We could not reach {NAME}" in page.text) == (503, True), body
    assert own.sign_in(morning.priya).status_code == 303
    own.press("/sign-out")
    for told in (
        {"issuer": "https://provider.example.org"}, {"token_endpoint": "http://192.0.2.1/token"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"jwks_uri": None},
        {"jwks_uri": f"{provider.issuer}/nowhere"}, {"token_endpoint": 7},
        {"authorization_endpoint": "http://["}, {"jwks_uri": f"{provider.issuer}/asked"},
    ):  # fmt: skip
        provider.says(wiring.clock, configuration=told)
        move(wiring, seconds=KEPT.total_seconds())
        page = own.press("/sign-in/identity", page="/sign-in")
        assert page.status_code == 503, told
        assert "Sign in with your password or passkey instead" in page.text


def test_keys_that_are_none_are_passed_over() -> None:
    right = ECKey.generate_key("P-256", {"kid": "right"}).as_dict(private=False)
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"}).as_dict(private=False)
    others: list[Any] = [
        weak, OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True),
        right | {"kid": "to encrypt", "use": "enc"}, right | {"kid": ["x"]}, right | {"x": "!"},
        {"kty": "XYZ"}, {}, None, "RSA", 7, [],
    ]  # fmt: skip
    with pytest.warns(SecurityWarning):
        assert list(keys_of({"keys": [right, *others]})) == ["right"]
    for told in (None, 7, "keys", {"kid": "x"}):
        assert keys_of({"keys": told}) == {}


def test_a_provider_that_is_down_is_told_apart_from_a_refusal(
    settings: Settings, wiring: Wiring, morning: Morning
) -> None:
    gone = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    down = build(gone, clock=wiring.clock)
    page = Browser(down).press("/sign-in/identity", page="/sign-in")
    assert (page.status_code, f"We could not reach {NAME}" in page.text) == (503, True)
    own = signed_in(down, morning.priya)
    answer = own.press("/account/identity")
    assert (answer.status_code, "Nothing was linked" in answer.text) == (503, True)
    with wiring.database.read() as session:
        assert session.scalars(select(IdentityQuestion)).all() == []
    down.database.engine.dispose()


def test_keys_are_read_again_for_one_that_is_new_and_kept_for_the_rest(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    before = provider.asked().count("/keys")
    assert come_in(own, morning.priya, provider).status_code == 303
    assert provider.asked().count("/keys") == before
    own.press("/sign-out")
    move(wiring, seconds=30)
    provider.says(wiring.clock, renew=True)
    assert come_in(own, morning.priya, provider).status_code == 303
    assert provider.asked().count("/keys") == before + 1


def test_a_secret_is_posted_to_a_provider_that_takes_it_no_other_way(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    told = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    move(wiring, seconds=KEPT.total_seconds())
    provider.says(wiring.clock, configuration=told)
    assert come_in(own, morning.priya, provider).status_code == 303


def test_the_providers_second_step_stands_for_our_code_only_where_it_was_taken_lately(
    settings: Settings, wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    linked(wiring, morning.priya, provider)
    strict = build(
        settings.model_copy(update={"oidc_amr": ("mfa",), "oidc_acr": ("high", "higher")}),
        clock=wiring.clock,
    )
    own = Browser(strict)
    now = int(wiring.clock.now().timestamp())
    right = {"amr": ["pwd", "mfa"], "acr": "high", "auth_time": now - 600}
    for wrong in (
        {"amr": ["pwd"]}, {"amr": None}, {"amr": "mfa"}, {"amr": [["mfa"]]}, {"acr": "low"},
        {"acr": None}, {"auth_time": None}, {"auth_time": now - 931}, {"auth_time": now + 31},
        {"auth_time": "now"}, {"auth_time": True},
    ):  # fmt: skip
        provider.says(wiring.clock, claims=right | wrong)
        href = asks(own)
        assert "acr_values=high+higher" in href.replace("%20", "+")
        assert "max_age=900" in href
        # A right code does not make up for it either.
        answer = comes_back(own, provider.signs_in(href), code=morning.priya.code())
        assert (answer.status_code, REFUSED in answer.text) == (401, True), wrong
    provider.says(wiring.clock, claims=right)
    sent = provider.signs_in(asks(own))
    page = own.get("/sign-in/identity/back", params=sent)
    assert 'name="code"' not in page.text
    assert comes_back(own, sent).headers["location"] == "/"
    strict.database.engine.dispose()


def test_looking_at_what_came_back_stores_and_asks_nothing(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    sent = provider.signs_in(asks(own))
    before = provider.asked().count("/token")
    for _ in range(3):
        assert own.get("/sign-in/identity/back", params=sent).status_code == 200
    assert provider.asked().count("/token") == before
    assert own.http.post("/sign-in/identity/finish", data=sent).status_code == 403
    assert own.http.post("/sign-in/identity").status_code == 403
    assert comes_back(own, sent, code=morning.priya.code()).status_code == 303


@pytest.mark.parametrize("junk", ["\x00", "\ud7ff<b>", "x" * 5000, "%00", "\r\nX: y", "' OR 1=1"])
def test_junk_in_place_of_an_answer_is_refused(
    wiring: Wiring, morning: Morning, provider: Provider, junk: str
) -> None:
    own = linked(wiring, morning.priya, provider)
    sent = provider.signs_in(asks(own))
    for name in ("code", "state", "iss"):
        answer = comes_back(own, sent | {name: junk}, code=morning.priya.code())
        assert answer.status_code in {400, 401}, name
        assert "<b>" not in answer.text
        sent = provider.signs_in(asks(own))
    assert comes_back(own, sent, code=morning.priya.code()).status_code == 303


def test_a_slow_provider_holds_few_of_our_threads(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    asked = wiring.identity_provider
    assert asked is not None
    asks(Browser(wiring))
    for _ in range(8):
        assert asked._room.acquire(blocking=False)
    page = Browser(wiring).press("/sign-in/identity", page="/sign-in")
    assert (page.status_code, f"We could not reach {NAME}" in page.text) == (503, True)
    asked._room.release()
    assert asks(Browser(wiring))


def test_of_many_hands_with_one_answer_one_comes_in(wiring: Wiring, morning: Morning) -> None:
    place = place_of(wiring.cipher, cookie="c", address="192.0.2.1", user_agent="")
    now = wiring.clock.now()
    with wiring.database.write() as session:
        question = identities.ask(session, wiring.cipher, place, account_id=None, now=now)

    def take(_: int) -> bool:
        with wiring.database.write() as session:
            found = identities.take(
                session, wiring.cipher, question.state, place, account_id=None, now=now
            )
            return found is not None

    with ThreadPoolExecutor(8) as hands:
        assert sum(hands.map(take, range(24))) == 1


def test_questions_do_not_pile_up_and_are_forgotten(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    browser = Browser(wiring)
    asks(browser)
    with wiring.database.write() as session:
        here = session.scalars(select(IdentityQuestion.address_digest)).one()
        session.add_all(
            IdentityQuestion(
                state_digest=uuid4().bytes * 2, browser_digest=bytes(32), address_digest=here,
                expires_at=wiring.clock.now() + identities.VALID_FOR,
            )
            for _ in range(identities.ADDRESS_LIMIT)
        )  # fmt: skip
    assert browser.press("/sign-in/identity", page="/sign-in").status_code == 429
    move(wiring, minutes=11)
    Runner(wiring, PIPELINE, owner="test").run_step("purge_expired")
    with wiring.database.read() as session:
        assert session.scalars(select(IdentityQuestion)).all() == []
    assert asks(browser)


def test_a_hundred_refusals_from_one_address_end_the_trying(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    page = own.get("/sign-in").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    form = {"form_token": token[1], "state": "x" * 43, "answer": "x"}
    answers = [own.http.post("/sign-in/identity/finish", data=form) for _ in range(101)]
    assert [one.status_code for one in answers] == [401] * 100 + [429]
    assert own.sign_in(morning.priya).status_code == 303


def test_without_a_provider_nothing_of_it_is_there(
    settings: Settings, wiring: Wiring, morning: Morning
) -> None:
    without = build(settings.model_copy(update={"oidc_issuer": None}), clock=wiring.clock)
    own = signed_in(without, morning.priya)
    assert "identity" not in own.get("/account/access").text
    assert own.press("/account/identity").status_code == 409
    visitor = Browser(without)
    assert "/sign-in/identity" not in visitor.get("/sign-in").text
    assert visitor.press("/sign-in/identity", page="/sign-in").status_code == 404
    assert visitor.get("/sign-in/identity/back").status_code == 400
    without.database.engine.dispose()


def test_our_sessions_end_by_our_own_times(
    wiring: Wiring, morning: Morning, provider: Provider
) -> None:
    own = linked(wiring, morning.priya, provider)
    assert come_in(own, morning.priya, provider).status_code == 303
    with wiring.database.read(PLATFORM) as session:
        row = session.scalars(select(SignInSession).where(SignInSession.ended_at.is_(None))).one()
        assert (row.expires_at - row.started_at).total_seconds() == 10 * 3600
    move(wiring, minutes=15)
    assert own.get("/account").headers["location"] == "/sign-in"


def messages(wiring: Wiring) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(Alert.template)))


def trail(wiring: Wiring, event: str) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(AuditEntry.actor).where(AuditEntry.event == event)))
