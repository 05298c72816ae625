"""A school closed by snow, its names and its forerunner, in a real browser at both widths."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.core.settings import Settings
from schools.calendars import calendar_of, seed_bank_holidays
from schools.models import Establishment, EstablishmentLink, Status
from schools.term_dates import is_school_day
from tests.browser.test_people import check, come_in, page, press
from tests.factories.mornings import Morning
from tests.factories.notifications import LATER_URN, URN
from tests.factories.people import add_person
from tests.factories.schools import register_file

__all__ = ["page"]  # the fixture of both widths

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OLD_URN = 990009


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"register_dir": tmp_path})


def test_a_key_adult_closes_the_school_for_snow_and_takes_it_back(
    page: Page, morning: Morning
) -> None:
    come_in(page, morning.priya)
    page.goto(f"/register/schools/{URN}")
    check(page)
    page.get_by_role("link", name="Terms, closures and hours").click()
    check(page)
    press(page, "Save the days")
    expect(page.get_by_role("alert")).to_contain_text("Choose closed, training day or open")
    check(page)
    page.get_by_label("Closed, for example by snow").check()
    page.get_by_label("Note").fill("Snow")
    press(page, "Save the days")
    expect(page.get_by_text("Friday 20 November 2026: Closed, Snow")).to_be_visible()
    check(page)
    with morning.wiring.database.read(PLATFORM) as session:
        assert not is_school_day(calendar_of(session, URN), date(2026, 11, 20))
    press(page, "Take back Friday 20 November 2026")
    page.get_by_label("First day with pupils").fill("2026-11-02")
    page.get_by_label("Last day with pupils").fill("2026-12-18")
    press(page, "Save the term")
    page.get_by_label("Doors open").fill("08:50")
    press(page, "Save the hours")
    expect(page.get_by_text("Monday 2 November 2026 to Friday 18 December 2026")).to_be_visible()
    check(page)


def test_a_school_adds_a_name_and_says_whose_pupils_it_serves(page: Page, morning: Morning) -> None:
    morning.force.school(OLD_URN)
    with morning.wiring.database.write(PLATFORM) as session:
        session.get_one(Establishment, OLD_URN).status = Status.CLOSED
        session.add(EstablishmentLink(urn=OLD_URN, link_urn=URN, link_type="Successor"))
    come_in(page, morning.priya)
    page.goto(f"/register/schools/{URN}")
    press(page, "Add the name")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    check(page)
    page.get_by_label("Add a name").fill("The Priory")
    press(page, "Add the name")
    press(page, f"We serve the pupils of URN {OLD_URN}")
    expect(page.get_by_text("Confirmed Friday 20 November 2026")).to_be_visible()
    expect(page.get_by_text("The Priory also called")).to_be_visible()
    check(page)


def test_the_register_looks_at_a_file_and_finds_a_school(
    page: Page, morning: Morning, tmp_path: Path
) -> None:
    register_file(tmp_path, {"URN": str(LATER_URN)})
    with morning.wiring.database.write(PLATFORM) as session:
        seed_bank_holidays(session)
    admin = add_person(morning.wiring, "register@example.org", Role.REGISTER_ADMIN, name="Rae")
    come_in(page, admin)
    page.goto("/register/schools")
    check(page)
    page.get_by_label("School", exact=True).fill("School")
    press(page, "Look for it")
    expect(page.get_by_role("link", name=f"School {URN}")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Register files").click()
    check(page)
    press(page, "See what the newest file would do")
    expect(page.get_by_text("Not in the file", exact=True)).to_be_visible()
    check(page)
    page.goto("/register/calendars/bank-holidays")
    check(page)
