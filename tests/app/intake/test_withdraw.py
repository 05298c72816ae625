"""Taking an incident back while the force's newer version is just being stored."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.errors import Unavailable
from app.core.scope import PLATFORM
from app.intake import withdraw as withdraw_module
from app.intake.models import Incident
from app.intake.payload import IncidentMessage
from app.intake.receive import Submission, receive
from app.intake.withdraw import Withdrawn, withdraw
from app.main import create_app
from app.wiring import Wiring
from tests.factories.incidents import FORCE, PoliceSystem, add_police, incident

REFERENCE = "99-2026-0000001"


@pytest.fixture
def police(wiring: Wiring) -> PoliceSystem:
    return add_police(wiring, TestClient(create_app(wiring)))


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def push(session: Session, wiring: Wiring, police: PoliceSystem, version: int) -> None:
    message = IncidentMessage.model_validate(incident(version=version), strict=False)
    pushed = Submission(FORCE, UUID(police.client_id), message)
    receive(session, wiring.cipher, [pushed], now=wiring.clock.now())


def take_back(wiring: Wiring) -> Withdrawn:
    with wiring.database.write(PLATFORM) as session:
        return withdraw(
            session, wiring.cipher, force=FORCE, reference=REFERENCE, reason_code="error",
            reason=None, now=wiring.clock.now(),
        )  # fmt: skip


def states(wiring: Wiring) -> dict[int, str]:
    with wiring.database.read(PLATFORM) as session:
        found: Any = session.execute(select(Incident.version, Incident.state)).all()
        return dict(found)


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1500):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("nobody waits for a lock")


def somebody_waits(wiring: Wiring) -> bool:
    """Return whether a statement waits for a lock; on SQLite writers wait for their turn."""
    engine = wiring.database.engine
    if engine.dialect.name == "sqlite":
        return bool(wiring.database._turns._waiting)
    waits = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with engine.connect() as connection:
        return bool(connection.scalar(waits))


@pytest.mark.parametrize("withdrawn_before", [False, True])
def test_a_withdrawal_that_waits_for_a_newer_version_takes_back_the_newer(
    *,
    wiring: Wiring,
    police: PoliceSystem,
    elsewhere: ThreadPoolExecutor,
    withdrawn_before: bool,
) -> None:
    with wiring.database.write(PLATFORM) as session:
        push(session, wiring, police, 1)
    if withdrawn_before:
        take_back(wiring)
        with wiring.database.write(PLATFORM) as session:
            push(session, wiring, police, 2)
    with wiring.database.write(PLATFORM) as session:
        push(session, wiring, police, 3)
        taking: Future[Withdrawn] = elsewhere.submit(take_back, wiring)
        until(lambda: somebody_waits(wiring))
    taken = taking.result(timeout=60)
    assert (taken.incident.version, taken.already) == (3, False)
    assert len(taken.children) == 1
    assert states(wiring)[3] == "withdrawn"
    assert "newest" not in states(wiring).values()


def test_a_withdrawal_that_never_sees_the_newest_may_be_sent_again(
    wiring: Wiring, police: PoliceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wiring.database.write(PLATFORM) as session:
        push(session, wiring, police, 1)
    monkeypatch.setattr(withdraw_module, "_LOOKS", 0)
    with pytest.raises(Unavailable):
        take_back(wiring)
    assert states(wiring) == {1: "newest"}
