"""States and their allowed moves."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.moves import ForbiddenMove
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import INCIDENT_MOVES, OUTCOME_MOVES, IncidentState, Outcome
from notifications.models import Alert, EscalationStep, Notification, ReviewStep
from notifications.receipt_models import ReceiptStep
from notifications.states import (
    ALERT_MOVES,
    ENDED,
    NOTIFICATION_MOVES,
    STEP_MOVES,
    TOLD,
    VISIBLE,
    AlertState,
    NotificationState,
    StepState,
    may_move,
)

S = NotificationState


@pytest.mark.feature("DL1")
def test_the_straight_way_goes_up_one_rung_at_a_time() -> None:
    rungs = [S.DRAFT, S.READY, S.OPENED, S.ACKNOWLEDGED, S.FOLLOWED_UP]
    for place, before in enumerate(rungs):
        allowed = [after for after in rungs if may_move(before, after)]
        assert allowed == rungs[place + 1 : place + 2]


@pytest.mark.feature("DL1")
@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_comes_back_from_an_end(state: NotificationState) -> None:
    assert not any(may_move(state, after) for after in S)


@pytest.mark.feature("DL1")
@pytest.mark.parametrize("state", sorted(VISIBLE))
def test_everything_visible_can_be_recalled(state: NotificationState) -> None:
    assert may_move(state, S.RECALLED)


def test_the_groups_say_what_is_shown_and_what_is_told() -> None:
    assert {S.READY} | TOLD == VISIBLE
    assert not VISIBLE & (ENDED | {S.HELD, S.DRAFT})


RANK = {S.DRAFT: 0, S.READY: 1, S.OPENED: 2, S.ACKNOWLEDGED: 3, S.FOLLOWED_UP: 4}


@pytest.mark.feature("DL1")
@given(st.lists(st.sampled_from(list(S)), max_size=12))
def test_without_a_hold_evidence_never_goes_backwards(wanted: list[NotificationState]) -> None:
    state, highest = S.DRAFT, 0
    for after in wanted:
        if after is S.HELD or not may_move(state, after):
            continue
        state = after
        assert RANK.get(state, highest) >= highest
        highest = max(highest, RANK.get(state, 0))


TABLES: dict[str, tuple[Mapping[Any, Any], Any]] = {
    "incident": (INCIDENT_MOVES, IncidentState.NEWEST),
    "involved child": (OUTCOME_MOVES, Outcome.RECEIVED),
    "notification": (NOTIFICATION_MOVES, S.DRAFT),
    "alert": (ALERT_MOVES, AlertState.PLANNED),
    "step": (STEP_MOVES, StepState.PLANNED),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_moves_names_every_state_and_leads_to_it(name: str) -> None:
    moves, first = TABLES[name]
    assert set(moves) == set(first.__class__)
    reached, following = {first}, {first}
    while following:
        following = set().union(*(moves[one] for one in following)) - reached
        reached |= following
    # Awaited is where a child begins of whom the force has said that details follow.
    assert set(first.__class__) - reached <= {Outcome.DETAILS_AWAITED}
    assert not any(state in after for state, after in moves.items())


@pytest.mark.parametrize("name", TABLES)
def test_every_state_can_come_to_an_end(name: str) -> None:
    moves, _ = TABLES[name]
    ended = {state for state, after in moves.items() if not after}
    assert ended
    for _ in moves:
        ended |= {state for state, after in moves.items() if after & ended}
    assert ended == set(moves)


STATE_COLUMNS = [
    (Incident, "state", IncidentState), (InvolvedChild, "outcome", Outcome),
    (Notification, "state", S), (Alert, "state", AlertState), (EscalationStep, "state", StepState),
    (ReviewStep, "state", StepState), (ReceiptStep, "state", StepState),
]  # fmt: skip


@pytest.mark.parametrize(("model", "column", "choices"), STATE_COLUMNS)
def test_the_database_repeats_which_states_there_are(model: Any, column: str, choices: Any) -> None:
    checks = {str(one.name): one for one in model.__table__.constraints}
    said = str(checks[f"ck_{model.__tablename__}_{column}_known"].sqltext)
    assert set(re.findall(r"'(\w+)'", said)) == {one.value for one in choices}


@pytest.mark.parametrize(("model", "column", "choices"), STATE_COLUMNS)
def test_a_row_takes_no_state_that_may_not_follow(model: Any, column: str, choices: Any) -> None:
    moves = next(moves for moves, first in TABLES.values() if type(first) is choices)
    for before in choices:
        for after in choices:
            row = model(**{column: before})
            if after is before or after in moves[before]:
                setattr(row, column, after)
                assert getattr(row, column) is after
            else:
                with pytest.raises(ForbiddenMove, match=after.value):
                    setattr(row, column, after)
                assert getattr(row, column) is before
