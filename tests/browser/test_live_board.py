"""The board renews itself in a real browser: at once, without loading, and under nobody's hand."""

import re
import time
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.access import sessions
from app.access.models import Force
from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.core.settings import Settings
from notifications.channels.call_sheet import open_line, open_lines
from notifications.models import Notification
from tests.browser.test_people import DESK, come_in
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Person, add_person, move

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"live_seconds": 4})


@pytest.fixture
def desk(morning: Morning) -> Person:
    return add_person(
        morning.wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE
    )


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=site, viewport=DESK)
    yield context.new_page()
    context.close()


def opens(site: str, morning: Morning, message: UUID) -> None:
    """Let the school open a message, as its key adult does."""
    with httpx.Client(base_url=site, headers=cookie_of(morning.priya)) as school:
        found = re.search(r'name="form_token" value="([^"]+)"', school.get("/account").text)
        assert found
        for step, form in (("first-step", {}), ("open", {"on_roll": "yes", "knows_family": "no"})):
            answer = school.post(
                f"/notifications/{message}/{step}", data={"form_token": found[1], **form}
            )
            assert answer.status_code == 303


def test_what_a_school_opens_is_on_the_board_at_once_and_nothing_else_moves(
    page: Page, site: str, morning: Morning, desk: Person
) -> None:
    first, second, told = (morning.notification() for _ in range(3))
    opens(site, morning, told)
    with morning.wiring.database.write(PLATFORM) as session:
        for one in (first, second):
            open_line(session, session.get_one(Notification, one), now=morning.wiring.clock.now())
    come_in(page, desk)
    state = page.locator(".app-state")
    expect(state).to_contain_text("2 children not told")
    page.evaluate("window.kept = 'this very page'")
    page.locator("details > summary").first.click()
    with morning.wiring.database.read(PLATFORM) as session:
        lines = {one.notification_id: one.id for one in open_lines(session, force=FORCE)}
    page.locator(f'form[action="/morning/calls/{lines[second]}/claim"] button').focus()
    opens(site, morning, first)
    expect(state).to_contain_text("1 child not told", timeout=20_000)
    assert page.evaluate("window.kept") == "this very page"
    expect(page.locator("details[open]")).to_have_count(1)
    assert page.evaluate("document.activeElement.closest('form')?.action").endswith(
        f"/{lines[second]}/claim"
    )
    expect(page.locator("body > [role=status]")).to_contain_text("1 child not told")
    # Beyond the end of one stream: the browser comes back, and has missed nothing.
    time.sleep(5)
    opens(site, morning, second)
    expect(state).to_contain_text("All children told", timeout=20_000)
    assert page.evaluate("window.kept") == "this very page"
    # What had the keyboard is gone: the next press goes on from here, not from the top of the page.
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


def test_a_board_that_nobody_touches_does_not_stay_signed_in(
    page: Page, site: str, morning: Morning, desk: Person
) -> None:
    message = morning.notification()
    come_in(page, desk)
    expect(page.get_by_text("1 child not told")).to_be_visible()
    move(morning.wiring, minutes=14)
    opens(site, morning, message)
    expect(page.locator(".app-state")).to_contain_text("All children told", timeout=20_000)
    move(morning.wiring, minutes=2)
    expect(page).to_have_url("/sign-in", timeout=20_000)


def test_the_stream_is_for_the_desk_alone_and_says_nothing_of_another_force(
    site: str, morning: Morning, desk: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=morning.force.now))
    other = add_person(morning.wiring, "other@example.org", Role.FORCE_DESK, force="98")
    message = morning.notification()
    headers = {one.email: cookie_of(one) for one in (desk, other, morning.priya)}
    stream = f"{site}/morning/live"
    assert httpx.get(stream, follow_redirects=False).status_code == 303
    assert httpx.get(stream, headers=headers[morning.priya.email]).status_code == 404
    heard = {}
    for person in (desk, other):
        with httpx.stream("GET", stream, headers=headers[person.email], timeout=30) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            began = [line for line, _ in zip(lines, range(5), strict=False)]
            opens(site, morning, message) if person is desk else morning.notification()
            heard[person.email] = [line for line in (*began, *lines) if line.startswith("event")]
    # What it had not seen when it came, and what happened then; of another force nothing.
    assert heard == {desk.email: ["event: changed"] * 2, other.email: ["event: changed"]}


@pytest.mark.parametrize("between_streams", [False, True])
def test_the_page_that_was_signed_out_elsewhere_goes_to_the_sign_in(
    page: Page, morning: Morning, desk: Person, between_streams: bool
) -> None:
    morning.notification()
    come_in(page, desk)
    expect(page.get_by_text("1 child not told")).to_be_visible()
    if between_streams:
        # What comes back finds the door shut, and hears of no event at all.
        stream = "**/morning/live?*"
        page.route(stream, lambda route: route.abort())
        page.wait_for_event("requestfailed", lambda asked: "/morning/live" in asked.url)
        page.unroute(stream)
    with morning.wiring.database.write(PLATFORM) as session:
        sessions.end_all(session, desk.account_id, now=morning.wiring.clock.now())
    expect(page).to_have_url("/sign-in", timeout=20_000)


def cookie_of(person: Person) -> dict[str, str]:
    with person.wiring.database.write(PLATFORM) as session:
        now = person.wiring.clock.now()
        token = sessions.create(session, account_id=person.account_id, now=now)
    return {"cookie": f"encompass-session={token}"}
