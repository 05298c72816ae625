"""The sign-in and enrolment pages: cookies, one answer, links that scanners cannot use."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response

from app.access import authenticator
from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.settings import Environment, Settings
from app.pages import cookies
from app.wiring import Wiring
from tests.factories.people import PASSWORD, Browser, Person, add_person, invite, move, signed_in

SESSION = "__Host-encompass-session"


@pytest.fixture
def person(wiring: Wiring) -> Person:
    return add_person(wiring, "auditor@example.org", Role.AUDITOR)


def test_the_session_cookie_is_for_this_host_this_site_and_no_script(
    wiring: Wiring, person: Person
) -> None:
    browser = Browser(wiring)
    answer = browser.sign_in(person)
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION))
    assert "; HttpOnly" in cookie
    assert "; Secure" in cookie
    assert "; SameSite=strict" in cookie
    assert "; Path=/" in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie
    assert "expires" not in cookie.lower()


@pytest.mark.parametrize(
    ("base_url", "environment", "plain"),
    [
        ("http://127.0.0.1:8000", Environment.DEMO, True),
        ("http://localhost:8000", Environment.TEST, True),
        ("http://[::1]:8000", Environment.TEST, True),
        ("http://example.org", Environment.DEMO, False),
        ("https://127.0.0.1:8000", Environment.DEMO, False),
        ("http://127.0.0.1:8000", Environment.PRODUCTION, False),
    ],
)
def test_only_a_rehearsal_on_this_machine_does_without_https(
    settings: Settings, base_url: str, environment: Environment, plain: bool
) -> None:
    changed = settings.model_copy(update={"base_url": base_url, "environment": environment})
    assert cookies.plain_http(changed) is plain
    assert cookies.session_name(changed).startswith("__Host-") is not plain


def test_a_token_from_before_signing_in_is_not_the_session(wiring: Wiring, person: Person) -> None:
    browser = Browser(wiring)
    browser.http.cookies.set(SESSION, "chosen-by-somebody-else", domain="testserver.local")
    browser.sign_in(person)
    assert browser.http.cookies.get(SESSION, domain="testserver.local") != "chosen-by-somebody-else"


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "nobody@example.org"},
        {"password": "not the right password"},
        {"code": "000000"},
        {"code": ""},
        {"password": ""},
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    wiring: Wiring, person: Person, typed: dict[str, str]
) -> None:
    first = Browser(wiring).sign_in(person, password="quite another password")
    answer = Browser(wiring).sign_in(person, **typed)
    assert answer.status_code == first.status_code == 401
    assert plain(answer.text, typed) == plain(first.text, {})
    assert SESSION not in answer.headers.get("set-cookie", "")


def plain(page: str, typed: dict[str, str]) -> str:
    """Return a page without what differs between any two: nonce, token, the address typed."""
    page = re.sub(r'(nonce|value)="[^"]*"', "", page)
    return page.replace(typed.get("email", "auditor@example.org"), "")


def test_the_lock_says_the_same_of_an_address_nobody_has(wiring: Wiring, person: Person) -> None:
    answers = []
    for email in (person.email, "nobody@example.org"):
        browser = Browser(wiring)
        for _ in range(5):
            browser.sign_in(person, email=email, password="wrong wrong wrong")
        answers.append(browser.sign_in(person, email=email))
    assert [answer.status_code for answer in answers] == [429, 429]
    known, unknown = (answer.text for answer in answers)
    assert plain(known, {}) == plain(unknown, {"email": "nobody@example.org"})


def test_what_was_typed_as_a_password_never_comes_back(wiring: Wiring, person: Person) -> None:
    answer = Browser(wiring).sign_in(person, password="canary-in-the-password")
    assert "canary-in-the-password" not in answer.text


def test_signing_out_ends_the_session_and_clears_the_browser(
    wiring: Wiring, person: Person
) -> None:
    browser = signed_in(wiring, person)
    kept = browser.http.cookies.get(SESSION)
    assert kept is not None
    answer = browser.press("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    browser.http.cookies.set(SESSION, kept)
    assert browser.get("/account").status_code == 303


def test_idle_and_old_sessions_lead_back_to_signing_in(wiring: Wiring, person: Person) -> None:
    browser = signed_in(wiring, person)
    move(wiring, minutes=14)
    assert browser.get("/account").status_code == 200
    move(wiring, minutes=15)
    answer = browser.get("/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "You were signed out" in browser.get("/sign-in").text


def test_ten_hours_are_the_end_however_busy(wiring: Wiring, person: Person) -> None:
    browser = signed_in(wiring, person)
    for _ in range(59):
        move(wiring, minutes=10)
        assert browser.get("/account").status_code == 200
    move(wiring, minutes=10)
    assert browser.get("/account").status_code == 303


def test_the_enrolment_link_sets_password_and_authenticator_and_signs_in(
    wiring: Wiring, clock: HandClock
) -> None:
    _, token = invite(wiring, "new@example.org", Role.AUDITOR)
    browser = Browser(wiring)
    secret = secret_on(browser, token)
    answer = enrol(browser, token, secret)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/passkey")
    assert "Priya Nair" in browser.get("/account").text
    clock.advance(timedelta(minutes=1))
    again = Browser(wiring)
    code = authenticator.code_at(secret, now=clock.now())
    typed = {"email": "new@example.org", "password": PASSWORD, "code": code}
    assert again.press("/sign-in", typed, page="/sign-in").status_code == 303


def test_a_scanner_that_follows_the_link_uses_nothing_up(wiring: Wiring) -> None:
    _, token = invite(wiring, "new@example.org", Role.AUDITOR)
    scanner = Browser(wiring)
    for _ in range(10):
        assert scanner.get(f"/enrol/{token}").status_code == 200
        assert scanner.http.head(f"/enrol/{token}").status_code == 405
        assert scanner.http.post(f"/enrol/{token}").status_code == 403
    browser = Browser(wiring)
    assert enrol(browser, token, secret_on(browser, token)).status_code == 303


def test_a_link_works_once_and_looks_like_any_dead_one_afterwards(
    wiring: Wiring, clock: HandClock
) -> None:
    _, token = invite(wiring, "new@example.org", Role.AUDITOR)
    _, late = invite(wiring, "late@example.org", Role.AUDITOR)
    browser = Browser(wiring)
    enrol(browser, token, secret_on(browser, token))
    clock.advance(timedelta(days=7))
    stranger = Browser(wiring)
    pages = [stranger.get(f"/enrol/{dead}") for dead in (token, late, "never-given-out")]
    assert {page.status_code for page in pages} == {404}
    assert len({plain(page.text, {}) for page in pages}) == 1


def test_a_new_link_kills_the_one_before(wiring: Wiring) -> None:
    _, first = invite(wiring, "new@example.org", Role.AUDITOR)
    _, second = invite(wiring, "new@example.org", Role.REGISTER_ADMIN)
    browser = Browser(wiring)
    assert browser.get(f"/enrol/{first}").status_code == 404
    assert browser.get(f"/enrol/{second}").status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "short", "repeated": "short"}, "at least 15 characters"),
        ({"repeated": "three words apart"}, "Type the same password again"),
        ({"code": "000000"}, "Enter the 6 figures"),
    ],
)
def test_a_mistake_on_the_enrolment_page_can_be_put_right(
    wiring: Wiring, typed: dict[str, str], said: str
) -> None:
    _, token = invite(wiring, "new@example.org", Role.AUDITOR)
    browser = Browser(wiring)
    secret = secret_on(browser, token)
    answer = enrol(browser, token, secret, **typed)
    assert answer.status_code == 400
    assert said in answer.text
    assert enrol(browser, token, secret).status_code == 303


def secret_on(browser: Browser, token: str) -> str:
    page = browser.get(f"/enrol/{token}").text
    found = re.search(r'class="app-secret">([A-Z2-7 ]+)<', page)
    assert found is not None
    return found[1].replace(" ", "")


def enrol(browser: Browser, token: str, secret: str, **changes: str) -> Response:
    code = authenticator.code_at(secret, now=browser.wiring.clock.now())
    typed = {"password": PASSWORD, "repeated": PASSWORD, "code": code, **changes}
    return browser.press(f"/enrol/{token}", typed, page=f"/enrol/{token}")
