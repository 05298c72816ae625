"""What a page does not accept: foreign forms, missing tokens, other people's tokens."""

import re
from typing import Any

import pytest

from app.access.permissions import Role
from app.wiring import Wiring
from tests.factories.mornings import Morning
from tests.factories.people import Browser, Person, add_person, signed_in


@pytest.fixture
def person(wiring: Wiring) -> Person:
    return add_person(wiring, "auditor@example.org", Role.AUDITOR)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 303),
        ({"origin": "https://testserver"}, 303),
        ({"origin": "null"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://elsewhere.example.org"}, 403),
        ({"origin": "http://testserver"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "https://testserver"}, 403),
    ],
)
def test_a_form_of_another_site_changes_nothing(
    wiring: Wiring, person: Person, headers: dict[str, str], status: int
) -> None:
    browser = signed_in(wiring, person)
    token = browser.form_token("/account")
    answer = browser.http.post("/sign-out", data={"form_token": token}, headers=headers)
    assert answer.status_code == status
    signed_out = browser.get("/account").status_code == 303
    assert signed_out is (status == 303)


def test_a_form_without_the_token_or_with_anothers_is_refused(
    wiring: Wiring, person: Person, morning: Morning
) -> None:
    browser, other = signed_in(wiring, person), signed_in(wiring, morning.priya)
    for form in ({}, {"form_token": ""}, {"form_token": other.form_token("/account")}):
        answer = browser.http.post("/sign-out", data=form)
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
    assert browser.get("/account").status_code == 200


def test_the_sign_in_form_is_tied_to_the_browser_it_was_shown_in(
    wiring: Wiring, person: Person
) -> None:
    shown = Browser(wiring)
    token = shown.form_token("/sign-in")
    typed: dict[str, Any] = {
        "email": person.email, "password": "three words together", "code": person.code(),
        "form_token": token,
    }  # fmt: skip
    assert Browser(wiring).http.post("/sign-in", data=typed).status_code == 403
    assert shown.http.post("/sign-in", data=typed).status_code == 303


def test_every_page_is_kept_by_nobody_and_carries_the_headers(
    wiring: Wiring, person: Person
) -> None:
    browser = signed_in(wiring, person)
    for path in ("/account", "/inbox", "/sign-in", "/nothing-here", "/enrol/x"):
        answer = browser.get(path)
        assert answer.headers["cache-control"] == "no-store", path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_nonce_of_the_page_is_the_nonce_of_the_policy(wiring: Wiring) -> None:
    answer = Browser(wiring).get("/sign-in")
    nonce = answer.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert len(scripts) == 3
    assert all(f'nonce="{nonce}"' in script for script in scripts)


def test_a_page_holds_no_inline_style_and_no_handler(wiring: Wiring, person: Person) -> None:
    text = signed_in(wiring, person).get("/account").text
    for forbidden in (" style=", " onclick=", "javascript:", "<style"):
        assert forbidden not in text


def test_styles_and_script_may_be_kept(wiring: Wiring) -> None:
    for path in ("encompass.css", "encompass.js", "icon.svg", "govuk/govuk-frontend.min.css"):
        answer = Browser(wiring).get(f"/static/{path}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=3600"


def test_a_form_larger_than_any_of_ours_is_refused(wiring: Wiring, person: Person) -> None:
    browser = signed_in(wiring, person)
    answer = browser.http.post("/sign-out", data={"form_token": "x" * 70_000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/records/keep", b"force=99&reason=court&reference=99%00-1"),
        ("/records/keep", b"force=99&reason=court&reference=99\0-1"),
        ("/sign-in", b"email=a%00b%40example.org&password=x&code=1"),
    ],
)
def test_a_form_with_a_character_that_no_text_has_is_refused(
    morning: Morning, path: str, body: bytes
) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    token = browser.form_token("/account").encode()
    answer = browser.http.post(path, content=b"form_token=" + token + b"&" + body, headers=kind)
    assert answer.status_code == 400


def test_an_address_with_a_character_that_no_text_has_is_refused(morning: Morning) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    for address in ("/reports/timeliness/force/99%00", "/morning?paused=%00", "/inbox%00"):
        assert browser.get(address).status_code == 400


def test_a_character_that_comes_in_two_parts_is_seen(morning: Morning) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    parts = iter([b"email=a%", b"0", b"0b&password=x"])
    assert browser.http.post("/sign-in", content=parts, headers=kind).status_code == 400
