"""Who is on the board of a morning besides those who are due then: of earlier days, in corners."""

import random
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.clock import HandClock, at_london, london_date
from app.core.scope import PLATFORM, Scope, close, of_force
from app.intake.models import Incident, InvolvedChild
from app.reports.morning import board
from app.reports.told import Told
from app.wiring import Wiring
from notifications.models import Notification, Occurrence
from notifications.states import NotificationState, ToldHow
from tests.factories.seasons import LAST, Season

NOW = at_london(LAST, time(11))
TODAY, BEFORE = LAST, LAST - timedelta(days=1)
FORCE = "99"


@pytest.fixture
def season(wiring: Wiring) -> Season:
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(NOW)
    return Season(wiring, random.Random(1)).begin()


def message(season: Season, urn: int, due_at: datetime, told_at: datetime | None) -> Notification:
    """A message of one force to a school, told by opening or not at all."""
    fixed = {
        "force": FORCE, "urn": urn, "recipient": f"urn:{urn}", "late_record": False,
        "state": NotificationState.OPENED if told_at else NotificationState.READY,
        "told_at": told_at, "told_how": ToldHow.OPENED if told_at else None,
        "told_by": "account:test" if told_at else None, "acknowledged_at": None,
        "late_at": None, "late_cause": None, "shown_only_to": None,
    }  # fmt: skip
    (row,) = season.store([season.one(due_at=due_at, **fixed)])
    tell_of(season, row, row)
    return row


def tell_of(season: Season, row: Notification, of: Notification) -> None:
    """Let a message tell of the child and the incident of another."""
    with season.wiring.database.write(PLATFORM) as session:
        session.add(
            Occurrence(
                notification_id=row.id, incident_id=of.incident_id, force=row.force, urn=row.urn,
                council=row.council, involved_child_id=of.involved_child_id, joined_at=NOW,
            )
        )  # fmt: skip


def due(season: Season, row: Notification, at: datetime) -> None:
    with season.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(InvolvedChild)
            .where(InvolvedChild.id == row.involved_child_id)
            .values(due_at=at)
        )  # fmt: skip


def on_board(season: Season, on: date, scope: Scope, *, closed: bool = False) -> dict[UUID, Told]:
    with season.wiring.database.read(scope) as session:
        if closed:
            close(session, frozenset({FORCE}), opened=frozenset())
        found = board(session, season.wiring.cipher, force=FORCE, on=on, now=NOW)
    return {row.child_id: row.told for row in found.rows}


def test_a_child_told_at_two_schools_on_two_days_is_on_both_boards(season: Season) -> None:
    yesterday, today = at_london(BEFORE, time(15, 30)), at_london(TODAY, time(8, 45))
    first = message(season, 990001, yesterday, yesterday - timedelta(minutes=5))
    second = message(season, 990002, today, today + timedelta(hours=2))
    tell_of(season, second, first)
    due(season, first, yesterday)
    assert london_date(second.told_at or NOW) == TODAY
    for on in (BEFORE, TODAY):
        assert on_board(season, on, of_force(FORCE))[first.involved_child_id] is Told.TOLD


def test_a_child_whose_message_also_tells_of_a_restricted_incident_stays_on_the_board(
    season: Season,
) -> None:
    yesterday = at_london(BEFORE, time(8, 45))
    open_one = message(season, 990001, yesterday, None)
    closed_one = message(season, 990002, yesterday, None)
    tell_of(season, open_one, closed_one)
    for row in (open_one, closed_one):
        due(season, row, yesterday)
    with season.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Incident)
            .where(Incident.id == closed_one.incident_id)
            .values(restricted_access=True)
        )
    outside = on_board(season, TODAY, of_force(FORCE), closed=True)
    assert outside == {open_one.involved_child_id: Told.NOT_TOLD}
    inside = on_board(season, TODAY, of_force(FORCE))
    assert inside == dict.fromkeys(
        (open_one.involved_child_id, closed_one.involved_child_id), Told.NOT_TOLD
    )
