"""Changing one's own password: the old one, a proof, and what ends with it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.access import authenticator, enrolment
from app.access.permissions import Role
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.models import Alert
from tests.app.access.test_breached import listed
from tests.factories.mornings import Morning
from tests.factories.notifications import URN
from tests.factories.people import PASSWORD, Browser, invite, move, signed_in

HERE = "/account/password"
NEW = "purple kettle seventeen"
FORM = {"old": PASSWORD, "password": NEW, "repeated": NEW}


def test_who_knows_the_old_password_sets_a_new_one_and_is_out_everywhere_else(
    wiring: Wiring, morning: Morning
) -> None:
    here, there = signed_in(wiring, morning.priya), signed_in(wiring, morning.priya)
    colleague = signed_in(wiring, morning.huw)
    assert here.press(HERE, FORM).headers["location"] == "/account/access"
    assert here.get("/inbox").status_code == 200
    assert there.get("/inbox").headers["location"] == "/sign-in"
    assert colleague.get("/inbox").status_code == 200

    move(wiring, seconds=30)
    assert Browser(wiring).sign_in(morning.priya).status_code == 401
    move(wiring, seconds=30)
    assert Browser(wiring).sign_in(morning.priya, password=NEW).status_code == 303
    with wiring.database.read(PLATFORM) as session:
        changed = select(AuditEntry.subject).where(AuditEntry.event == "access:password:changed")
        assert session.scalars(changed).all() == [morning.priya.actor]
        told = select(Alert.about).where(Alert.about.startswith("access:"))
        assert session.scalars(told).all() == [f"access:{morning.priya.account_id}"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"old": "another three words"}, "not the password you have now"),
        ({"old": ""}, "not the password you have now"),
        ({"password": "short", "repeated": "short"}, "at least 15"),
        ({"password": "Password123456789", "repeated": "Password123456789"}, "harder to guess"),
        ({"repeated": "purple kettle eighteen"}, "the same password again"),
    ],
)
def test_what_is_not_right_changes_nothing(
    wiring: Wiring, morning: Morning, changes: dict[str, str], words: str
) -> None:
    own = signed_in(wiring, morning.priya)
    answer = own.press(HERE, FORM | changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert not any(typed in answer.text for typed in (FORM | changes).values() if typed)
    move(wiring, seconds=30)
    assert Browser(wiring).sign_in(morning.priya).status_code == 303


def test_old_passwords_are_not_guessed_at_an_open_screen(wiring: Wiring, morning: Morning) -> None:
    own = signed_in(wiring, morning.priya)
    wrong = FORM | {"old": "another three words"}
    for _ in range(5):
        assert "not the password you have now" in own.press(HERE, wrong).text
    assert "Too many attempts" in own.press(HERE, FORM).text
    move(wiring, minutes=21)
    own = signed_in(wiring, morning.priya)
    move(wiring, minutes=14)
    own.get("/inbox")
    move(wiring, minutes=7)
    # A page that comes later asks again who it is, and a stranger never sees it.
    assert own.get(HERE).headers["location"] == "/account/prove?back=%2Faccount%2Fpassword"
    assert Browser(wiring).get(HERE).headers["location"] == "/sign-in"


@pytest.fixture
def breached(wiring: Wiring, tmp_path: Path) -> Wiring:
    """The service with a list in which the new password stands."""
    file = listed(tmp_path / "breached.txt", [NEW, "another three words"])
    settings = wiring.settings.model_copy(update={"breached_passwords_file": file})
    return replace(wiring, settings=settings)


def test_a_password_from_a_breach_is_not_set(breached: Wiring, morning: Morning) -> None:
    own = signed_in(breached, morning.priya)
    answer = own.press(HERE, FORM)
    assert answer.status_code == 400
    assert "made public" in answer.text
    other = {"password": "purple kettle eighteen", "repeated": "purple kettle eighteen"}
    assert own.press(HERE, FORM | other).status_code == 303


@pytest.mark.usefixtures("morning")
def test_nobody_enrols_with_a_password_from_a_breach(breached: Wiring) -> None:
    _, token = invite(breached, "new@example.org", Role.KEY_ADULT, urn=URN)
    browser = Browser(breached)
    page = f"/enrol/{token}"
    for password, status, words in ((NEW, 400, "made public"), ("purple kettle eighteen", 303, "")):
        with breached.database.read() as session:
            offer = enrolment.read(session, breached.cipher, token, now=breached.clock.now())
        code = authenticator.code_at(offer.secret, now=breached.clock.now())
        form = {"password": password, "repeated": password, "code": code}
        answer = browser.press(page, form, page=page)
        assert (answer.status_code, words in answer.text) == (status, True)
