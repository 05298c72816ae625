"""What a morning costs in presses of a thumb and in bytes of a phone's line."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.access.permissions import Role
from notifications.states import NotificationState
from tests.browser.test_people import PHONE, come_in, press
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import add_person, move

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.feature("CO10"),
]

MOST_TAPS = 5
MOST_BYTES = 100_000


class Thumb:
    """Taps, and counts."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1


@contextmanager
def phone(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(
        viewport=PHONE, base_url=site, has_touch=True, is_mobile=True, device_scale_factor=1
    )
    yield context.new_page()
    context.close()


def test_a_message_is_acknowledged_five_taps_after_the_sign_in(
    chromium: Browser, site: str, morning: Morning
) -> None:
    waiting, thumb = morning.notification(), Thumb()
    with phone(chromium, site) as page:
        come_in(page, morning.priya)
        thumb.tap(page.get_by_role("button", name="Open", exact=True))
        questions = page.get_by_role("group")
        thumb.tap(questions.filter(has_text="on your roll").get_by_label("Yes"))
        thumb.tap(questions.filter(has_text="know the family").get_by_label("No"))
        thumb.tap(page.get_by_role("button", name="Continue"))
        acknowledge = page.get_by_role("button", name="Acknowledge")
        expect(acknowledge).to_be_in_viewport()  # under the thumb, with nothing scrolled
        thumb.tap(acknowledge)
        expect(page.get_by_text("Acknowledged Friday 20 November 2026")).to_be_visible()
    assert morning.read(waiting).state is NotificationState.ACKNOWLEDGED
    assert thumb.taps <= MOST_TAPS


class Line:
    """Counts the bytes that come over the line for each page from now on, headers and all."""

    def __init__(self, page: Page) -> None:
        self.bytes: dict[str, int] = defaultdict(int)
        self._page = page
        page.wait_for_load_state("networkidle")  # what came before is not counted
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.on("Network.loadingFinished", self._came)

    def visit(self, *addresses: str) -> None:
        for address in addresses:
            self._page.goto(address, wait_until="networkidle")

    def _came(self, event: dict[str, Any]) -> None:
        self.bytes[self._page.url] += event["encodedDataLength"]


def test_after_the_first_no_page_of_a_key_adult_is_over_100_kilobytes(
    chromium: Browser, site: str, morning: Morning
) -> None:
    waiting = morning.notification()
    with phone(chromium, site) as page:
        come_in(page, morning.priya)
        line = Line(page)
        press(page, "Open")
        page.get_by_role("group").filter(has_text="on your roll").get_by_label("Yes").check()
        page.get_by_role("group").filter(has_text="know the family").get_by_label("No").check()
        press(page, "Continue")
        here, school = f"/notifications/{waiting}", f"/register/schools/{URN}"
        line.visit(
            "/inbox", here, f"{here}/follow-up", f"{here}/not-our-pupil", "/account",
            "/account/access", "/account/contact", "/register", school, f"{school}/key-adults",
        )  # fmt: skip
    assert len(line.bytes) == 10
    assert max(line.bytes.values()) < MOST_BYTES, line.bytes
    assert min(line.bytes.values()) > 1_000, line.bytes


def test_after_the_first_no_page_of_the_desk_is_over_100_kilobytes(
    chromium: Browser, site: str, morning: Morning
) -> None:
    """On a morning on which forty schools have to be rung."""
    desk = add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )
    waiting, *_ = [morning.notification() for _ in range(40)]
    move(morning.wiring, minutes=86)
    morning.force.chase()
    with phone(chromium, site) as page:
        come_in(page, desk)
        line = Line(page)
        page.get_by_role("button", name="I will ring").first.tap()
        press(page, "They are on the line: show it")
        expect(page.get_by_role("heading", name="Tell them")).to_be_visible()
        line.visit(
            "/morning", page.url.removesuffix("/content"), "/morning/open",
            f"/morning/recalls/new/{waiting}", f"/timeline/{waiting}", "/restricted", "/account",
        )  # fmt: skip
    assert len(line.bytes) == 8
    assert max(line.bytes.values()) < MOST_BYTES, line.bytes
    assert min(line.bytes.values()) > 1_000, line.bytes
