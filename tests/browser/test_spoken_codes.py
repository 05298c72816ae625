"""A spoken code is agreed by a key adult and read by the desk when it rings, in a browser."""

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from tests.browser.test_people import check, come_in, page, press
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import add_person, move

__all__ = ["page"]  # the fixture of both widths

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.feature("ES10")
def test_two_words_are_agreed_and_said_to_each_other_before_anything_is_told(
    page: Page, morning: Morning
) -> None:
    morning.notification()
    come_in(page, morning.priya)
    page.goto("/account")
    check(page)
    press(page, "Agree a spoken code")
    expect(page.get_by_role("button", name="Change the words")).to_be_visible()
    check(page)
    caller, answer = page.locator("#spoken-code + p strong").all_inner_texts()
    page.get_by_role("button", name="Sign out").first.click()
    move(morning.wiring, minutes=86)
    morning.force.chase()
    desk = add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )
    come_in(page, desk)
    expect(page.get_by_text(answer)).to_have_count(0)
    press(page, "I will ring")
    expect(page.get_by_text(f"you say {caller}, they answer {answer}")).to_be_visible()
    check(page)
    press(page, "They answered with the code: show it")
    expect(page.get_by_role("heading", name="Tell them")).to_be_visible()
    check(page)
