"""Claims and results beside each other: locks in one order, and nothing lost to another's turn."""

import threading
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text, update

from app.core.database import Contended
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from notifications import providers
from notifications.delivery import send_all
from notifications.models import Alert
from notifications.outbox import claim, record
from notifications.results import SET_ASIDE_AFTER
from notifications.states import AlertState
from tests.factories.notifications import DUE, NotifyingForce, minutes


@pytest.fixture
def planned(force: NotifyingForce, placed: UUID) -> UUID:
    """One planned alert, at 06:55."""
    force.at(DUE - minutes(120))
    force.chase()
    return placed


def the_alert(force: NotifyingForce) -> Alert:
    (alert,) = force.rows(Alert)
    assert isinstance(alert, Alert)
    return alert


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_late_result_and_a_claim_that_sets_its_alert_aside_never_deadlock(
    force: NotifyingForce,
) -> None:
    channel = force.wiring.channel
    assert channel is not None
    with force.database.write(PLATFORM) as session:
        (claimed,) = claim(session, force.cipher, owner="one", now=force.now, channels=[channel])
        session.execute(update(Alert).values(own_failures=SET_ASIDE_AFTER - 1))
    results = send_all([claimed], channel)
    force.at(force.now + timedelta(minutes=2))
    claims: list[object] = []

    def claim_beside() -> None:
        try:
            with force.database.write(PLATFORM) as session:
                claims.append(
                    claim(session, force.cipher, owner="two", now=force.now, channels=[channel])
                )
        except Contended as error:
            claims.append(error)

    beside = threading.Thread(target=claim_beside)
    with force.database.write(PLATFORM) as session:
        providers.heard(session, [], now=force.now)
        beside.start()
        until_somebody_waits(force)
        assert record(session, results, now=force.now) == 1
    beside.join()
    assert claims == [[]]
    assert the_alert(force).state is AlertState.HANDED_OVER


def until_somebody_waits(force: NotifyingForce) -> None:
    wanted = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = monotonic() + 30
    while monotonic() < until:
        with force.database.read(PLATFORM) as session:
            if session.execute(wanted).scalar_one():
                return
    raise AssertionError("nobody waits")


@pytest.mark.usefixtures("planned")
def test_results_that_met_another_writer_are_written_again(force: NotifyingForce) -> None:
    met: list[str] = []

    def in_the_way(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "UPDATE alert" in statement and "handed_over_at" in statement:
            met.append(statement)
            if len(met) == 1:
                raise Contended("Another writer was in the way: send it again.")

    engine = force.database.engine
    event.listen(engine, "before_cursor_execute", in_the_way)
    try:
        report = Runner(force.wiring, PIPELINE, owner="one").run_step("send_due")
    finally:
        event.remove(engine, "before_cursor_execute", in_the_way)
    assert len(met) == 2
    assert (report.done, report.failed) == (1, 0)
    alert = the_alert(force)
    assert (alert.state, alert.attempts) == (AlertState.HANDED_OVER, 1)
