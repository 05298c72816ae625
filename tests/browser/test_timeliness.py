"""The reports of a force's and a council's lead in a real browser at both widths."""

import random

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.reports.national import add_up_everything
from app.wiring import Wiring
from tests.app.reports.test_timeliness import NOW
from tests.browser.test_people import check, come_in, page
from tests.factories.people import add_person
from tests.factories.seasons import FORCES, Season

__all__ = ["page"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def season(wiring: Wiring) -> Season:
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(NOW)
    made = Season(wiring, random.Random(7)).begin()
    made.messages(160)
    return made


def test_a_lead_goes_from_the_figures_down_to_a_message_and_to_the_pack(
    page: Page, season: Season
) -> None:
    wiring = season.wiring
    lead = add_person(wiring, "lead@example.org", Role.LEAD, name="Lee Lead", force=FORCES[0])
    come_in(page, lead)
    page.goto(f"/reports/timeliness/force/{FORCES[0]}")
    check(page)
    drawn = page.get_by_role("img", name="Messages by day of their deadline")
    expect(drawn).to_be_visible()
    page.get_by_role("row", name="All").get_by_role("link", name="told late").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Told late")
    check(page)
    page.goto(f"/reports/late/force/{FORCES[0]}")
    check(page)
    page.get_by_role("link", name="How long each stage took").click()
    expect(page.get_by_role("img", name="Time of each stage")).to_be_visible()
    check(page)
    page.get_by_label("From").fill("2026-11-09")
    page.get_by_label("To", exact=True).fill("2026-11-01")
    page.get_by_role("button", name="Show these days").click()
    expect(page.get_by_role("alert")).to_contain_text("must not be before the first")
    check(page)
    for path in ("pack/force/99/2026-10", "pack/force/99/2026-10/published",
                 "digest/force/99/2026-11-05"):  # fmt: skip
        page.goto(f"/reports/{path}")
        check(page)


def test_a_council_and_the_platform_have_their_own(page: Page, season: Season) -> None:
    wiring = season.wiring
    with wiring.database.write(PLATFORM) as session:
        for force in FORCES:
            add_up_everything(session, force, now=NOW)
    council = add_person(wiring, "lead@council.test", Role.LEAD, name="Col Lead", council="999")
    come_in(page, council)
    expect(page.get_by_role("heading", level=1)).to_have_text("How soon schools were told")
    check(page)
    for path in ("late/council/999", "digest/council/999/2026-11-05", "pack/council/999/2026-10"):
        page.goto(f"/reports/{path}")
        check(page)
    page.get_by_role("button", name="Sign out").click()
    come_in(page, add_person(wiring, "platform@example.org", Role.PLATFORM_ADMIN, name="Pat"))
    page.goto("/reports/national")
    expect(page.get_by_role("table", name="By force")).to_be_visible()
    check(page)
