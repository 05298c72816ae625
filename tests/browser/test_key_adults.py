"""From a request to somebody who can receive, in a real browser at both widths."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.access.models import Account
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications.channels.recording import RecordingChannel
from schools.models import KeyAdult
from tests.browser.test_people import DESK, PHONE, check, come_in, heard, press
from tests.factories.mornings import Morning
from tests.factories.notifications import URN
from tests.factories.people import PASSWORD, Person
from tests.factories.register import Keepers, keepers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Page]:
    """A fresh browser; any error in its console fails the test."""
    context = chromium.new_context(viewport=request.param, base_url=site)
    page = context.new_page()
    page.on("console", lambda message: heard(message.type, message.text))
    page.on("pageerror", lambda error: heard("error", str(error)))
    yield page
    context.close()


@pytest.fixture
def people(morning: Morning) -> Keepers:
    return keepers(morning)


def sent(people: Keepers, name: str) -> str:
    """Let the outbox run, and return what its last message was filled in with."""
    Runner(people.wiring, PIPELINE, owner="test").run_pipeline()
    channel = people.wiring.channel
    assert isinstance(channel, RecordingChannel)
    return channel.sent[-1].message.extra[name]


def enrol(page: Page, people: Keepers) -> None:
    """Set up the account with the link that came by e-mail."""
    page.goto(sent(people, "path"))
    check(page)
    secret = page.locator(".app-secret").inner_text().replace(" ", "")
    (adult,) = people.rows(KeyAdult, urn=URN, position=3)
    (account,) = people.rows(Account, id=adult.account_id)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    person = Person(people.wiring, account.id, "rosa@example.org", secret)
    page.get_by_label("Code", exact=True).fill(person.code())
    press(page, "Finish and sign in")


@pytest.mark.feature("RE12")
def test_a_school_asks_the_council_approves_and_the_person_proves_the_address(
    page: Page, morning: Morning, people: Keepers
) -> None:
    come_in(page, morning.priya)
    page.get_by_role("link", name="Register").click()
    check(page)
    page.get_by_role("link", name=f"School {URN}").click()
    check(page)
    page.get_by_role("button", name="Ask for another key adult").click()
    check(page)
    press(page, "Ask for this person")
    expect(page.get_by_role("alert")).to_contain_text("Enter the person's name")
    check(page)
    page.get_by_label("Full name").fill("Rosa Quay")
    page.get_by_label("Work email address").fill("rosa@example.org")
    page.get_by_label("Course").fill("Designated lead, level 3")
    page.get_by_label("Trained on").fill("2026-03-02")
    press(page, "Ask for this person")
    expect(page.get_by_text("Rosa Quay, by Priya Nair")).to_be_visible()
    page.get_by_role("link", name="See the request").click()
    expect(page.get_by_text("somebody else decides")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Sign out").last.click()
    come_in(page, people.officer)
    page.get_by_role("link", name="Register").click()
    page.get_by_role("link", name="1 request to decide").click()
    check(page)
    page.get_by_text("Refuse Rosa Quay").click()
    check(page)
    press(page, "Approve Rosa Quay")
    expect(page.get_by_role("alert")).to_contain_text("Say how you know who this is")
    check(page)
    page.get_by_label("I rang the school on the register’s number").check()
    press(page, "Approve Rosa Quay")
    expect(page.get_by_text("Invited, link works until")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Sign out").last.click()
    enrol(page, people)
    expect(page.get_by_text("Your email address is not verified")).to_be_visible()
    check(page)
    page.get_by_role("link", name="See to it now").click()
    check(page)
    press(page, "Send me a code")
    page.get_by_label("Code from the email").fill("000")
    press(page, "Verify this address")
    expect(page.get_by_role("alert")).to_contain_text("That is not the code")
    check(page)
    page.get_by_label("Code from the email").fill(sent(people, "code"))
    press(page, "Verify this address")
    expect(page.get_by_text("You can receive")).to_be_visible()
    check(page)


def test_days_away_training_holidays_and_leaving(
    page: Page, morning: Morning, people: Keepers
) -> None:
    come_in(page, morning.priya)
    page.goto(f"/register/schools/{URN}/key-adults")
    page.get_by_role("button", name="Change Key Adult 2").click()
    check(page)
    page.get_by_label("First day away").fill("2026-11-20")
    page.get_by_label("An automatic reply says so").check()
    press(page, "Add days away")
    expect(page.get_by_text("by an automatic reply")).to_be_visible()
    page.get_by_label("First day as the contact").fill("2026-12-19")
    page.get_by_label("Last day as the contact").fill("2026-12-01")
    press(page, "Add holiday contact")
    expect(page.get_by_role("alert")).to_contain_text("The last day must be the first day or later")
    check(page)
    page.get_by_label("First day not at the school any more").fill("2026-11-20")
    press(page, "Record that Key Adult 2 leaves")
    expect(page.get_by_role("heading", name="Key adults", exact=True)).to_be_visible()
    expect(page.get_by_text("Key Adult 2")).to_have_count(0)
    check(page)


def test_asking_works_without_a_script(
    chromium: Browser, site: str, morning: Morning, people: Keepers
) -> None:
    context = chromium.new_context(viewport=PHONE, base_url=site, java_script_enabled=False)
    page = context.new_page()
    come_in(page, morning.priya)
    page.goto(f"/register/schools/{URN}/key-adults/add")
    page.get_by_label("Full name").fill("Rosa Quay")
    page.get_by_label("Work email address").fill("rosa@example.org")
    press(page, "Ask for this person")
    expect(page.get_by_text("Rosa Quay, by Priya Nair")).to_be_visible()
    context.close()
