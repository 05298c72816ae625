"""Impossible states are impossible: in the database, at the same moment, and in any order."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict, NotFound
from app.core.scope import PLATFORM
from notifications import receipts
from notifications.follow_up import record_follow_up
from notifications.models import (
    EscalationStep,
    Notification,
    Receipt,
)
from notifications.states import (
    FollowUpCode,
    NotificationState,
    StepKind,
    StepState,
    ToldHow,
    may_move,
)
from tests.factories.notifications import DEPUTY, DUE, KEY_ADULT, NotifyingForce

S = NotificationState


@pytest.mark.feature("DL1")
def test_two_who_open_at_the_same_moment_tell_once(force: NotifyingForce, placed: UUID) -> None:
    both = threading.Barrier(2)
    told: list[bool] = []

    def open_it(actor: str) -> None:
        def work(session: Any) -> bool:
            notification = session.get_one(Notification, placed)
            return receipts.opened(session, notification, actor=actor, now=force.now)

        both.wait()
        told.append(force.database.retrying(work, PLATFORM))

    people = [threading.Thread(target=open_it, args=(who,)) for who in (KEY_ADULT, DEPUTY)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(told) == [False, True]
    assert sorted(one.actor for one in force.rows(Receipt)) == [DEPUTY, KEY_ADULT]


@pytest.mark.feature("DL1")
@pytest.mark.parametrize(
    "impossible",
    [
        {"state": S.OPENED},
        {"told_at": DUE},
        {"told_at": DUE, "told_how": ToldHow.OPENED},
    ],
)
def test_the_database_refuses_impossible_states(
    force: NotifyingForce, placed: UUID, impossible: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), force.database.write(PLATFORM) as session:
        session.execute(update(Notification).where(Notification.id == placed).values(**impossible))


@pytest.mark.feature("ES7")
def test_the_database_refuses_a_skip_without_a_reason(force: NotifyingForce, placed: UUID) -> None:
    with pytest.raises(IntegrityError), force.database.write(PLATFORM) as session:
        session.execute(
            update(EscalationStep)
            .where(EscalationStep.kind == StepKind.LATE)
            .values(state=StepState.SKIPPED, settled_at=DUE)
        )


RANK = {S.READY: 1, S.OPENED: 2, S.ACKNOWLEDGED: 3, S.FOLLOWED_UP: 4}
ACTS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "first_step": (receipts.first_step, {}),
    "opened": (receipts.opened, {}),
    "acknowledged": (receipts.acknowledged, {}),
    "phone": (receipts.told_by_phone, {"recipient_trained": True}),
    "not_ours": (receipts.not_our_pupil, {}),
    "undo": (receipts.undo_not_our_pupil, {}),
    "follow_up": (record_follow_up, {"code": FollowUpCode.SILENT_SUPPORT}),
}


@pytest.mark.feature("DL1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=st.lists(st.sampled_from(sorted(ACTS)), max_size=10))
def test_no_order_of_acts_takes_evidence_back(force: NotifyingForce, story: list[str]) -> None:
    """Guarded updates are the same statements on both databases; one is enough for the search."""
    placed = force.place()
    told: tuple[datetime | None, str | None] = (None, None)
    highest = 1
    before = S.READY
    for name in story:
        what, options = ACTS[name]
        with suppress(Conflict, NotFound):
            force.act(placed, what, **options)
        now = force.read(placed)
        assert now.state is before or may_move(before, now.state)
        before = now.state
        if told[0] is not None:
            assert (now.told_at, now.told_by) == told
        told = (now.told_at, now.told_by)
        assert RANK.get(now.state, highest) >= highest
        highest = max(highest, RANK.get(now.state, 0))
