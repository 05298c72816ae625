"""Real acts in any order never lead a row out of its table of moves, and reach every state."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core.errors import Conflict
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.moves import move_child
from app.intake.outcomes import Outcome, OutcomeReason, may_become
from notifications import receipts, reported
from notifications.attempts import AlertResult, ClaimedAlert, ResultKind
from notifications.models import Alert, EscalationStep
from notifications.outbox import claim, record
from notifications.states import (
    AlertState,
    DeliveryStatus,
    StepState,
    alert_may_move,
    step_may_move,
)
from tests.factories.notifications import DUE, NotifyingForce, minutes

# Guarded updates are the same statements on both databases; one is enough for the search.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
searching = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Sending:
    """One notification being chased, and whoever sends its alerts: acts by name."""

    def __init__(self, force: NotifyingForce) -> None:
        self.force, self.placed = force, force.place()
        self.claims: list[ClaimedAlert] = []
        self.acts: dict[str, Callable[[], object]] = {
            "chase": force.chase,
            "claim": self.claim,
            "wait": lambda: force.later(6),
            "told": lambda: force.act(self.placed, receipts.opened),
            **{f"result {kind}": partial(self.settle, kind) for kind in ResultKind},
            **{f"news {status}": partial(self.news, status) for status in NEWS},
        }

    def claim(self) -> None:
        with self.force.database.write(PLATFORM) as session:
            self.claims += claim(session, self.force.cipher, owner="one", now=self.force.now)

    def settle(self, kind: ResultKind) -> None:
        """Bring what came of the oldest claim, however late; a claim may be settled once."""
        if not self.claims:
            return
        taken = self.claims.pop(0)
        result = AlertResult(taken.alert_id, taken.fence, kind, channel="smtp", code="made_up")
        with self.force.database.write(PLATFORM) as session:
            record(session, [result], now=self.force.now)

    def news(self, status: DeliveryStatus) -> None:
        for alert in self.force.rows(Alert):
            with self.force.database.write(PLATFORM) as session:
                reported.report(
                    session, alert.id, status, now=self.force.now, actor="provider:test"
                )

    def tell_story(self, story: list[str]) -> set[AlertState]:
        """Do these acts, hold every row to its table, and return the states of alerts seen."""
        alerts: dict[object, AlertState] = {}
        steps: dict[object, StepState] = {}
        seen: set[AlertState] = set()
        for name in story:
            self.acts[name]()
            for alert in self.force.rows(Alert):
                before = alerts.get(alert.id, alert.state)
                assert before is alert.state or alert_may_move(before, alert.state)
                alerts[alert.id] = alert.state
                seen.add(alert.state)
            for step in self.force.rows(EscalationStep):
                settled = steps.get(step.id, step.state)
                assert settled is step.state or step_may_move(settled, step.state)
                steps[step.id] = step.state
        return seen


NEWS = (
    DeliveryStatus.SENDING,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.PERMANENT_FAILURE,
    DeliveryStatus.TEMPORARY_FAILURE,
)
NAMES = sorted(
    ["chase", "claim", "wait", "told"]
    + [f"result {kind}" for kind in ResultKind]
    + [f"news {status}" for status in NEWS]
)


@pytest.mark.feature("DL1")
@one_database
@searching
@given(story=st.lists(st.sampled_from(NAMES), min_size=4, max_size=14))
def test_no_order_of_sending_leads_an_alert_out_of_its_table(
    force: NotifyingForce, story: list[str]
) -> None:
    force.at(DUE - minutes(120))
    Sending(force).tell_story(["chase", "claim", *story])


FAILING = ["claim", "result broken", "wait"] * 5
STORIES = {
    AlertState.PLANNED: ["chase"],
    AlertState.ATTEMPTING: ["chase", "claim"],
    AlertState.HANDED_OVER: ["chase", "claim", "result handed_over"],
    AlertState.FAILED: ["chase", "claim", "result permanent"],
    AlertState.UNKNOWN: ["chase", "claim", "result unknown"],
    AlertState.REACHED_MAILBOX: ["chase", "claim", "result handed_over", "news delivered"],
    AlertState.BOUNCED: ["chase", "claim", "result handed_over", "news permanent_failure"],
    AlertState.SET_ASIDE: ["chase", *FAILING],
    AlertState.NOT_NEEDED: ["chase", "told"],
}


@pytest.mark.feature("DL1")
@one_database
@pytest.mark.parametrize("state", AlertState)
def test_every_state_of_an_alert_is_reached_by_real_acts(
    force: NotifyingForce, state: AlertState
) -> None:
    force.at(DUE - minutes(120))
    assert state in Sending(force).tell_story(STORIES[state])


@pytest.mark.feature("DL1")
@one_database
@searching
@given(wanted=st.lists(st.sampled_from(Outcome), min_size=1, max_size=10))
@example(wanted=list(Outcome))
def test_a_child_gets_exactly_the_outcomes_of_its_table(
    force: NotifyingForce, wanted: list[Outcome]
) -> None:
    child_id, before = force.happened().child_id, Outcome.RECEIVED
    for to in wanted:
        allowed = may_become(before, to)
        with suppress(Conflict), force.database.write(PLATFORM) as session:
            child = session.get_one(InvolvedChild, child_id)
            move_child(session, child, to=to, now=force.now, reason=OutcomeReason.FORCE_HOLD)
        (row,) = force.rows(InvolvedChild, id=child_id)
        assert row.outcome is (to if allowed else before)
        before = row.outcome


@pytest.mark.feature("DL1")
def test_a_child_that_another_moved_meanwhile_is_left_as_it_is(force: NotifyingForce) -> None:
    """Who holds the row as it was before is told so: its update finds no such row any more."""
    child_id = force.happened().child_id

    with force.database.read(PLATFORM) as session:
        stale = session.get_one(InvolvedChild, child_id)
    with force.database.write(PLATFORM) as session:
        child = session.get_one(InvolvedChild, child_id)
        why = OutcomeReason.NO_SCHOOL_KNOWN
        move_child(session, child, to=Outcome.IN_REVIEW, now=force.now, reason=why)
    with (
        pytest.raises(Conflict, match="Somebody else"),
        force.database.write(PLATFORM) as session,
    ):
        session.add(stale)
        move_child(session, stale, to=Outcome.SENT_TO_SCHOOL, now=force.now)
    (row,) = force.rows(InvolvedChild, id=child_id)
    assert row.outcome is Outcome.IN_REVIEW
