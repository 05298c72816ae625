"""People with accounts, and browsers in their hands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from httpx2 import Response

from app.access import authenticator, enrolment, passwords
from app.access.accounts import add_account
from app.access.models import Account
from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.main import create_app
from app.wiring import Wiring

PASSWORD = "three words together"
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass(frozen=True)
class Person:
    """Somebody enrolled; `code` is what their telephone shows now."""

    wiring: Wiring = field(repr=False)
    account_id: UUID
    email: str
    secret: str = field(repr=False)

    @property
    def actor(self) -> str:
        return f"account:{self.account_id}"

    def code(self) -> str:
        return authenticator.code_at(self.secret, now=self.wiring.clock.now())


def add_person(
    wiring: Wiring, email: str, role: Role, *, name: str = "Priya Nair", **relation: Any
) -> Person:
    """Add an account and enrol it, without the page that a person would use."""
    now = wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        account, token = add_account(
            session, wiring.cipher, email=email, name=name, role=role, now=now, **relation
        )
        if token is None:
            secret = enrolment.secret_of(wiring.cipher, account) or ""
            return Person(wiring, account.id, email, secret)
        offer = enrolment.read(session, wiring.cipher, token, now=now)
        # The code of a minute ago, so that the code of now is still unused.
        code = authenticator.code_at(offer.secret, now=now - timedelta(seconds=30))
        enrolment.complete(
            session, wiring.cipher, token, password_hash=_hashed(PASSWORD), code=code, now=now
        )
    return Person(wiring, account.id, email, offer.secret)


def invite(wiring: Wiring, email: str, role: Role, **relation: Any) -> tuple[Account, str]:
    """Add an account that is not enrolled; returns it with the token of its link."""
    with wiring.database.write(PLATFORM) as session:
        account, token = add_account(
            session, wiring.cipher, email=email, name="Priya Nair", role=role,
            now=wiring.clock.now(), **relation,
        )  # fmt: skip
    assert token is not None
    return account, token


class Browser:
    """A browser: keeps cookies, does not follow redirects, sends the token of the last page."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.http = TestClient(
            create_app(wiring), base_url="https://testserver", follow_redirects=False
        )
        self.last: Response | None = None

    def get(self, path: str, **options: Any) -> Response:
        self.last = self.http.get(path, **options)
        return self.last

    def press(
        self, path: str, form: Mapping[str, Any] | None = None, *, page: str | None = None
    ) -> Response:
        """Post a form with the token of `page`, or of the own account's page."""
        token = self.form_token(page or "/account")
        self.last = self.http.post(path, data={"form_token": token, **(form or {})})
        return self.last

    def form_token(self, page: str) -> str:
        """Return the form token of a page; of a page that has none, an empty one."""
        found = _FORM_TOKEN.search(self.http.get(page).text)
        return found[1] if found else ""

    def sign_in(self, person: Person, **changes: str) -> Response:
        """Sign in as a person; `changes` replace what is typed."""
        typed = {"email": person.email, "password": PASSWORD, "code": person.code(), **changes}
        return self.press("/sign-in", typed, page="/sign-in")


def signed_in(wiring: Wiring, person: Person) -> Browser:
    """Return a browser in which this person has just signed in."""
    browser = Browser(wiring)
    move(wiring, seconds=30)  # a code works once
    answer = browser.sign_in(person)
    assert answer.status_code == 303, answer.text
    return browser


def move(wiring: Wiring, **by: float) -> None:
    """Move the clock of a test."""
    clock = wiring.clock
    assert isinstance(clock, HandClock)
    clock.advance(timedelta(**by))


@cache
def _hashed(password: str) -> str:
    return passwords.hash_of(password)
