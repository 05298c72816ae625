"""After telling, in a real browser: an open page that loses its content, and the desk's pages."""

import pytest
from playwright.sync_api import Browser, Page, expect

from app.access.permissions import Role
from tests.browser.test_people import DESK, check, come_in, page, press
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import add_person, signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
__all__ = ["page"]


def read(page: Page, morning: Morning) -> None:
    """Open the waiting message as Priya."""
    come_in(page, morning.priya)
    press(page, "Open")
    page.get_by_role("group", name="Is this child on your roll?").get_by_label("Yes").check()
    page.get_by_role("group", name="Do you know the family").get_by_label("No").check()
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("Asha Example-Khan")
    # Scripts run after the heading is there; a clock moved before them moves nothing.
    page.wait_for_load_state()


def test_a_message_that_is_taken_back_leaves_an_open_page_within_a_minute(
    page: Page, morning: Morning
) -> None:
    waiting = morning.notification()
    page.clock.install()
    read(page, morning)
    check(page)
    desk = signed_in(
        morning.wiring, add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    )
    desk.press(f"/morning/recalls/new/{waiting}", {"reason": "wrong_school"})
    expect(page.get_by_text("Asha Example-Khan")).to_be_visible()
    page.clock.run_for(20_000)
    expect(page.get_by_role("heading", name="This message is no longer here")).to_be_visible()
    expect(page.get_by_text("Asha")).to_have_count(0)
    check(page)
    press(page, "I keep nothing of it")
    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()


@pytest.mark.parametrize("broken", ["refused", "never answered"])
def test_an_open_page_without_a_connection_is_covered(
    chromium: Browser, site: str, morning: Morning, broken: str
) -> None:
    morning.notification()
    # Without the listener for errors: a browser says in its console that a request failed.
    context = chromium.new_context(viewport=DESK, base_url=site)
    page = context.new_page()
    page.clock.install()
    read(page, morning)
    page.route("**/still-shown/**", lambda route: route.abort() if broken == "refused" else None)
    page.clock.run_for(61_000)
    expect(page.get_by_text("Covered: there is no connection")).to_be_visible()
    expect(page.get_by_text("Asha")).to_have_count(0)
    context.close()


def test_the_desk_answers_a_recall_and_reads_the_timeline(page: Page, morning: Morning) -> None:
    waiting = morning.notification()
    reader = signed_in(morning.wiring, morning.priya)
    reader.press(f"/notifications/{waiting}/first-step")
    reader.press(f"/notifications/{waiting}/open", {"on_roll": "yes", "knows_family": "no"})
    lead = add_person(morning.wiring, "lead@example.org", Role.FORCE_DESK, force=FORCE)
    add_person(morning.wiring, "lead@example.org", Role.LEAD, force=FORCE)
    come_in(page, lead)
    page.goto("/morning/open")
    expect(page.get_by_text("Nothing is open")).to_be_visible()
    check(page)
    page.goto(f"/morning/recalls/new/{waiting}")
    check(page)
    page.get_by_label("It went to a wrong school").check()
    press(page, "Take it back now")
    expect(page.get_by_text("Does anyone need protecting today?")).to_be_visible()
    check(page)
    page.get_by_label("No", exact=True).check()
    press(page, "Save the answer")
    check(page)
    page.get_by_label("Yes", exact=True).check()
    press(page, "Save the answer")
    expect(page.get_by_role("heading", name="Breach record")).to_be_visible()
    check(page)
    press(page, "I have told the data protection officer")
    check(page)
    page.goto("/morning/open")
    check(page)
    page.goto(f"/timeline/{waiting}")
    check(page)


def test_a_covered_page_and_the_reasons_of_a_wrong_school(page: Page, morning: Morning) -> None:
    waiting = morning.notification()
    read(page, morning)
    page.goto(f"/notifications/{waiting}/covered")
    check(page)
    page.goto(f"/notifications/{waiting}/not-our-pupil")
    check(page)
    page.get_by_label("The child has left us").check()
    press(page, "Not our pupil")
    expect(page.get_by_role("heading", name="Closed: not your pupil")).to_be_visible()
