"""Told means opened by a named person or told by phone, at every school concerned."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.outcomes import NEEDS_SERVICE, Outcome, OutcomeReason, may_become
from app.reports.told import Telling, Told, told_of
from notifications.states import NotificationState as State

pytestmark = pytest.mark.feature("RP3")

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
UNREAD = Telling(State.READY, None)
OPENED = Telling(State.OPENED, AT)
BY_PHONE = Telling(State.READY, AT)
RECALLED = Telling(State.RECALLED, AT)
HELD = Telling(State.HELD, AT)


@pytest.mark.parametrize(
    ("outcome", "tellings", "told"),
    [
        (Outcome.SENT_TO_SCHOOL, [OPENED], Told.TOLD),
        (Outcome.SENT_TO_SCHOOL, [BY_PHONE], Told.TOLD),
        (Outcome.SENT_TO_SCHOOL, [UNREAD], Told.NOT_TOLD),
        (Outcome.SENT_TO_SCHOOL, [], Told.NOT_TOLD),
        # two schools: told only when both are
        (Outcome.SENT_TO_SCHOOL, [OPENED, UNREAD], Told.NOT_TOLD),
        (Outcome.SENT_TO_SCHOOL, [OPENED, BY_PHONE], Told.TOLD),
        # the wrong school opened it: nobody who can help was told
        (Outcome.SENT_TO_SCHOOL, [RECALLED], Told.NOT_TOLD),
        (Outcome.SENT_TO_SCHOOL, [HELD], Told.NOT_TOLD),
        (Outcome.SENT_TO_SCHOOL, [RECALLED, OPENED], Told.TOLD),
        (Outcome.RECEIVED, [], Told.NOT_TOLD),
        (Outcome.DETAILS_AWAITED, [], Told.NOT_TOLD),
        (Outcome.IN_REVIEW, [], Told.NOT_TOLD),
        (Outcome.IN_REVIEW, [OPENED], Told.NOT_TOLD),
        (Outcome.HELD, [], Told.NOT_TOLD),
        (Outcome.NOT_NOTIFIED, [], Told.NOT_NEEDED),
        (Outcome.WITHDRAWN, [RECALLED], Told.NOT_NEEDED),
        (Outcome.SUPERSEDED, [], Told.NOT_NEEDED),
    ],
)
def test_told_follows_from_outcome_and_evidence(
    outcome: Outcome, tellings: list[Telling], told: Told
) -> None:
    assert told_of(outcome, tellings, reason=None, service_told=False) is told


@pytest.mark.parametrize("reason", OutcomeReason)
def test_a_child_who_stays_at_risk_needs_nobody_more_once_another_service_was_told(
    reason: OutcomeReason,
) -> None:
    before = told_of(Outcome.NOT_NOTIFIED, [], reason=reason, service_told=False)
    assert before is (Told.NOT_TOLD if reason in NEEDS_SERVICE else Told.NOT_NEEDED)
    after = told_of(Outcome.NOT_NOTIFIED, [], reason=reason, service_told=True)
    assert after is Told.NOT_NEEDED


@given(
    st.sampled_from(Outcome),
    st.lists(st.builds(Telling, st.sampled_from(State), st.none()), max_size=4),
    st.booleans(),
)
def test_nobody_is_ever_told_without_a_time_of_telling(
    outcome: Outcome, tellings: list[Telling], served: bool
) -> None:
    told = told_of(outcome, tellings, reason=OutcomeReason.UNBORN, service_told=served)
    assert told is not Told.TOLD


@given(st.sampled_from(Outcome), st.sampled_from(Outcome))
def test_an_ended_outcome_never_changes(before: Outcome, after: Outcome) -> None:
    if before in {Outcome.WITHDRAWN, Outcome.SUPERSEDED}:
        assert not may_become(before, after)
    if before is after:
        assert not may_become(before, after)


def test_every_open_outcome_can_be_withdrawn_and_superseded() -> None:
    for outcome in set(Outcome) - {Outcome.WITHDRAWN, Outcome.SUPERSEDED}:
        assert may_become(outcome, Outcome.WITHDRAWN)
        assert may_become(outcome, Outcome.SUPERSEDED)
