"""The lead's lists and the question to a namesake, in a real browser at both widths."""

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from notifications.models import Occurrence
from schools.connected import Adult
from tests.app.pages.test_lead_lists import LISTS, found_pattern
from tests.browser.test_people import check, come_in, page, press
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import add_person

__all__ = ["page"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def tie(morning: Morning, notification_id: UUID, adult: Adult) -> None:
    (row,) = morning.force.rows(Occurrence, notification_id=notification_id)
    connect(morning.wiring, row.incident_id, adult)


def test_the_lead_reads_the_lists_and_decides(page: Page, morning: Morning) -> None:
    tie(morning, morning.notification(), Adult(email="priya@example.org"))
    morning.force.later(30)
    morning.force.chase()
    found_pattern(morning)
    lead = add_person(morning.wiring, "lead@example.org", Role.LEAD, name="Lee Lead", force=FORCE)
    come_in(page, lead)
    for path in LISTS:
        page.goto(path)
        check(page)
    expect(page.get_by_text("Is one of the adults of the incident")).to_be_visible()
    page.goto(f"/reports/patterns/{FORCE}")
    page.get_by_role("button", name="It is one person").click()
    expect(page.get_by_text("Confirmed by Lee Lead")).to_be_visible()
    check(page)


def test_a_namesake_is_asked_a_third_question(page: Page, morning: Morning) -> None:
    tie(morning, morning.notification(), Adult("Priya", "Nair"))
    come_in(page, morning.priya)
    press(page, "Open")
    check(page)
    page.get_by_role("group", name="Is this child on your roll?").get_by_label("Yes").check()
    page.get_by_role("group", name="Do you know the family").get_by_label("No").check()
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("related to or involved with this family")
    check(page)
    page.get_by_role("group", name="Are you related to").get_by_label("Yes").check()
    page.get_by_role("group", name="Is this child on your roll?").get_by_label("Yes").check()
    page.get_by_role("group", name="Do you know the family").get_by_label("No").check()
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Ask a colleague to open this one")).to_be_visible()
    check(page)
