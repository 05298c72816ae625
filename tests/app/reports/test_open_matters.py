"""What is open after telling: the board counts all of it, a page names the newest of what grows."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, update

from app.core.scope import PLATFORM
from app.reports import open_matters
from app.reports.open_matters import Kind
from app.wiring import Wiring
from notifications.models import Notification
from notifications.states import NotificationState
from tests.factories.notifications import FORCE, NotifyingForce

BEFORE = date(2026, 11, 19)


@pytest.fixture
def never_followed_up(wiring: Wiring) -> list[UUID]:
    """Five messages that were told and whose day to answer by is over, the oldest first."""
    force = NotifyingForce(wiring).begin()
    force.school()
    found = []
    for number in range(5):
        ident = force.place(urn=990001)
        with wiring.database.write(PLATFORM) as session:
            session.execute(
                update(Notification)
                .where(Notification.id == ident)
                .values(
                    state=NotificationState.OPENED, follow_up_due_on=BEFORE, told_how="opened",
                    told_at=force.now + timedelta(minutes=number), told_by="account:1",
                )
            )  # fmt: skip
        found.append(ident)
    return found


def test_a_page_names_the_newest_and_says_how_many_more_there_are(
    wiring: Wiring, never_followed_up: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_matters, "NAMED", 2)
    now = wiring.clock.now()
    with wiring.database.read(PLATFORM) as session:
        ids = open_matters.open_ids(session, force=FORCE, now=now)
        shown = open_matters.open_matters(session, force=FORCE, now=now, of=ids)
    newest_first = never_followed_up[::-1]
    assert ids[Kind.NOT_FOLLOWED_UP] == newest_first
    assert [one.notification_id for one in shown.not_followed_up] == newest_first[:2]
    assert (shown.count, shown.unnamed[Kind.NOT_FOLLOWED_UP]) == (5, 3)


def test_what_does_not_exist_for_somebody_is_neither_named_nor_counted(
    wiring: Wiring, never_followed_up: list[UUID]
) -> None:
    now = wiring.clock.now()
    left = {Kind.NOT_FOLLOWED_UP: never_followed_up[:2]}
    with wiring.database.read(PLATFORM) as session:
        shown = open_matters.open_matters(session, force=FORCE, now=now, of=left)
    assert [one.notification_id for one in shown.not_followed_up] == never_followed_up[:2]
    assert (shown.count, set(shown.unnamed.values())) == (2, {0})


def test_to_count_takes_two_statements_however_much_is_open(
    wiring: Wiring, never_followed_up: list[UUID]
) -> None:
    asked: list[str] = []
    with wiring.database.read(PLATFORM) as session:
        event.listen(
            session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2])
        )
        found = open_matters.open_ids(session, force=FORCE, now=wiring.clock.now())
    assert sum(len(ids) for ids in found.values()) == len(never_followed_up)
    assert len(asked) == 2
