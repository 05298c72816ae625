"""Signing in by an OpenID provider on another site, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.settings import Settings
from app.wiring import Wiring
from tests.browser.test_people import DESK, check, come_in, heard, press
from tests.factories.identities import NAME, Provider, running_provider, with_provider
from tests.factories.mornings import Morning
from tests.factories.people import move

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PICTURES = os.environ.get("ENCOMPASS_PICTURES")


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def address(address: str) -> str:
    """Another site than the provider's, which is at a number."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture
def settings(settings: Settings, address: str, process: Provider) -> Settings:
    return with_provider(settings, process.issuer, base_url=address)


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESK, base_url=site)
    page = context.new_page()
    page.on("console", lambda message: heard(message.type, message.text))
    page.on("pageerror", lambda error: heard("error", str(error)))
    yield page
    context.close()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.feature("IG6")
def test_a_person_links_signs_out_and_signs_in_by_the_provider(
    page: Page, wiring: Wiring, morning: Morning, process: Provider
) -> None:
    process.says(wiring.clock)
    come_in(page, morning.priya)
    page.goto("/account/access")
    check(page)
    press(page, f"Link {NAME}")
    check(page)
    goes_there_and_back(page, process)
    picture(page, "identity-link")
    press(page, "Link it to your account")
    expect(page).to_have_url("/account/access")
    expect(page.get_by_text("not used yet")).to_be_visible()
    picture(page, "identity-access")

    press(page, "Sign out")
    expect(page).to_have_url("/sign-in")
    check(page)
    picture(page, "identity-sign-in")
    move(wiring, seconds=30)
    process.says(wiring.clock)
    press(page, f"Sign in with {NAME}")
    picture(page, "identity-go")
    # What is for our own pages alone does not come along from another site.
    with page.expect_request(lambda one: "/sign-in/identity/back" in one.url) as asked:
        goes_there_and_back(page, process)
    assert "cookie" not in asked.value.all_headers()
    picture(page, "identity-back")
    page.get_by_label("Code", exact=True).fill(morning.priya.code())
    press(page, "Finish signing in")
    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text("Signed in as Priya Nair")).to_be_visible()

    # The way back leads to an answer that was used.
    page.goto("/account/access")
    press(page, "Unlink it")
    expect(page.get_by_role("button", name=f"Link {NAME}")).to_be_visible()
    press(page, "Sign out")
    press(page, f"Sign in with {NAME}")
    goes_there_and_back(page, process)
    move(wiring, seconds=30)
    process.says(wiring.clock)
    page.get_by_label("Code", exact=True).fill(morning.priya.code())
    press(page, "Finish signing in")
    expect(page.get_by_role("alert").first).to_contain_text("We could not let you in by that")
    check(page)
    # The password does, in the same browser.
    come_in(page, morning.priya)
    expect(page.get_by_role("heading", name="Messages", level=1)).to_be_visible()


def goes_there_and_back(page: Page, process: Provider) -> None:
    """Follow the link out, sign in there, and come back to our page."""
    page.get_by_role("button", name=f"Go on to {NAME}").click()
    expect(page).to_have_title("Provider")
    assert page.url.startswith(process.issuer)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name=f"Back from {NAME}")).to_be_visible()
    check(page)
