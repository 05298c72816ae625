"""Not our pupil: asked once more, closed at once, before a reviewer, and undone for ten minutes."""

from uuid import UUID

import pytest

from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from notifications.states import NotificationState
from schools.matching.models import Review, ReviewState
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE
from tests.factories.people import Browser, move, signed_in


@pytest.fixture
def waiting(morning: Morning) -> UUID:
    return morning.notification()


@pytest.fixture
def browser(morning: Morning, waiting: UUID) -> Browser:
    """Priya has taken the first step and said that the child is not on the roll."""
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(f"/notifications/{waiting}/first-step")
    answers = {"on_roll": "no", "knows_family": "no"}
    answer = browser.press(f"/notifications/{waiting}/open", answers)
    assert answer.headers["location"] == f"/notifications/{waiting}/not-our-pupil"
    return browser


def child(morning: Morning) -> InvolvedChild:
    (row,) = morning.force.rows(InvolvedChild)
    assert isinstance(row, InvolvedChild)
    return row


def test_saying_no_once_only_asks_once_more(
    morning: Morning, waiting: UUID, browser: Browser
) -> None:
    page = browser.get(f"/notifications/{waiting}/not-our-pupil").text
    assert "Are you sure this is not your pupil?" in page
    assert "Example-Khan" not in page
    assert morning.read(waiting).state is NotificationState.READY
    assert child(morning).outcome is Outcome.SENT_TO_SCHOOL


def test_the_second_no_closes_it_and_brings_the_child_before_a_reviewer(
    morning: Morning, waiting: UUID, browser: Browser
) -> None:
    browser.press(f"/notifications/{waiting}/not-our-pupil")
    page = browser.get(f"/notifications/{waiting}").text
    assert "A person is now looking for the right school" in page
    assert "Asha" not in page
    assert morning.read(waiting).state is NotificationState.HELD
    assert child(morning).outcome is Outcome.IN_REVIEW
    assert child(morning).outcome_reason is OutcomeReason.NOT_OUR_PUPIL
    (review,) = morning.force.rows(Review)
    assert (review.state, review.due_at) == (ReviewState.OPEN, DUE)


def test_pressing_twice_is_once(morning: Morning, waiting: UUID, browser: Browser) -> None:
    for _ in range(2):
        assert browser.press(f"/notifications/{waiting}/not-our-pupil").status_code == 303
    assert len(morning.force.rows(Review)) == 1


def test_a_colleague_sees_nothing_of_it_either(
    morning: Morning, waiting: UUID, browser: Browser
) -> None:
    browser.press(f"/notifications/{waiting}/not-our-pupil")
    huw = signed_in(morning.wiring, morning.huw)
    assert str(waiting) not in huw.get("/inbox").text
    assert "Asha" not in huw.get(f"/notifications/{waiting}").text
    assert huw.press(f"/notifications/{waiting}/first-step").status_code == 404


@pytest.mark.parametrize("opened", [False, True])
def test_it_can_be_undone_for_ten_minutes(
    morning: Morning, waiting: UUID, browser: Browser, opened: bool
) -> None:
    if opened:
        answers = {"on_roll": "yes", "knows_family": "no"}
        browser.press(f"/notifications/{waiting}/open", answers)
    before = morning.read(waiting).state
    browser.press(f"/notifications/{waiting}/not-our-pupil")
    move(morning.wiring, minutes=9)
    assert "Undo: it is our pupil" in browser.get(f"/notifications/{waiting}").text
    browser.press(f"/notifications/{waiting}/undo")
    assert morning.read(waiting).state is before
    assert child(morning).outcome is Outcome.SENT_TO_SCHOOL
    assert {review.state for review in morning.force.rows(Review)} == {ReviewState.CLOSED}


def test_after_ten_minutes_it_is_the_desks(
    morning: Morning, waiting: UUID, browser: Browser
) -> None:
    browser.press(f"/notifications/{waiting}/not-our-pupil")
    move(morning.wiring, minutes=10)
    assert "Undo" not in browser.get(f"/notifications/{waiting}").text
    assert browser.press(f"/notifications/{waiting}/undo").status_code == 409
    assert child(morning).outcome is Outcome.IN_REVIEW


def test_it_can_be_said_again_after_undoing(
    morning: Morning, waiting: UUID, browser: Browser
) -> None:
    for step in ("not-our-pupil", "undo", "not-our-pupil"):
        assert browser.press(f"/notifications/{waiting}/{step}").status_code == 303
        move(morning.wiring, seconds=20)
    assert morning.read(waiting).state is NotificationState.HELD
    assert [review.state for review in morning.force.rows(Review)].count(ReviewState.OPEN) == 1
