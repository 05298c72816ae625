"""What the reader of a message is told of earlier ones about the same child at the same school."""

import re
from uuid import UUID

import pytest

from tests.factories.mornings import Morning
from tests.factories.notifications import LATER_URN
from tests.factories.people import Browser, Person, move, signed_in

PERSON, SOMEBODY_ELSE = b"p" * 32, b"q" * 32


def opened(morning: Morning, person: Person, message: UUID, *, knows: str = "no") -> Browser:
    browser = signed_in(morning.wiring, person)
    browser.press(f"/notifications/{message}/first-step")
    browser.press(f"/notifications/{message}/open", {"on_roll": "yes", "knows_family": knows})
    return browser


def named(browser: Browser, message: UUID) -> list[str]:
    """Return the earlier messages that the page of one leads to."""
    page = browser.get(f"/notifications/{message}").text
    _, _, part = page.partition('id="earlier"')
    return re.findall(r'href="/notifications/([0-9a-f-]{36})"', part.partition("</ol>")[0])


@pytest.fixture
def before(morning: Morning) -> UUID:
    """A message of ten days ago that the school opened, took in hand and answered."""
    message = morning.notification(person_digest=PERSON)
    browser = opened(morning, morning.huw, message)
    browser.press(f"/notifications/{message}/acknowledge")
    browser.press(f"/notifications/{message}/follow-up", {"codes": "silent_support"})
    move(morning.wiring, days=10)
    return message


@pytest.mark.feature("AK3")
def test_who_reads_a_message_sees_when_the_school_was_told_before_and_what_it_did(
    morning: Morning, before: UUID
) -> None:
    other_child = morning.notification(person_digest=SOMEBODY_ELSE)
    opened(morning, morning.huw, other_child)
    message = morning.notification(person_digest=PERSON)
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(f"/notifications/{message}/first-step")
    assert named(browser, message) == []
    browser = opened(morning, morning.priya, message)
    assert named(browser, message) == [str(before)]
    page = browser.get(f"/notifications/{message}").text
    assert "Friday 20 November 2026 at 6:3" in page
    assert "acknowledged; silent support" in page.lower()
    # Each is opened by itself: a colleague who did not sees the cover of it.
    assert "Example-Khan" not in browser.get(f"/notifications/{before}").text
    assert named(opened(morning, morning.huw, message), message) == [str(before)]
    assert named(browser, before) == []


def test_another_school_of_the_same_child_is_told_of_none_of_them(
    morning: Morning, before: UUID
) -> None:
    there = morning.notification(person_digest=PERSON, urn=LATER_URN)
    assert named(opened(morning, morning.stranger, there), there) == []
    stranger = signed_in(morning.wiring, morning.stranger)
    assert stranger.get(f"/notifications/{before}").status_code == 404


def test_what_was_withheld_from_somebody_is_not_named_to_them(morning: Morning) -> None:
    first = morning.notification(person_digest=PERSON)
    opened(morning, morning.huw, first)
    opened(morning, morning.priya, first, knows="yes")
    move(morning.wiring, days=10)
    message = morning.notification(person_digest=PERSON)
    assert named(opened(morning, morning.priya, message), message) == []
    assert named(opened(morning, morning.huw, message), message) == [str(first)]


def test_what_is_a_year_old_is_not_named(morning: Morning, before: UUID) -> None:
    move(morning.wiring, days=360)
    message = morning.notification(person_digest=PERSON)
    assert named(opened(morning, morning.priya, message), message) == []
