"""A key adult's morning in Welsh, at the width of a phone: what it looks like and sounds like."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.access.accounts import choose_language
from app.core.languages import Language
from app.core.scope import PLATFORM
from tests.browser.test_people import PHONE, check, heard, press
from tests.factories.mornings import Morning
from tests.factories.people import PASSWORD, move

# The same pages on one database: what differs between the two is not in the browser.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, base_url=site)
    page = context.new_page()
    page.on("console", lambda message: heard(message.type, message.text))
    page.on("pageerror", lambda error: heard("error", str(error)))
    yield page
    context.close()


def welsh(page: Page) -> None:
    """Check a page as `check` does, and that it says which language it is in."""
    check(page)
    assert page.evaluate("document.documentElement.lang") == "cy"


def test_a_key_adult_reads_and_acknowledges_in_welsh_on_a_phone(
    page: Page, morning: Morning
) -> None:
    morning.notification()
    page.goto("/sign-in")
    check(page)
    press(page, "Cymraeg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mewngofnodi")
    welsh(page)
    move(morning.wiring, seconds=30)
    page.get_by_label("Cyfeiriad e-bost").fill(morning.priya.email)
    page.get_by_label("Cyfrinair", exact=True).fill(PASSWORD)
    page.get_by_label("Cod", exact=True).fill(morning.priya.code())
    press(page, "Mewngofnodi")
    expect(page.get_by_role("heading", level=1)).to_have_text("Negeseuon")
    welsh(page)
    press(page, "Agor")
    press(page, "Parhau")
    expect(page.get_by_role("alert")).to_contain_text("Mae problem")
    welsh(page)
    page.get_by_role("group", name="A yw’r plentyn hwn ar gofrestr").get_by_label(
        "Ydy", exact=True
    ).check()
    page.get_by_role("group", name="A ydych yn adnabod y teulu").get_by_label("Nac ydw").check()
    press(page, "Parhau")
    expect(page.get_by_role("heading", level=1)).to_have_text("Asha Example-Khan")
    welsh(page)
    press(page, "Cydnabod")
    expect(page.get_by_text("Cydnabuwyd ddydd Gwener 20 Tachwedd 2026")).to_be_visible()
    welsh(page)
    page.goto("/account")
    page.get_by_role("group", name="Ym mha iaith").get_by_label("English").check()
    welsh(page)
    press(page, "Cadw’r iaith")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    check(page)


def test_the_script_of_a_page_speaks_welsh(page: Page, morning: Morning) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        choose_language(session, morning.priya.account_id, Language.WELSH)
    morning.notification()
    move(morning.wiring, seconds=30)
    page.clock.install()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(morning.priya.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(morning.priya.code())
    press(page, "Sign in")
    countdown = page.locator(".app-countdown")
    expect(countdown).to_have_text("2 awr 24 munud yn weddill")
    page.clock.fast_forward(5 * 60_000)
    expect(countdown).to_have_text("2 awr 19 munud yn weddill")
    move(morning.wiring, minutes=13, seconds=30)
    page.clock.fast_forward(9 * 60_000)
    warning = page.get_by_role("status")
    expect(warning).to_contain_text("Cewch eich allgofnodi ymhen 2 funud")
    press(page, "Aros wedi mewngofnodi")
    expect(warning).to_have_text("Rydych yn aros wedi mewngofnodi.")
