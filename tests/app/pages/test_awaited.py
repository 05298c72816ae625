"""The page on which the desk says who a child is that the record does not list."""

from uuid import UUID

import pytest

from app.access.models import Force
from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE, FORCE
from tests.factories.people import Browser, add_person, signed_in


@pytest.fixture
def here(morning: Morning) -> str:
    happened = morning.force.happened()
    morning.child_becomes(
        happened.child_id, Outcome.DETAILS_AWAITED, due_at=DUE,
        outcome_reason=OutcomeReason.CHILD_UNNAMED,
    )  # fmt: skip
    morning.seal_child(happened)
    return f"/morning/awaited/{happened.child_id}"


def browser(morning: Morning, role: Role, *, force: str = FORCE) -> Browser:
    email = f"{role.value}-{force}@example.org"
    return signed_in(morning.wiring, add_person(morning.wiring, email, role, force=force))


def outcome(morning: Morning, here: str) -> Outcome:
    child_id = UUID(here.rpartition("/")[2])
    found: Outcome = morning.force.rows(InvolvedChild, id=child_id)[0].outcome
    return found


def test_the_board_leads_the_desk_to_it_and_a_reason_ends_it(morning: Morning, here: str) -> None:
    desk = browser(morning, Role.FORCE_DESK)
    assert here in desk.get("/morning").text
    assert "A child who is not named" in desk.get(here).text
    left = desk.press(f"{here}/end", {}, page=here)
    assert left.status_code == 400
    assert "Say why nobody has to be told" in left.text
    assert desk.press(f"{here}/end", {"why": "miscounted"}, page=here).status_code == 303
    assert outcome(morning, here) is Outcome.NOT_NOTIFIED
    assert desk.get(here).status_code == 409


def test_a_name_sends_it_to_matching(morning: Morning, here: str) -> None:
    desk = browser(morning, Role.FORCE_DESK)
    wrong = desk.press(f"{here}/name", {"forename": "Bela", "date_of_birth": "x"}, page=here)
    assert wrong.status_code == 400
    assert "Enter a date" in wrong.text
    named = {"forename": "Bela", "surname": "Example-Khan", "date_of_birth": "2/3/2018"}
    assert desk.press(f"{here}/name", named, page=here).status_code == 303
    assert outcome(morning, here) in {Outcome.RECEIVED, Outcome.IN_REVIEW}


def test_a_lead_a_reviewer_and_another_desk_find_nothing(morning: Morning, here: str) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Other Police", added_at=morning.force.now))
    others = (
        browser(morning, Role.LEAD), browser(morning, Role.REVIEWER),
        browser(morning, Role.FORCE_DESK, force="98"),
    )  # fmt: skip
    for other in others:
        assert other.get(here).status_code == 404
        assert other.press(f"{here}/end", {"why": "miscounted"}).status_code == 404
