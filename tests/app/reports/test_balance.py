"""Each rule of the balance: a row that does not add up is found, however old what is open is."""

import random
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.core.clock import HandClock, at_london
from app.core.ids import new_id
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.reports.balance import AT_A_TICK, Imbalanced, balance
from app.wiring import Wiring
from notifications.models import Notification, Occurrence
from notifications.states import NotificationState, ToldHow
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match
from tests.factories.seasons import LAST, Season

NOW = at_london(LAST, time(11))
Break = Callable[[Season, Notification], None]


@pytest.fixture
def season(wiring: Wiring) -> Season:
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(NOW)
    return Season(wiring, random.Random(1)).begin()


def told(season: Season, age: timedelta) -> Notification:
    """A message that was told in time, of a child decided so long ago."""
    due_at = NOW - age + timedelta(hours=3)
    fixed = {
        "force": "99", "urn": 990001, "recipient": "urn:990001", "late_record": False,
        "state": NotificationState.OPENED, "told_at": due_at, "told_how": ToldHow.OPENED,
        "told_by": "account:test", "acknowledged_at": None, "late_at": None, "late_cause": None,
        "shown_only_to": None,
    }  # fmt: skip
    (row,) = season.store([season.one(due_at=due_at, **fixed)])
    with season.wiring.database.write(PLATFORM) as session:
        session.add(
            Occurrence(
                notification_id=row.id, incident_id=row.incident_id, force=row.force, urn=row.urn,
                council=row.council, involved_child_id=row.involved_child_id,
                joined_at=row.accepted_at,
            )
        )  # fmt: skip
        session.execute(update(InvolvedChild).values(due_at=due_at))
    return row


def codes(season: Season, **more: Any) -> set[Imbalanced]:
    with season.wiring.database.read(PLATFORM) as session:
        return {one.code for one in balance(session, now=NOW, **more)}


def child_becomes(outcome: Outcome, reason: OutcomeReason | None = None) -> Break:
    def put(season: Season, _: Notification) -> None:
        with season.wiring.database.write(PLATFORM) as session:
            session.execute(update(InvolvedChild).values(outcome=outcome, outcome_reason=reason))

    return put


def untold(season: Season, row: Notification) -> None:
    with season.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Notification).values(
                state=NotificationState.READY, told_at=None, told_how=None, told_by=None
            )
        )


def another_school(season: Season, row: Notification) -> None:
    """The decision named two schools, and one has a message."""
    with season.wiring.database.write(PLATFORM) as session:
        session.add(
            Match(
                id=new_id(), force=row.force, involved_child_id=row.involved_child_id,
                band=Band.MATCHED, score=0.99, margin=0.9, urns=[990001, 990003], evidence=[],
                rules_version="1", input_digest=bytes(32), decided_by=DecidedBy.RULES,
                actor="job:match", decided_at=row.accepted_at, composed_at=row.accepted_at,
            )
        )  # fmt: skip


def without_children(season: Season, row: Notification) -> None:
    """A record that came with a child and has no child's row."""
    with season.wiring.database.write(PLATFORM) as session:
        lost = Incident(**{
            column.name: getattr(row_of, column.name)
            for row_of in [session.get_one(Incident, row.incident_id)]
            for column in Incident.__table__.columns
        })  # fmt: skip
        lost.id, lost.reference, lost.children_seen = new_id(), "lost", 1
        lost.received_at = row.accepted_at
        session.add(lost)


OPEN: dict[Imbalanced, Break] = {
    Imbalanced.RECEIVED_TOO_LONG: child_becomes(Outcome.RECEIVED),
    Imbalanced.REVIEW_MISSING: child_becomes(Outcome.IN_REVIEW, OutcomeReason.TOO_UNCERTAIN),
    Imbalanced.NOBODY_PURSUES: child_becomes(Outcome.DETAILS_AWAITED),
    Imbalanced.HELD_TOO_LONG: child_becomes(Outcome.HELD, OutcomeReason.HOME_EDUCATED),
    Imbalanced.NOBODY_ALERTED: untold,
}
DECIDED: dict[Imbalanced, Break] = {
    Imbalanced.SCHOOL_NOT_NOTIFIED: another_school,
    Imbalanced.STILL_VISIBLE: child_becomes(Outcome.WITHDRAWN),
    Imbalanced.NO_REASON_ON_TRAIL: child_becomes(Outcome.NOT_NOTIFIED, OutcomeReason.OVER_18),
    Imbalanced.COUNCIL_NOT_NOTIFIED: child_becomes(Outcome.SENT_TO_COUNCIL),
    Imbalanced.NO_CHILD_ROWS: without_children,
}


@pytest.mark.parametrize("code", [*OPEN, *DECIDED])
def test_what_does_not_add_up_is_found_and_what_does_is_not(
    season: Season, code: Imbalanced
) -> None:
    row = told(season, timedelta(hours=5))
    assert codes(season) == set()
    (OPEN | DECIDED)[code](season, row)
    assert code in codes(season)
    assert code in codes(season, back=AT_A_TICK, force="99")
    assert codes(season, force="98") == set()


@pytest.mark.parametrize("code", list(OPEN))
def test_what_is_still_open_is_found_however_old_it_is(season: Season, code: Imbalanced) -> None:
    OPEN[code](season, told(season, timedelta(days=400)))
    assert code in codes(season, back=AT_A_TICK)


@pytest.mark.parametrize("code", list(DECIDED))
def test_what_was_decided_is_looked_at_for_a_week_and_at_each_tick_for_two_days(
    season: Season, code: Imbalanced
) -> None:
    DECIDED[code](season, told(season, timedelta(days=6, hours=12)))
    assert code in codes(season)
    assert code not in codes(season, back=AT_A_TICK)
    assert codes(season, back=timedelta(days=6)) == set()
