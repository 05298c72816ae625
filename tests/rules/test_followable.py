"""A policy is refused where a step of it could reach nobody, or would come in the wrong order."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.followable import wrong_with
from app.core.policy import Ladder, Policy
from notifications.escalation import plan
from notifications.states import StepKind
from tests.rules.test_escalation import morning

DUE = datetime(2026, 11, 20, 8, 55, tzinfo=UTC)


def test_the_schemes_default_can_be_followed() -> None:
    assert wrong_with(Policy()) == ()


@pytest.mark.feature("ES8")
@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"ladder": {"key_adult": 5}}, "ladder.key_adult"),
        ({"ladder": {"second_key_adult": -121}}, "ladder.second_key_adult"),
        ({"ladder": {"call_sheet": 0}}, "ladder.call_sheet"),
        ({"ladder": {"all_key_adults": -80}}, "ladder.all_key_adults"),
        ({"ladder": {"duty_officer": -61}}, "ladder.duty_officer"),
        ({"ladder": {"duty_officer": 10}}, "ladder.duty_officer"),
        ({"ladder": {"late": -5}}, "ladder.late"),
        ({"ladder": {"duty_officer_again": -10}}, "ladder.duty_officer_again"),
        ({"ladder": {"leads": 14}}, "ladder.leads"),
        ({"review_ladder": {"duty_officer": 0}}, "review_ladder.duty_officer"),
        ({"review_ladder": {"council_contact": -59}}, "review_ladder.council_contact"),
        ({"review_ladder": {"second_look": -100}}, "review_ladder.second_look"),
        ({"timing": {"first_alert": "07:51"}}, "timing.first_alert"),
        ({"timing": {"latest_due": "07:09"}}, "timing.first_alert"),
        ({"timing": {"due_when_doors_unknown": "09:01"}}, "timing.due_when_doors_unknown"),
        ({"timing": {"today_until": "09:01"}}, "timing.today_until"),
        ({"timing": {"pupils_leave_when_unknown": "09:00"}}, "timing.pupils_leave_when_unknown"),
        ({"receipts": {"attendance_answer_by": "09:45"}}, "receipts.attendance_answer_by"),
    ],
)  # fmt: skip
def test_each_policy_that_cannot_be_followed_names_the_place(
    body: dict[str, Any], loc: str
) -> None:
    assert loc in [one.loc for one in wrong_with(Policy.model_validate(body))]


def test_attendance_that_is_not_asked_may_have_any_clock_time() -> None:
    body = {"receipts": {"attendance": False, "attendance_answer_by": "08:00"}}
    assert wrong_with(Policy.model_validate(body)) == ()


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    """Ladders that are mostly in order, as somebody would write them, and sometimes are not."""
    first, *later = sorted(draw(st.lists(st.integers(-300, 2), min_size=5, max_size=5)))
    late, again, leads = sorted(draw(st.lists(st.integers(-2, 300), min_size=3, max_size=3)))
    names = draw(st.permutations(["second_key_adult", "call_sheet", "all_key_adults"]))
    before = dict(zip([*names, "duty_officer"], later, strict=True))
    after = {"late": late, "duty_officer_again": again, "leads": leads}
    return Ladder(key_adult=first, **before, **after)


@given(ladders())
def test_every_ladder_that_is_taken_asks_a_key_adult_first_and_a_lead_last(ladder: Ladder) -> None:
    if wrong_with(Policy(ladder=ladder)):
        return
    placed_at = DUE - timedelta(hours=8)
    found = plan(morning(DUE), placed_at=placed_at, ladder=ladder, first_alert=time(0))
    at = {step.kind: step.planned_at for step in found}
    assert at[StepKind.KEY_ADULT] == min(at.values())
    assert at[StepKind.LEADS] == max(at.values())
    assert at[StepKind.KEY_ADULT] <= at[StepKind.CALL_SHEET] <= at[StepKind.DUTY_OFFICER] < DUE
    assert at[StepKind.LATE] >= DUE
