"""Asking for a restricted incident, and letting a colleague see it, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.intake.models import Incident
from tests.browser.test_people import check, come_in, page, press
from tests.factories.mornings import Morning
from tests.factories.people import move
from tests.factories.restricted import colleague, name_group, restrict

__all__ = ["page"]  # the fixture of both widths

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_colleague_asks_and_a_member_lets_them_see(page: Page, morning: Morning) -> None:
    notification_id = morning.notification()
    restrict(morning.wiring, morning.read(notification_id).incident_id)
    desk = colleague(morning.wiring, "desk@example.org", Role.FORCE_DESK)
    member = colleague(morning.wiring, "member@example.org", Role.FORCE_DESK, Role.LEAD)
    other = colleague(morning.wiring, "other@example.org", Role.REVIEWER)
    name_group(morning.wiring, [member, other])
    come_in(page, desk)
    page.get_by_role("link", name="Ask for a restricted incident").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Restricted incidents")
    check(page)
    press(page, "Ask")
    expect(page.get_by_role("alert")).to_contain_text("Say why you have to see it")
    check(page)
    page.get_by_label("Police reference").fill("99-NO-SUCH-ONE")
    page.get_by_label("Somebody is on the line about it").check()
    press(page, "Ask")
    expect(page.get_by_text("waits for a second person")).to_be_visible()
    check(page)
    press(page, "Sign out")
    come_in(page, member)
    page.goto("/restricted")
    expect(page.get_by_role("heading", name="Colleagues ask")).to_be_visible()
    check(page)
    page.get_by_role("button", name=re.compile("Let them see it")).click()
    expect(page.get_by_role("heading", name="Colleagues ask")).to_have_count(0)
    check(page)


def test_two_of_the_group_lift_a_restriction_that_is_not_needed(
    page: Page, morning: Morning
) -> None:
    wiring = morning.wiring
    notification_id = morning.notification()
    incident_id = morning.read(notification_id).incident_id
    with wiring.database.read(PLATFORM) as session:
        reference = session.get_one(Incident, incident_id).reference
    restrict(wiring, incident_id)
    one, other, outsider = (
        colleague(wiring, f"{name}@example.org", Role.FORCE_DESK, Role.REVIEWER)
        for name in ("one", "other", "outsider")
    )
    name_group(wiring, [one, other])
    move(wiring, minutes=1)
    come_in(page, one)
    page.goto("/restricted")
    press(page, "Ask a second person")
    expect(page.get_by_role("alert")).to_contain_text("Say why it is not needed")
    check(page)
    form = page.locator('form[action="/restricted/lift"]')
    form.get_by_label("Reference of the incident").fill(reference)
    form.get_by_label("It was marked by mistake").check()
    press(page, "Ask a second person")
    expect(page.get_by_text("waits for a second person")).to_be_visible()
    check(page)
    press(page, "Sign out")
    come_in(page, other)
    page.goto("/restricted")
    expect(page.get_by_role("heading", name="A colleague would lift")).to_be_visible()
    check(page)
    page.get_by_role("button", name=re.compile("Lift the restriction")).click()
    expect(page.get_by_role("button", name=re.compile("Lift the restriction"))).to_have_count(0)
    press(page, "Sign out")
    come_in(page, outsider)
    page.goto(f"/timeline/{notification_id}")
    expect(page.get_by_text("Two people lifted the restriction")).to_be_visible()
