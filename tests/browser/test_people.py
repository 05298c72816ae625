"""A morning in a real browser, at the width of a phone and of a desk, for each who works in it."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.access.permissions import Role
from notifications.states import NotificationState
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import PASSWORD, Person, add_person, invite, move

# The same pages on one database: what differs between the two is not in the browser.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Page]:
    """A fresh browser; any error in its console fails the test."""
    context = chromium.new_context(viewport=request.param, base_url=site)
    page = context.new_page()
    page.on("console", lambda message: heard(message.type, message.text))
    page.on("pageerror", lambda error: heard("error", str(error)))
    yield page
    context.close()


def heard(kind: str, text: str) -> None:
    # A refused sign-in and an incomplete form answer 4xx, which the console repeats.
    assert kind != "error" or "status of 4" in text, text


def check(page: Page) -> None:
    """No violation of axe's rules, one main heading, nothing wider than the screen."""
    violations = Axe().run(page).response["violations"]
    found = [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations]
    assert found == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def come_in(page: Page, person: Person) -> None:
    move(person.wiring, seconds=30)
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(person.code())
    press(page, "Sign in")


def test_a_key_adult_signs_in_opens_acknowledges_and_follows_up(
    page: Page, morning: Morning
) -> None:
    waiting = morning.notification()
    page.goto("/")
    expect(page).to_have_url("/sign-in")
    check(page)
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    check(page)
    come_in(page, morning.priya)
    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()
    check(page)
    press(page, "Open")
    expect(page.get_by_text("Asha", exact=True)).to_be_visible()
    check(page)
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Say whether this child is on your roll")
    check(page)
    page.get_by_role("group", name="Is this child on your roll?").get_by_label("Yes").check()
    page.get_by_role("group", name="Do you know the family").get_by_label("No").check()
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("Asha Example-Khan")
    check(page)
    press(page, "Acknowledge")
    expect(page.get_by_text("Acknowledged Friday 20 November 2026")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Record what was done").click()
    check(page)
    page.get_by_label("Silent support").check()
    press(page, "Save")
    expect(page.get_by_text("Silent support, Friday 20 November 2026")).to_be_visible()
    check(page)
    assert morning.read(waiting).state is NotificationState.FOLLOWED_UP
    press(page, "Sign out")
    expect(page).to_have_url("/sign-in")
    page.go_back()
    expect(page.get_by_text("Asha")).to_have_count(0)


def test_the_same_morning_works_without_a_script(
    chromium: Browser, site: str, morning: Morning
) -> None:
    waiting = morning.notification()
    context = chromium.new_context(viewport=PHONE, base_url=site, java_script_enabled=False)
    page = context.new_page()
    come_in(page, morning.priya)
    press(page, "Open")
    page.locator("#on_roll").check()
    page.locator("#knows_family").check()
    press(page, "Continue")
    press(page, "Acknowledge")
    assert morning.read(waiting).state is NotificationState.ACKNOWLEDGED
    context.close()


def test_a_wrong_school_says_so_and_takes_it_back(page: Page, morning: Morning) -> None:
    waiting = morning.notification()
    come_in(page, morning.priya)
    press(page, "Open")
    page.get_by_role("group", name="Is this child on your roll?").get_by_label("No").check()
    page.get_by_role("group", name="Do you know the family").get_by_label("No").check()
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Are you sure this is not your pupil?")).to_be_visible()
    check(page)
    press(page, "Not our pupil")
    expect(page.get_by_role("heading", name="Closed: not your pupil")).to_be_visible()
    check(page)
    press(page, "Undo: it is our pupil")
    assert morning.read(waiting).state is NotificationState.READY


def test_somebody_invited_sets_up_the_account(page: Page, morning: Morning) -> None:
    account, token = invite(morning.wiring, "new@example.org", Role.PLATFORM_ADMIN)
    page.goto(f"/enrol/{token}")
    check(page)
    secret = page.locator(".app-secret").inner_text().replace(" ", "")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(
        Person(morning.wiring, account.id, "", secret).code()
    )
    press(page, "Finish and sign in")
    expect(page.get_by_role("heading", name="All forces")).to_be_visible()
    check(page)


def test_a_page_that_is_not_there_is_as_good_as_the_others(page: Page, morning: Morning) -> None:
    page.goto("/notifications/nothing")
    expect(page).to_have_url("/sign-in")
    come_in(page, morning.priya)
    page.goto("/no/such/page")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    check(page)


def test_the_desk_rings_a_school(page: Page, morning: Morning) -> None:
    morning.notification()
    desk = add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    add_person(morning.wiring, "desk@example.org", Role.REVIEWER, force=FORCE)
    add_person(morning.wiring, "desk@example.org", Role.LEAD, force=FORCE)
    move(morning.wiring, minutes=86)
    morning.force.chase()
    come_in(page, desk)
    expect(page.get_by_role("heading", name="Schools to ring")).to_be_visible()
    check(page)
    press(page, "I will ring")
    check(page)
    page.get_by_text("I told them earlier, from the paper sheet").click()
    press(page, "Record the earlier call")
    expect(page.get_by_role("link", name="Choose whom you told")).to_be_visible()
    check(page)
    press(page, "They are on the line: show it")
    expect(page.get_by_text("Asha Example-Khan")).to_be_visible()
    check(page)
    page.get_by_label("I told a trained key adult").check()
    press(page, "Record the call")
    expect(page.get_by_text("All children told")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", name="Morning of Friday 20 November 2026")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Schools to settle").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    check(page)


def test_a_reviewer_settles_a_school(page: Page, morning: Morning) -> None:
    morning.unclear(minutes=75)
    come_in(page, add_person(morning.wiring, "jo@example.org", Role.REVIEWER, force=FORCE))
    expect(page.get_by_role("heading", name="Schools to settle")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Look at").click()
    check(page)
    press(page, "Claim it")
    expect(page.get_by_text("Asha Example-Khan")).to_be_visible()
    check(page)
    press(page, "Send to this school")
    expect(page.get_by_role("alert")).to_contain_text("Choose the school this child is at")
    check(page)
    page.get_by_label("Another school").fill("990002")
    press(page, "Look for it")
    check(page)
    page.get_by_label("School 990001", exact=True).check()
    page.get_by_label("The council’s look-up contact says so").check()
    press(page, "Send to this school")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
