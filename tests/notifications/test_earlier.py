"""Earlier incidents of a child: each counted once, over a year; several soon are a pattern."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.policies import add_policy
from app.core.policy import Patterns, Policy
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.jobs.purge_expired import erase
from notifications import receipts
from notifications.compose import Pattern, pattern_of
from notifications.earlier import EarlierCounts, earlier_counts, forget_counts
from notifications.earlier_models import ChildCount
from notifications.models import Notification
from notifications.queries import content_of
from notifications.recall import recall_incident
from tests.factories.notifications import (
    DUE,
    FORCE,
    LATER_URN,
    PERSON,
    TODAY,
    URN,
    Happened,
    NotifyingForce,
    minutes,
)

pytestmark = pytest.mark.feature("IN8")

DAY = 24 * 60


def told(
    force: NotifyingForce, days: float, *, urn: int = URN, opened: bool = True,
    only: str | None = None,
) -> Happened:  # fmt: skip
    """Tell of a new incident so many days ago, and let it be opened, so that none joins it."""
    force.at(DUE - minutes(days * DAY))
    happened = force.happened()
    placed = force.place(force.order(happened, person_digest=PERSON, urn=urn, shown_only_to=only))
    if opened:
        force.act(placed, receipts.opened)
    return happened


def counts(force: NotifyingForce, *, urn: int = URN, but: UUID | None = None) -> EarlierCounts:
    with force.database.read(PLATFORM) as session:
        return earlier_counts(session, person_digest=PERSON, urn=urn, force=FORCE, at=DUE, but=but)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, (1, 1, 1)), (30, (1, 1, 1)), (31, (0, 1, 1)), (90, (0, 1, 1)), (91, (0, 0, 1)),
        (365, (0, 0, 1)), (366, (0, 0, 0)),
    ],
)  # fmt: skip
def test_the_last_day_still_counts_and_the_next_does_not(
    force: NotifyingForce, days: int, expected: tuple[int, int, int]
) -> None:
    told(force, days)
    assert counts(force)[:3] == expected


def test_a_newer_version_of_one_incident_is_one(force: NotifyingForce) -> None:
    first = told(force, 5)
    with force.database.write(PLATFORM) as session:
        recall_incident(
            session, incident_ids=[first.incident_id], reason_code="superseded", actor="a",
            now=force.now,
        )  # fmt: skip
    told(force, 4)
    assert counts(force)[:3] == (1, 1, 1)


def test_the_incident_that_is_told_now_is_not_an_earlier_one(force: NotifyingForce) -> None:
    now = told(force, 0)
    assert counts(force, but=now.incident_id) == (0, 0, 0, False)


def test_what_is_erased_is_counted_by_its_day_for_a_year(force: NotifyingForce) -> None:
    force.school(LATER_URN)
    here, there = told(force, 100), told(force, 100, urn=LATER_URN)
    for happened in (here, there):
        with force.database.write(PLATFORM) as session:
            erase(session, happened.incident_id, now=DUE)
    assert counts(force) == (0, 0, 1, True)
    with force.database.read(PLATFORM) as session:
        assert set(session.scalars(select(Notification.person_digest))) == {None}
    with force.database.write(PLATFORM) as session:
        forget_counts(session, on=TODAY + timedelta(days=265))
    assert len(force.rows(ChildCount)) == 2
    with force.database.write(PLATFORM) as session:
        forget_counts(session, on=TODAY + timedelta(days=266))
    assert force.rows(ChildCount) == []


def test_joined_incidents_are_counted_each_after_erasing_as_before(force: NotifyingForce) -> None:
    first = told(force, 20, opened=False)
    told(force, 20, opened=False)
    assert len(force.rows(Notification)) == 1
    before = counts(force)
    with force.database.write(PLATFORM) as session:
        erase(session, first.incident_id, now=DUE)
    assert before[:3] == (2, 2, 2)
    assert counts(force) == before


def test_a_recalled_one_is_not_counted_after_erasing_either(force: NotifyingForce) -> None:
    wrong = told(force, 10)
    with force.database.write(PLATFORM) as session:
        recall_incident(
            session, incident_ids=[wrong.incident_id], reason_code="wrong_school", actor="a",
            now=force.now,
        )  # fmt: skip
        session.execute(update(Incident).values(withdrawn_at=force.now))
        erase(session, wrong.incident_id, now=DUE)
    assert counts(force) == (0, 0, 0, False)


def shown(force: NotifyingForce, notification_id: UUID) -> Pattern | None:
    with force.database.read(PLATFORM) as session:
        row = session.get_one(Notification, notification_id)
        return content_of(session, force.cipher, row).pattern


@pytest.mark.parametrize(
    ("days", "pattern"),
    [
        ((10,), None),
        ((60, 90), Pattern.IN_90_DAYS),
        ((60, 91), None),
        ((1, 2, 3, 30), Pattern.IN_30_DAYS),
        ((1, 2, 3, 31), Pattern.IN_90_DAYS),
    ],
)
def test_the_key_adult_is_shown_a_pattern_with_the_incident_that_makes_it(
    force: NotifyingForce, days: tuple[int, ...], pattern: Pattern | None
) -> None:
    for ago in sorted(days, reverse=True):
        told(force, ago)
    force.at(DUE)
    newest = force.place(force.order(person_digest=PERSON))
    assert shown(force, newest) is pattern


def test_another_school_is_shown_no_pattern_of_this_one(force: NotifyingForce) -> None:
    force.school(LATER_URN)
    for ago in (3, 2):
        told(force, ago)
    force.at(DUE)
    assert shown(force, force.place(force.order(person_digest=PERSON, urn=LATER_URN))) is None


def test_the_force_sets_what_is_a_pattern(force: NotifyingForce) -> None:
    force.at(DUE - minutes(3 * DAY))
    with force.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(patterns=Patterns(in_90_days=2)), valid_from=force.now,
            approved_by="account:lead", now=force.now,
        )  # fmt: skip
    told(force, 2)
    force.at(DUE)
    assert shown(force, force.place(force.order(person_digest=PERSON))) is Pattern.IN_90_DAYS
    assert pattern_of(0, 1, Policy()) is None


@pytest.mark.parametrize("urn", [URN, LATER_URN])
def test_what_one_person_alone_was_told_is_in_no_count_that_others_read(
    force: NotifyingForce, urn: int
) -> None:
    protected = told(force, 20, urn=urn, only="account:one")
    assert counts(force) == (0, 0, 0, False)
    told(force, 10)
    assert counts(force) == (1, 1, 1, False)
    with force.database.read(PLATFORM) as session:
        own = earlier_counts(
            session, person_digest=PERSON, urn=urn, force=FORCE, at=DUE, protected=True
        )
    assert own.days_30 == (2 if urn == URN else 1)
    with force.database.write(PLATFORM) as session:
        erase(session, protected.incident_id, now=DUE)
    assert counts(force) == (1, 1, 1, False)
