"""A run keeps the policy it began under: a change of the policy waits for the next run."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.models import PolicyRow
from app.core.policies import add_policy, current_policy
from app.core.policy import Ladder, Policy
from app.core.scope import PLATFORM
from notifications.models import EscalationStep, Run
from notifications.runs import policy_of
from notifications.states import StepKind
from tests.factories.notifications import DUE, FORCE, NotifyingForce, minutes, morning


def ring_sooner(force: NotifyingForce) -> None:
    """Let the force's policy, from now on, open the call sheet half an hour earlier."""
    with force.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(ladder=Ladder(call_sheet=-90)), valid_from=force.now,
            approved_by="account:lead", now=force.now,
        )  # fmt: skip


@pytest.mark.feature("ES3")
def test_a_policy_that_changes_in_the_night_reaches_the_next_run_and_not_this_one(
    force: NotifyingForce,
) -> None:
    before = force.place()
    ring_sooner(force)
    force.later(1)
    after = force.place()
    tomorrow = force.place(due=morning(DUE + timedelta(days=1)))
    rung_at = {
        step.notification_id: step.planned_at
        for step in force.rows(EscalationStep, kind=StepKind.CALL_SHEET)
    }
    assert rung_at == {
        before: DUE - minutes(60),
        after: DUE - minutes(60),
        tomorrow: DUE + timedelta(days=1) - minutes(90),
    }
    first, second = sorted(force.rows(Run), key=lambda run: run.on_date)
    assert first.policy_version != second.policy_version


def test_what_a_later_release_stored_is_read_after_a_roll_back(force: NotifyingForce) -> None:
    """The later release has a choice more, at the top and within a part."""
    ring_sooner(force)
    force.later(1)
    force.place()
    with force.database.write(PLATFORM) as session:
        for row, name in (
            (session.scalars(select(PolicyRow)).one(), "body"),
            (session.scalars(select(Run)).one(), "policy"),
        ):
            body = getattr(row, name)
            later = {**body, "later": {"on": True}, "desk": {**body["desk"], "later": 1}}
            setattr(row, name, later)
    with force.database.read(PLATFORM) as session:
        expected = Policy(ladder=Ladder(call_sheet=-90))
        assert current_policy(session, FORCE, at=force.now) == (1, expected)
        assert policy_of(session.scalars(select(Run)).one()) == expected
