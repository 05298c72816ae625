"""Passkeys with the browser's own virtual authenticators: two devices, one lost, the other left."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from app.access.permissions import Role
from app.core.settings import Settings
from app.wiring import Wiring
from tests.browser.test_people import DESK, PHONE, check, come_in, heard, press
from tests.factories.mornings import Morning
from tests.factories.people import PASSWORD, Person, invite, move

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Where to put pictures of the pages, for whoever looks at them.
PICTURES = os.environ.get("ENCOMPASS_PICTURES")


@pytest.fixture
def address(address: str) -> str:
    """A passkey belongs to a host with a name."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture
def settings(settings: Settings, address: str) -> Settings:
    return settings.model_copy(update={"base_url": address})


class Device:
    """A browser with an authenticator in it that its owner unlocks."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: heard(message.type, message.text))
        self.page.on("pageerror", lambda error: heard("error", str(error)))
        self.tools: CDPSession = context.new_cdp_session(self.page)
        self.tools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
            "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        made = self.tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.authenticator: str = made["authenticatorId"]

    def passkeys(self) -> list[dict[str, Any]]:
        asked = {"authenticatorId": self.authenticator}
        found: list[dict[str, Any]] = self.tools.send("WebAuthn.getCredentials", asked)[
            "credentials"
        ]
        return found

    def unlocked(self, yes: bool) -> None:
        """Say whether the right finger is on it."""
        self.tools.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.authenticator, "isUserVerified": yes},
        )

    def picture(self, name: str) -> None:
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.fixture
def devices(chromium: Browser, site: str) -> Iterator[tuple[Device, Device]]:
    contexts = [chromium.new_context(viewport=size, base_url=site) for size in (PHONE, DESK)]
    yield Device(contexts[0]), Device(contexts[1])
    for context in contexts:
        context.close()


@pytest.mark.feature("SE1")
def test_a_passkey_is_made_at_enrolment_signs_in_alone_and_is_revoked_from_a_second_device(
    devices: tuple[Device, Device], wiring: Wiring, morning: Morning
) -> None:
    phone, desk = devices
    page = phone.page
    person = enrols(page, wiring)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    check(page)
    phone.picture("passkey-390")
    phone.unlocked(False)
    press(page, "Add a passkey")
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
    phone.unlocked(True)
    page.get_by_label("Name").fill("My phone")
    press(page, "Add a passkey")
    expect(page.get_by_text("My phone. Added")).to_be_visible()
    check(page)
    phone.picture("access-390")
    assert [one["isResidentCredential"] for one in phone.passkeys()] == [True]

    press(page, "Sign out")
    expect(page).to_have_url("/sign-in")
    check(page)
    phone.picture("sign-in-390")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("heading", name="All forces")).to_be_visible()
    page.goto("/account/passkey")
    press(page, "Add a passkey")
    expect(page.get_by_role("alert")).to_contain_text("has a passkey for your account already")

    # The second device is at the same address, so password and code let it in.
    come_in(desk.page, person)
    expect(desk.page.get_by_role("heading", name="All forces")).to_be_visible()
    desk.page.goto("/account/passkey")
    desk.page.get_by_label("Name").fill("Office computer")
    check(desk.page)
    press(desk.page, "Add a passkey")
    expect(desk.page.get_by_text("Office computer. Added")).to_be_visible()
    expect(desk.page.get_by_text("My phone. Added")).to_be_visible()
    check(desk.page)
    desk.picture("access-1280")

    # The telephone is lost: its passkey goes, and where it is signed in ends.
    desk.page.get_by_role("button", name="Remove My phone").click()
    expect(desk.page.get_by_text("My phone. Added")).to_have_count(0)
    page.goto("/account")
    expect(page).to_have_url("/sign-in")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("alert").first).to_contain_text("That passkey did not work")
    check(page)
    press(desk.page, "Sign out")
    press(desk.page, "Sign in with a passkey")
    expect(desk.page.get_by_role("heading", name="All forces")).to_be_visible()


def enrols(page: Page, wiring: Wiring) -> Person:
    """Set up the account of somebody invited, up to the page that offers a passkey."""
    account, token = invite(wiring, "new@example.org", Role.PLATFORM_ADMIN)
    page.goto(f"/enrol/{token}")
    secret = page.locator(".app-secret").inner_text().replace(" ", "")
    person = Person(wiring, account.id, "new@example.org", secret)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(person.code())
    press(page, "Finish and sign in")
    return person


def test_two_minutes_before_the_end_a_press_keeps_what_was_typed(
    devices: tuple[Device, Device], wiring: Wiring, morning: Morning
) -> None:
    page = devices[1].page
    page.clock.install()
    come_in(page, morning.priya)
    page.goto("/account/access")
    page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
    page.locator("textarea").fill("Half a sentence")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    move_both(page, wiring, minutes=12)
    expect(page.get_by_text("You will be signed out in 2 minutes")).to_have_count(0)
    move_both(page, wiring, minutes=1, seconds=5)
    expect(page.get_by_role("status")).to_contain_text("You will be signed out in 2 minutes")
    devices[1].picture("stay-1280")
    press(page, "Stay signed in")
    expect(page.get_by_role("status")).to_contain_text("You stay signed in")
    assert page.locator("textarea").input_value() == "Half a sentence"
    move_both(page, wiring, minutes=13, seconds=5)
    expect(page.get_by_role("button", name="Stay signed in")).to_be_visible()
    move_both(page, wiring, minutes=2)
    expect(page).to_have_url("/sign-in")
    expect(page.get_by_text("You were signed out")).to_be_visible()


def move_both(page: Page, wiring: Wiring, *, minutes: int, seconds: int = 0) -> None:
    """Let time go by here and there."""
    move(wiring, minutes=minutes, seconds=seconds)
    page.clock.run_for((minutes * 60 + seconds) * 1000)
