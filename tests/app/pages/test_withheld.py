"""Who knows the family is not shown the content, not by another answer and not by telephone."""

from uuid import UUID

import pytest

from app.access.permissions import Role
from app.intake.outcomes import OutcomeReason
from app.pages.codes import REASONS
from notifications.models import CallSheetLine, EscalationStep, Receipt
from notifications.states import NotificationState, ReceiptKind, StepKind
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, add_person, move, signed_in

OPEN = {"on_roll": "yes", "knows_family": "no"}
SECRETS = ("Asha", "Example-Khan", "2016", "Heard it")


@pytest.fixture
def waiting(morning: Morning) -> UUID:
    return morning.notification()


@pytest.fixture
def knowing(morning: Morning, waiting: UUID) -> Browser:
    """Priya, who has just said that she knows the family."""
    return says_so(morning, waiting)


def path(notification_id: UUID, step: str = "") -> str:
    return f"/notifications/{notification_id}{step}"


def says_so(morning: Morning, notification_id: UUID, on_roll: str = "yes") -> Browser:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(notification_id, "/first-step"))
    answers = {"on_roll": on_roll, "knows_family": "yes"}
    answer = browser.press(path(notification_id, "/open"), answers)
    assert answer.headers["location"] == path(notification_id, "/for-a-colleague")
    return browser


def kinds(morning: Morning) -> list[ReceiptKind]:
    return [row.kind for row in morning.force.rows(Receipt)]


@pytest.mark.parametrize("on_roll", ["yes", "no"])
def test_the_answer_is_kept_as_a_receipt(morning: Morning, waiting: UUID, on_roll: str) -> None:
    says_so(morning, waiting, on_roll)
    (receipt,) = morning.force.rows(Receipt, kind=ReceiptKind.WITHHELD)
    assert (receipt.actor, receipt.source) == (morning.priya.actor, "page")


def test_another_answer_opens_nothing_any_more(
    morning: Morning, waiting: UUID, knowing: Browser
) -> None:
    for _ in range(2):
        answer = knowing.press(path(waiting, "/open"), OPEN)
        assert answer.headers["location"] == path(waiting, "/for-a-colleague")
    for step in ("", "/for-a-colleague"):
        page = knowing.get(path(waiting, step)).text
        assert "Ask a colleague to open this one" in page
        assert "Chosen by mistake? Ring" in page
        assert not any(secret in page for secret in SECRETS)
    assert morning.read(waiting).told_at is None
    assert kinds(morning) == [ReceiptKind.FIRST_STEP, ReceiptKind.WITHHELD]


def test_no_other_step_is_left_to_this_person(
    morning: Morning, waiting: UUID, knowing: Browser
) -> None:
    steps = {"/acknowledge": {}, "/not-our-pupil": {}, "/follow-up": {"codes": "early_help"}}
    for step, form in steps.items():
        assert knowing.press(path(waiting, step), form).status_code == 409, step
    assert morning.read(waiting).state is NotificationState.READY


def test_what_was_open_closes_to_who_says_so_later(morning: Morning, waiting: UUID) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(path(waiting, "/first-step"))
    browser.press(path(waiting, "/open"), OPEN)
    browser.press(path(waiting, "/open"), {"on_roll": "yes", "knows_family": "yes"})
    for page in (browser.get(path(waiting)).text, browser.get("/inbox").text):
        assert not any(secret in page for secret in SECRETS)


def test_the_inbox_says_that_a_colleague_opens_it(
    morning: Morning, waiting: UUID, knowing: Browser
) -> None:
    page = knowing.get("/inbox").text
    assert "For a colleague to open" in page
    assert "1 message to open" not in page


def test_a_colleague_opens_it_as_ever(morning: Morning, waiting: UUID, knowing: Browser) -> None:
    huw = signed_in(morning.wiring, morning.huw)
    assert "1 message to open" in huw.get("/inbox").text
    huw.press(path(waiting, "/first-step"))
    huw.press(path(waiting, "/open"), OPEN)
    assert "Example-Khan" in huw.get(path(waiting)).text
    assert morning.read(waiting).told_by == morning.huw.actor


def test_the_page_for_a_colleague_is_for_those_who_said_so(morning: Morning, waiting: UUID) -> None:
    answer = signed_in(morning.wiring, morning.priya).get(path(waiting, "/for-a-colleague"))
    assert answer.headers["location"] == path(waiting)


def test_the_next_contact_is_asked_at_once(morning: Morning, waiting: UUID) -> None:
    move(morning.wiring, minutes=30)
    morning.force.chase()
    says_so(morning, waiting)
    now = morning.wiring.clock.now()
    (second,) = morning.force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert second.planned_at <= now


def test_the_caller_is_not_told_to_ask_for_who_knows_the_family(
    morning: Morning, waiting: UUID, knowing: Browser
) -> None:
    desk = add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    move(morning.wiring, minutes=86)
    morning.force.chase()
    (line,) = morning.force.rows(CallSheetLine)
    browser = signed_in(morning.wiring, desk)
    board = browser.get("/morning").text
    assert "Ask for Key Adult 2" in board
    assert "Ask for Key Adult 1" not in board
    browser.press(f"/morning/calls/{line.id}/claim")
    for page in (
        browser.get(f"/morning/calls/{line.id}").text,
        browser.press(f"/morning/calls/{line.id}/content").text,
    ):
        assert "Key Adult 2" in page
        assert "Key Adult 1" not in page
        assert "Recipient changed" in page


def test_every_reason_has_words_on_a_page() -> None:
    assert set(REASONS) >= set(OutcomeReason)
