"""What the board leads to: children awaited, protected, or for another service, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from app.intake.outcomes import Outcome, OutcomeReason
from tests.browser.test_people import check, come_in, page, press
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE, FORCE
from tests.factories.people import Person, add_person

__all__ = ["page"]  # the fixture of both widths

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(morning: Morning) -> Person:
    return add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )


@pytest.fixture
def lead(morning: Morning) -> Person:
    return add_person(morning.wiring, "lead@example.org", Role.LEAD, name="Dawn Hale", force=FORCE)


def child(morning: Morning, outcome: Outcome, reason: OutcomeReason) -> None:
    happened = morning.force.happened()
    morning.child_becomes(happened.child_id, outcome, due_at=DUE, outcome_reason=reason)
    morning.seal_child(happened)


def test_a_child_who_is_not_named_is_named_at_the_desk(
    page: Page, morning: Morning, desk: Person
) -> None:
    child(morning, Outcome.DETAILS_AWAITED, OutcomeReason.CHILD_UNNAMED)
    come_in(page, desk)
    check(page)
    page.get_by_role("link", name=re.compile("say who it is")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A child who is not named")
    check(page)
    press(page, "Look for the school")
    expect(page.get_by_role("alert")).to_contain_text("Give the child’s forename")
    check(page)
    press(page, "Tell nobody")
    expect(page.get_by_role("alert")).to_contain_text("Say why nobody has to be told")
    check(page)
    page.get_by_label("There was no such child: miscounted").check()
    press(page, "Tell nobody")
    expect(page.get_by_text("All children told")).to_be_visible()
    check(page)


def test_another_service_is_recorded_at_the_desk(
    page: Page, morning: Morning, desk: Person
) -> None:
    child(morning, Outcome.NOT_NOTIFIED, OutcomeReason.OTHER_JURISDICTION)
    come_in(page, desk)
    expect(page.get_by_role("heading", name="Schools outside England and Wales")).to_be_visible()
    check(page)
    page.get_by_role("button", name=re.compile("Record who was told")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Another service to be told")
    check(page)
    press(page, "Record it")
    expect(page.get_by_role("alert")).to_contain_text("Say which other service was told")
    check(page)
    page.get_by_label("The school or authority in the other country").check()
    page.get_by_label("By telephone").check()
    page.get_by_label("At what time").fill("06:10")
    page.get_by_label("Its reference").fill("EDU-77")
    press(page, "Record it")
    expect(page.get_by_text("All children told")).to_be_visible()


def test_a_protected_child_is_claimed_named_and_confirmed(
    page: Page, morning: Morning, desk: Person, lead: Person
) -> None:
    notification_id = morning.notification(shown_only_to="nobody")
    protected = morning.read(notification_id).involved_child_id
    morning.child_becomes(protected, Outcome.SENT_TO_SCHOOL, due_at=DUE, protected=True)
    come_in(page, desk)
    check(page)
    page.get_by_role("button", name=re.compile("Name a person")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Release a protected child")
    expect(page.get_by_text("School 990001")).to_have_count(0)
    check(page)
    press(page, "Claim it")
    expect(page.get_by_text("School 990001")).to_be_visible()
    check(page)
    press(page, "Ask for confirmation")
    expect(page.get_by_role("alert")).to_contain_text("Choose whom the child is released to")
    check(page)
    page.get_by_label("The head, by role").check()
    page.get_by_label("No tie to the family is known").check()
    press(page, "Ask for confirmation")
    expect(page.get_by_text("A person is named, by Sam Ward")).to_be_visible()
    press(page, "Sign out")
    come_in(page, lead)
    page.goto(f"/morning/releases/{notification_id}")
    check(page)
    press(page, "Claim it")
    expect(page.get_by_role("heading", name="The head, by role")).to_be_visible()
    check(page)
    press(page, "Confirm: this person may be told")
    expect(page.get_by_role("heading", name="Protected children to release")).to_have_count(0)
    check(page)
