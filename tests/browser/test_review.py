"""Settling a review in a real browser: with the keyboard alone, on a phone and at a desk."""

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from app.core.policies import add_policy
from app.core.policy import Desk, Matching, Policy
from app.core.scope import PLATFORM
from schools.matching.models import Review, ReviewState
from tests.browser.test_people import check, come_in, page, press
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Person, add_person

__all__ = ["page"]  # the fixture of both widths

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.feature("MA11"),
]

# More presses than any of these pages has places to stop at.
_MOST_STOPS = 80
_FOCUSED = """() => {
  const at = document.activeElement, label = at.labels && at.labels[0];
  return (label ? label.innerText : at.innerText || "").trim();
}"""
_OUTLINED = """() => {
  const at = document.activeElement, seen = [getComputedStyle(at)];
  const label = at.labels && at.labels[0];
  if (label) seen.push(getComputedStyle(label, "::before"));
  return seen.some(s => s.boxShadow !== "none" || parseFloat(s.outlineWidth) > 0);
}"""


@pytest.fixture
def reviewer(morning: Morning) -> Person:
    return add_person(morning.wiring, "jo@example.org", Role.REVIEWER, force=FORCE)


def go_to(page: Page, words: str) -> None:
    """Press Tab until the element with these words has the focus, which must be seen."""
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED).startswith(words):
            assert page.evaluate(_OUTLINED), words
            return
    raise AssertionError(f"the keyboard never reaches {words}")


def choose(page: Page, words: str, *, first: str) -> None:
    """Go to a group of radio buttons by its first one, and down to the one with these words."""
    go_to(page, first)
    page.keyboard.press("Space")
    for _ in range(_MOST_STOPS):
        if page.evaluate(_FOCUSED).startswith(words):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows never reach {words}")


def test_a_review_is_settled_with_the_keyboard_alone(
    page: Page, morning: Morning, reviewer: Person
) -> None:
    morning.unclear(minutes=75)
    come_in(page, reviewer)
    go_to(page, "Look")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which school is this child at?")
    go_to(page, "Claim it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Asha Example-Khan")).to_be_visible()
    choose(page, "School 990002", first="School 990001")
    go_to(page, "The council’s look-up contact says so")
    page.keyboard.press("Space")
    go_to(page, "Send to this school")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    check(page)
    (review,) = morning.force.rows(Review)
    assert review.state is ReviewState.SETTLED
    go_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which school is this child at?")
    check(page)


def test_none_of_these_is_said_on_a_page_of_its_own(
    page: Page, morning: Morning, reviewer: Person
) -> None:
    morning.unclear(minutes=75)
    come_in(page, reviewer)
    page.get_by_role("button", name="Look at").click()
    press(page, "Claim it")
    page.get_by_role("link", name="None of these schools").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("None of these schools")
    check(page)
    press(page, "Record it")
    expect(page.get_by_role("alert")).to_contain_text("Say what happens with the child now")
    check(page)
    page.get_by_label("No, at none of them").check()
    expect(page.get_by_label("The council’s look-up contact (none is named)")).to_be_disabled()
    page.get_by_label("A second reviewer", exact=True).check()
    page.get_by_label("The school says so").check()
    press(page, "Record it")
    expect(page.get_by_role("heading", name="Schools to settle")).to_be_visible()
    page.get_by_role("button", name="Look at").click()
    check(page)
    press(page, "Claim it")
    expect(page.get_by_text("Passed on to: A second reviewer")).to_be_visible()
    expect(page.get_by_text("not at this school, said a reviewer").first).to_be_visible()
    check(page)


def test_a_second_look_comes_after_sending(page: Page, morning: Morning, reviewer: Person) -> None:
    body = Policy(matching=Matching(second_person_for_several=True), desk=Desk(size=1))
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=body, valid_from=morning.force.now, approved_by="account:lead",
            now=morning.force.now,
        )  # fmt: skip
    morning.unclear(minutes=75)
    come_in(page, reviewer)
    page.get_by_role("button", name="Look at").click()
    press(page, "Claim it")
    page.get_by_label("School 990001", exact=True).check()
    page.get_by_label("The school says so").check()
    press(page, "Send to this school")
    press(page, "Sign out")
    come_in(page, add_person(morning.wiring, "al@example.org", Role.REVIEWER, force=FORCE))
    check(page)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A second look")
    check(page)
    page.get_by_label("Yes, the same").check()
    press(page, "Record it")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    expect(page.get_by_role("heading", name="Second looks")).to_have_count(0)
