"""Whole mornings by keyboard alone, from the sign-in on: no mouse, no touch, focus always seen."""

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from notifications.models import CallSheetLine
from notifications.states import CallResult, NotificationState
from schools.matching.models import Review, ReviewState
from tests.browser.test_people import page
from tests.browser.test_review import choose, go_to
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import PASSWORD, Person, add_person, move

__all__ = ["page"]  # the fixture of both widths

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.feature("CO10"),
]


def press(page: Page, words: str) -> None:
    """Go to a button or link and press it, as its kind is pressed without a mouse."""
    go_to(page, words)
    page.keyboard.press("Enter")


def type_in(page: Page, label: str, text: str) -> None:
    go_to(page, label)
    page.keyboard.type(text)


def sign_in(page: Page, person: Person) -> None:
    move(person.wiring, seconds=30)
    page.goto("/sign-in")
    type_in(page, "Email address", person.email)
    type_in(page, "Password", PASSWORD)
    type_in(page, "Code", person.code())
    page.keyboard.press("Enter")


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    page.wait_for_load_state()


def test_a_key_adult_reads_acknowledges_and_follows_up(page: Page, morning: Morning) -> None:
    waiting = morning.notification()
    sign_in(page, morning.priya)
    heading(page, "Messages")
    press(page, "Open")
    heading(page, "Two questions first")
    choose(page, "Yes", first="Yes")
    choose(page, "No", first="No")
    press(page, "Continue")
    heading(page, "Asha Example-Khan")
    press(page, "Acknowledge")
    expect(page.get_by_text("Acknowledged Friday 20 November 2026")).to_be_visible()
    assert morning.read(waiting).state is NotificationState.ACKNOWLEDGED
    press(page, "Record what was done")
    heading(page, "What has the school done?")
    go_to(page, "Silent support")
    page.keyboard.press("Space")
    press(page, "Save")
    expect(page.get_by_text("Silent support, Friday 20 November 2026")).to_be_visible()
    assert morning.read(waiting).state is NotificationState.FOLLOWED_UP


def test_a_desk_rings_a_school_and_records_the_call(page: Page, morning: Morning) -> None:
    waiting = morning.notification()
    move(morning.wiring, minutes=86)
    morning.force.chase()
    desk = add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )
    sign_in(page, desk)
    heading(page, "Friday 20 November 2026")
    press(page, "I will ring")
    heading(page, "School 990001")
    press(page, "They are on the line: show it")
    expect(page.get_by_role("heading", name="Tell them")).to_be_visible()
    choose(page, "I told a trained", first="I told a trained")
    press(page, "Record the call")
    heading(page, "Friday 20 November 2026")
    expect(page.get_by_text("All children told")).to_be_visible()
    (line,) = morning.force.rows(CallSheetLine, notification_id=waiting)
    assert line.result is CallResult.TOLD


def test_a_reviewer_settles_which_school_a_child_is_at(page: Page, morning: Morning) -> None:
    morning.unclear(minutes=75)
    sign_in(page, add_person(morning.wiring, "jo@example.org", Role.REVIEWER, force=FORCE))
    heading(page, "Schools to settle")
    press(page, "Look")
    heading(page, "Which school is this child at?")
    press(page, "Claim it")
    expect(page.get_by_text("Asha Example-Khan")).to_be_visible()
    choose(page, "School 990002", first="School 990001")
    go_to(page, "The council’s look-up contact says so")
    page.keyboard.press("Space")
    press(page, "Send to this school")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    (review,) = morning.force.rows(Review)
    assert review.state is ReviewState.SETTLED
