"""When a morning on which nobody opened anything is taken for a provider that delivers nothing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.scope import PLATFORM
from app.watchdog.alerts import nobody_opens, none_by_chance
from app.watchdog.looking import Look
from notifications.models import Notification
from notifications.states import NotificationState, ToldHow
from tests.app.watchdog.faults import the_provider_swallows_everything
from tests.app.watchdog.watched import Watched

pytestmark = pytest.mark.feature("OP1")


def rings(calm: Watched) -> bool:
    with calm.world.wiring.database.read(PLATFORM) as session:
        return bool(list(nobody_opens(Look(session, calm.world.now))))


def test_it_rings_once_it_is_as_late_as_people_usually_open_and_not_before(calm: Watched) -> None:
    # Alerted before half past six; on the mornings before all opened fifty minutes before time.
    the_provider_swallows_everything(calm)
    with calm.world.wiring.database.read(PLATFORM) as session:
        due_at = session.query(Notification.due_at).order_by(Notification.due_at.desc()).first()
    assert due_at is not None
    for minutes, rung in ((51, False), (50, True), (10, True)):
        calm.world.clock.move_to(due_at[0] - timedelta(minutes=minutes))
        assert rings(calm) is rung, minutes


@pytest.mark.parametrize(
    ("how", "rung"), [(ToldHow.OPENED, False), (ToldHow.BY_PHONE, False), (None, True)]
)
def test_one_school_that_opened_ends_it_and_one_told_by_telephone_says_nothing(
    calm: Watched, how: ToldHow | None, rung: bool
) -> None:
    the_provider_swallows_everything(calm)
    assert rings(calm)
    with calm.world.wiring.database.write(PLATFORM) as session:
        one = session.query(Notification).filter(Notification.told_at.is_(None)).first()
        assert one is not None
        if how is not None:
            one.state = NotificationState.OPENED
            one.told_at, one.told_how, one.told_by = calm.world.now, how, "account:x"
    # Without the one told by telephone two schools are left: too few to say anything.
    assert rings(calm) is rung


def test_mornings_on_which_people_were_told_by_telephone_are_mornings_nobody_opened(
    calm: Watched,
) -> None:
    the_provider_swallows_everything(calm)
    with calm.world.wiring.database.write(PLATFORM) as session:
        for one in session.query(Notification).filter(Notification.told_at.is_not(None)):
            one.told_how = ToldHow.BY_PHONE
    assert not rings(calm)


@pytest.mark.parametrize(
    ("today", "before", "opened", "rung"),
    [
        (3, 21, 21, True), (3, 10, 9, False), (4, 10, 9, True), (3, 5, 5, False),
        (9, 20, 10, True), (8, 20, 10, False), (16, 100, 30, False), (18, 100, 30, True),
        (40, 100, 10, False), (40, 0, 0, False), (0, 21, 21, False),
    ],
)  # fmt: skip
def test_fewer_schools_say_as_much_the_more_of_them_usually_open(
    today: int, before: int, opened: int, rung: bool
) -> None:
    assert (none_by_chance(today, before, opened) <= 1 / 500) is rung


@given(st.integers(0, 50), st.integers(0, 200), st.data())
def test_the_chance_is_one_and_falls_with_each_school_and_with_each_that_opened(
    today: int, before: int, data: st.DataObject
) -> None:
    opened = data.draw(st.integers(0, before))
    chance = none_by_chance(today, before, opened)
    assert 0 < chance <= 1
    assert none_by_chance(today + 1, before, opened) <= chance
    assert none_by_chance(today, before, min(opened + 1, before)) <= chance
