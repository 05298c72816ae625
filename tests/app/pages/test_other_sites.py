"""What other sites, odd methods and odd addresses get: nothing to read, nothing to run."""

from hashlib import sha256

from sqlalchemy import select

from app.access.models import SignInSession
from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.people import Browser, add_person, signed_in

TYPED = "\"><script>alert(1)</script>{{ 7 * 7 }}{% raw %}'@example.org"


def test_what_was_typed_is_text_on_the_page(wiring: Wiring) -> None:
    browser = Browser(wiring)
    form = {"email": TYPED, "password": "x", "code": "0"}
    answer = browser.press("/sign-in", form, page="/sign-in")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}{% raw %}" in answer.text
    assert "<script>alert" not in answer.text


def test_no_other_site_may_read_an_answer(wiring: Wiring) -> None:
    http = Browser(wiring).http
    asking = {
        "Origin": "https://elsewhere.example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    for path in ("/sign-in", "/api/v1/incidents", "/health/live", "/static/icon.svg"):
        for method in ("GET", "OPTIONS"):
            answer = http.request(method, path, headers=asking)
            assert answer.status_code < 500
            allowing = [name for name in answer.headers if name.startswith("access-control-")]
            assert not allowing, (method, path)


def test_a_folder_is_not_listed_and_no_path_climbs_out_of_it(wiring: Wiring) -> None:
    http = Browser(wiring).http
    for path in (
        "/static/", "/static/govuk/", "/static/../deps.py", "/static/%2e%2e/deps.py",
        "/static/..%2fdeps.py", "/static/%2e%2e%5cdeps.py", "/static//etc/passwd",
        "/.git/config", "/.env", "/keys.json",
    ):  # fmt: skip
        answer = http.get(path)
        assert answer.status_code in {404, 405}, path
        assert "import " not in answer.text
        assert "root:" not in answer.text


def test_no_address_answers_trace(wiring: Wiring) -> None:
    http = Browser(wiring).http
    for path in ("/sign-in", "/inbox", "/api/v1/incidents", "/static/icon.svg"):
        answer = http.request("TRACE", path, headers={"X-Canary": "Canary"})
        assert answer.status_code == 405, path
        assert "Canary" not in answer.text


def test_a_session_is_kept_as_a_digest_of_256_random_bits(wiring: Wiring) -> None:
    person = add_person(wiring, "auditor@example.org", Role.AUDITOR)
    tokens = []
    for _ in range(2):
        browser = signed_in(wiring, person)
        (token,) = [value for name, value in browser.http.cookies.items() if "session" in name]
        tokens.append(token)
    assert all(len(token) >= 43 for token in tokens)  # 32 bytes as base64
    with wiring.database.read(PLATFORM) as session:
        kept = set(session.scalars(select(SignInSession.token_digest)))
    assert kept == {sha256(token.encode()).digest() for token in tokens}
