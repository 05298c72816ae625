"""When a morning on which nobody opened anything is taken for a provider that delivers nothing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.scope import PLATFORM
from app.watchdog.alerts import nobody_opens, none_by_chance
from app.watchdog.looking import Look
from notifications.models import Notification
from notifications.states import NotificationState, ToldHow
from tests.app.watchdog.faults import message_like, the_provider_swallows_everything
from tests.app.watchdog.watched import Watched

pytestmark = pytest.mark.feature("OP1")


def rings(calm: Watched, *, left: int) -> bool:
    """Look so many minutes before the schools' deadline."""
    with calm.world.wiring.database.read(PLATFORM) as session:
        due_at = session.scalars(
            select(Notification.due_at).where(Notification.told_at.is_(None))
        ).first()
        assert due_at is not None
        calm.world.clock.move_to(due_at - timedelta(minutes=left))
        return bool(list(nobody_opens(Look(session, calm.world.now))))


def test_it_rings_once_it_is_as_late_as_people_usually_open_and_not_before(calm: Watched) -> None:
    # Alerted before half past six; on the mornings before all opened fifty minutes before time.
    the_provider_swallows_everything(calm)
    assert [rings(calm, left=minutes) for minutes in (51, 50, 10)] == [False, True, True]


@pytest.mark.parametrize(
    ("how", "ago", "rung"),
    [
        (ToldHow.OPENED, 0, False), (ToldHow.BY_PHONE, 0, True), (None, 0, True),
        # Rung before people usually open: then it says nothing, and two schools are too few.
        (ToldHow.BY_PHONE, 60, False),
        # Opened the evening before: of this morning that says nothing.
        (ToldHow.OPENED, 15 * 60, False),
    ],
)  # fmt: skip
def test_a_school_that_opened_ends_it_and_one_told_by_telephone_had_not_opened_until_then(
    calm: Watched, how: ToldHow | None, ago: int, rung: bool
) -> None:
    the_provider_swallows_everything(calm)
    assert not rings(calm, left=51)
    assert rings(calm, left=20)
    with calm.world.wiring.database.write(PLATFORM) as session:
        one = session.query(Notification).filter(Notification.told_at.is_(None)).first()
        assert one is not None
        if how is not None:
            one.state, one.told_how, one.told_by = NotificationState.OPENED, how, "account:x"
            one.told_at = calm.world.now - timedelta(minutes=ago)
    assert rings(calm, left=20) is rung


def test_a_council_whose_own_message_is_due_later_does_not_put_it_off(calm: Watched) -> None:
    the_provider_swallows_everything(calm)
    with calm.world.wiring.database.write(PLATFORM) as session:
        waiting = session.query(Notification).filter(Notification.told_at.is_(None)).all()
        later = message_like(
            session, waiting[0], days_ago=0, urn=None, recipient=f"council:{waiting[0].council}"
        )
        session.get_one(Notification, later).due_at += timedelta(hours=1)
    assert not rings(calm, left=51)
    assert rings(calm, left=49)


def test_mornings_on_which_people_were_told_by_telephone_are_mornings_nobody_opened(
    calm: Watched,
) -> None:
    the_provider_swallows_everything(calm)
    with calm.world.wiring.database.write(PLATFORM) as session:
        for one in session.query(Notification).filter(Notification.told_at.is_not(None)):
            one.told_how = ToldHow.BY_PHONE
    assert not rings(calm, left=20)


@pytest.mark.parametrize(
    ("today", "before", "opened", "rung"),
    [
        (3, 21, 21, True), (3, 10, 10, False), (4, 10, 10, True), (3, 5, 5, False),
        (13, 20, 10, True), (9, 20, 10, False), (30, 100, 30, True), (16, 100, 30, False),
        (40, 100, 5, False), (40, 0, 0, False), (0, 21, 21, False),
    ],
)  # fmt: skip
def test_fewer_schools_say_as_much_the_more_of_them_usually_open(
    today: int, before: int, opened: int, rung: bool
) -> None:
    assert (none_by_chance([(before, opened)] * today) <= 1 / 500) is rung


@given(st.lists(st.integers(0, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))))
def test_the_chance_is_one_or_less_and_falls_with_each_that_usually_opens(
    asked: list[tuple[int, int]],
) -> None:
    chance = none_by_chance(asked)
    assert 0 < chance <= 1
    assert none_by_chance([*asked, (20, 10)]) < chance
    assert none_by_chance([*asked, (5, 5)]) == chance
    # Had all before opened, that none does today would be the less likely.
    assert none_by_chance([(n, n) for n, _ in asked]) <= chance
