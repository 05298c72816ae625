"""Spoken codes: agreed by a recipient, shown to who rings them, and on the trail without words."""

import re
from uuid import UUID

import pytest

from app.access.models import Account
from app.access.permissions import Role
from app.access.spoken_codes import WORDS
from app.core.models import AuditEntry
from schools.models import KeyAdult
from tests.app.pages.test_morning import claimed, desk, line_id
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Person, add_person, signed_in

__all__ = ["desk", "line_id"]  # the fixtures of a call to make

AGREED = re.compile(r"“(\w+)”</strong> and you answer <strong>“(\w+)”")
SHOWN = "They answered with the code: show it"


def agree(morning: Morning, person: Person) -> tuple[str, str]:
    """Press the button of the own account and read the words on the page."""
    browser = signed_in(morning.wiring, person)
    assert browser.press("/account/spoken-code").status_code == 303
    found = AGREED.search(browser.get("/account").text)
    assert found
    return found[1], found[2]


@pytest.mark.feature("ES10")
def test_the_words_a_key_adult_agreed_are_read_by_who_claimed_the_call(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    caller, answer = agree(morning, morning.priya)
    board = signed_in(morning.wiring, desk).get("/morning").text
    assert f"“{answer}”" not in board
    browser = claimed(morning, desk, line_id)
    page = browser.get(f"/morning/calls/{line_id}").text
    assert f"you say <strong>“{caller}”</strong>, they answer <strong>“{answer}”</strong>" in page
    assert SHOWN in page
    assert "Asha" not in page
    page = browser.press(f"/morning/calls/{line_id}/content", {"known_by": "spoken_code"}).text
    assert "Asha Example-Khan" in page
    (shown,) = morning.force.rows(AuditEntry, event="call_sheet:content:shown")
    assert shown.reason_code == "spoken_code"


@pytest.mark.parametrize(
    ("form", "reason"),
    [({"known_by": "put_through"}, "put_through"), ({}, None), ({"known_by": "charm"}, None)],
)
def test_how_the_caller_knew_them_is_one_of_two_words_on_the_trail(
    morning: Morning, desk: Person, line_id: UUID, form: dict[str, str], reason: str | None
) -> None:
    browser = claimed(morning, desk, line_id)
    assert SHOWN not in browser.get(f"/morning/calls/{line_id}").text
    assert browser.press(f"/morning/calls/{line_id}/content", form).status_code == 200
    (shown,) = morning.force.rows(AuditEntry, event="call_sheet:content:shown")
    assert shown.reason_code == reason


def test_who_cannot_be_asked_today_brings_no_code_to_the_call(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    words = agree(morning, morning.priya)
    (entry,) = morning.force.rows(KeyAdult, account_id=morning.priya.account_id)
    morning.force.away(entry.id)
    browser = claimed(morning, desk, line_id)
    page = browser.get(f"/morning/calls/{line_id}").text
    assert SHOWN not in page
    assert not any(f"“{word}”" in page for word in words)
    browser.press(f"/morning/calls/{line_id}/content", {"known_by": "spoken_code"})
    (shown,) = morning.force.rows(AuditEntry, event="call_sheet:content:shown")
    assert shown.reason_code is None


def test_words_that_were_changed_hold_no_longer_and_stand_nowhere_in_clear(
    morning: Morning,
) -> None:
    before = agree(morning, morning.priya)
    after = agree(morning, morning.priya)
    assert before != after
    assert set(before) | set(after) <= set(WORDS)
    (account,) = morning.force.rows(Account, id=morning.priya.account_id)
    trail = morning.force.rows(AuditEntry, event="access:account:spoken_code_agreed")
    assert len(trail) == 2
    for row in (account, *trail):
        assert not any(word in repr(vars(row)) for word in (*before, *after))


def test_a_colleague_sees_no_words_but_their_own_and_who_is_never_rung_has_none(
    morning: Morning, desk: Person
) -> None:
    words = agree(morning, morning.priya)
    colleague = signed_in(morning.wiring, morning.huw).get("/account").text
    assert "Agree a spoken code" in colleague
    assert not any(f"“{word}”" in colleague for word in words)
    browser = signed_in(morning.wiring, desk)
    assert "Spoken code" not in browser.get("/account").text
    assert browser.press("/account/spoken-code").status_code == 404


def test_a_stranger_to_the_call_reads_no_words(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    words = agree(morning, morning.priya)
    claimed(morning, desk, line_id)
    other = add_person(
        morning.wiring, "other@example.org", Role.FORCE_DESK, name="Max Poe", force=FORCE
    )
    page = signed_in(morning.wiring, other).get(f"/morning/calls/{line_id}")
    assert page.status_code == 409
    assert not any(f"“{word}”" in page.text for word in words)
