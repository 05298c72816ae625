"""States and their allowed moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.states import ENDED, TOLD, VISIBLE, NotificationState, may_move

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
