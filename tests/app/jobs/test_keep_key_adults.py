"""Reminders to prove an address: once a week, in quiet hours, to those it concerns."""

from datetime import UTC, date, datetime

import pytest

from app.core.clock import at_london
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.keep_key_adults import keep_key_adults
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications.channels.recording import RecordingChannel
from notifications.models import Alert
from schools.models import KeyAdult, Term
from tests.factories.mornings import Morning, morning_at_school
from tests.factories.notifications import URN

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def prove(morning: Morning, email_of: int, on: date) -> None:
    """Say when the first or second key adult of the school proved the address."""
    with morning.wiring.database.write(PLATFORM) as session:
        (row,) = morning.force.rows(KeyAdult, urn=URN, position=email_of)
        session.get_one(KeyAdult, row.id).contact_verified_at = at_london(on, TEN.time())


@pytest.fixture
def morning(wiring: Wiring) -> Morning:
    return morning_at_school(wiring)


@pytest.fixture
def runner(morning: Morning) -> Runner:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(
            Term(
                id=morning.priya.account_id, owner="council:999", first_on=date(2026, 11, 2),
                last_on=date(2026, 12, 18),
            )
        )  # fmt: skip
    prove(morning, 1, date(2026, 7, 1))
    steps = [step for step in PIPELINE if step[0] in {"keep_key_adults", "send_due"}]
    assert ("keep_key_adults", keep_key_adults) in steps
    return Runner(morning.wiring, tuple(steps), owner="test")


def tick(morning: Morning, runner: Runner, at: datetime) -> list[str]:
    """Run the steps at an instant and return whom a reminder went to."""
    morning.force.at(at)
    channel = morning.wiring.channel
    assert isinstance(channel, RecordingChannel)
    before = len(channel.sent)
    assert not any(report.failed for report in runner.run_pipeline())
    runner.run_pipeline()
    return [one.message.address for one in channel.sent[before:]]


@pytest.mark.feature("RE6")
def test_who_has_not_proved_the_address_this_term_is_asked_once_a_week(
    morning: Morning, runner: Runner
) -> None:
    assert tick(morning, runner, TEN.replace(hour=9, minute=59)) == []
    assert tick(morning, runner, TEN) == ["priya@example.org"]
    assert tick(morning, runner, TEN.replace(hour=14)) == []
    assert tick(morning, runner, TEN.replace(day=21)) == []
    assert tick(morning, runner, TEN.replace(day=23)) == []
    assert tick(morning, runner, TEN.replace(day=27)) == ["priya@example.org"]
    prove(morning, 1, date(2026, 11, 27))
    assert tick(morning, runner, TEN.replace(month=12, day=8)) == []
    assert {row.template for row in morning.force.rows(Alert)} == {"account"}


@pytest.mark.feature("RE6")
def test_a_stale_proof_still_counts_for_the_days_of_grace(morning: Morning, runner: Runner) -> None:
    waiting = morning.notification()
    tick(morning, runner, datetime(2026, 11, 20, 7, 0, tzinfo=UTC))
    morning.force.chase()
    (alert,) = morning.force.rows(Alert, template="message_waiting")
    (priya,) = morning.force.rows(KeyAdult, urn=URN, position=1)
    assert alert.key_adult_id == priya.id
    assert morning.read(waiting).told_at is None


def test_an_address_that_bounced_gets_no_reminder(morning: Morning, runner: Runner) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        (row,) = morning.force.rows(KeyAdult, urn=URN, position=1)
        adult = session.get_one(KeyAdult, row.id)
        adult.contact_verified_at, adult.unverified_why = None, "bounced"
    assert tick(morning, runner, TEN) == []
