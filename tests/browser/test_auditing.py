"""The auditor's pages, in a real browser at both widths."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.core.scope import PLATFORM
from app.intake.models import Incident
from tests.app.pages.test_auditing import auditor_of, opened_by_priya
from tests.app.pages.test_unusual import read_again
from tests.browser.test_people import check, come_in, page, press
from tests.factories.mornings import Morning

__all__ = ["page"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_auditor_reads_a_day_a_person_and_the_story_of_a_message(
    page: Page, morning: Morning
) -> None:
    opened_by_priya(morning)
    with morning.wiring.database.read(PLATFORM) as session:
        reference = session.scalars(select(Incident.reference)).one()
    come_in(page, auditor_of(morning.wiring))
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    check(page)
    press(page, "Read the day")
    expect(page.get_by_text("whole, row by row")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Priya Nair").first.click()
    expect(page.get_by_role("heading", name="What Priya Nair did")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Audit trail", exact=True).first.click()
    page.get_by_label("An incident, by its police reference").fill(reference)
    press(page, "Find its messages")
    check(page)
    page.get_by_role("link", name="Child c1").click()
    expect(page.get_by_role("heading", name="Timeline of a message")).to_be_visible()
    check(page)


def test_the_auditor_reads_whose_looks_stand_out(page: Page, morning: Morning) -> None:
    waiting = opened_by_priya(morning)
    read_again(morning, morning.priya, waiting, 9)
    come_in(page, auditor_of(morning.wiring))
    page.get_by_role("link", name="Looks that stand out").click()
    expect(page.get_by_role("heading", name="Looks that stand out")).to_be_visible()
    expect(page.get_by_text("The same child again and again")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Priya Nair").click()
    expect(page.get_by_role("heading", name="What Priya Nair did")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="The week before").click()
    expect(page.get_by_text("Nobody stands out.")).to_be_visible()
    check(page)
