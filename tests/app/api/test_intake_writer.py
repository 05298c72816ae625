import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import app.intake.receive as receive_module
from app.api import intake_writer
from app.api.intake_writer import IntakeWriter, store
from app.core.database import Contended, Database
from app.core.errors import NotSignedIn, ServiceError, Unavailable
from app.core.scope import PLATFORM, Scope
from app.intake.models import Incident
from app.intake.payload import IncidentMessage
from app.intake.receive import Kind, Result, Submission
from app.main import create_app
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, add_police, incident

URL = "/api/v1/incidents"


class FaultyDatabase(Database):
    """A database whose connection breaks, once for each fault, before or after the commit."""

    def __init__(self, good: Database, *faults: str) -> None:
        super().__init__(good.engine, good._before_commit)
        self.faults = list(faults)

    @contextmanager
    def write(self, wanted: Scope | None = None) -> Iterator[Session]:
        fault = self.faults.pop(0) if self.faults else ""
        with super().write(wanted) as session:
            yield session
            if fault == "before":
                raise Unavailable("The database did not answer: send it again.")
            if fault == "contended":
                raise Contended("Another writer was in the way: send it again.")
        if fault == "after":
            raise Unavailable("The database did not answer: send it again.")


def count(wiring: Wiring) -> int:
    with wiring.database.read(PLATFORM) as session:
        return session.scalar(select(func.count()).select_from(Incident)) or 0


def submission(police: PoliceSystem, reference: str = "99-1", **changes: Any) -> Submission:
    message = IncidentMessage.model_validate(incident(reference, **changes), strict=False)
    return Submission(police.force, UUID(police.client_id), message)


def with_faults(wiring: Wiring, *faults: str) -> Wiring:
    return replace(wiring, database=FaultyDatabase(wiring.database, *faults))


@pytest.fixture
def faulty(wiring: Wiring) -> Callable[..., tuple[TestClient, PoliceSystem]]:
    """Serve on a database that breaks as told, once the token is out."""

    def serve(*faults: str) -> tuple[TestClient, PoliceSystem]:
        broken = with_faults(wiring)
        client = TestClient(create_app(broken), raise_server_exceptions=False)
        police = add_police(wiring, client)
        assert isinstance(broken.database, FaultyDatabase)
        # The token's own transaction comes first.
        broken.database.faults = ["", *faults]
        return client, police

    return serve


@pytest.mark.parametrize("fault", ["before", "after"])
@pytest.mark.feature("IN3")
def test_an_uncertain_commit_is_read_again_before_the_answer(
    faulty: Callable[..., tuple[TestClient, PoliceSystem]], wiring: Wiring, fault: str
) -> None:
    client, police = faulty(fault)
    with client as http:
        response = http.post(URL, json=incident(), headers=police.headers())
    assert response.status_code == (201 if fault == "before" else 200)
    assert count(wiring) == 1


@pytest.mark.feature("IN3")
def test_a_commit_that_stays_uncertain_is_answered_with_503_and_may_be_repeated(
    faulty: Callable[..., tuple[TestClient, PoliceSystem]], wiring: Wiring
) -> None:
    client, police = faulty("after", "after")
    with client as http:
        headers = police.headers()
        unknown = http.post(URL, json=incident(), headers=headers)
        repeated = http.post(URL, json=incident(), headers=headers)
    assert unknown.status_code == 503
    assert unknown.headers["retry-after"] == "5"
    assert unknown.json()["type"] == "/problems/unavailable"
    assert repeated.status_code == 200
    assert count(wiring) == 1


@pytest.mark.feature("IN3")
def test_work_that_another_writer_disturbs_is_done_again(
    faulty: Callable[..., tuple[TestClient, PoliceSystem]], wiring: Wiring
) -> None:
    client, police = faulty("contended", "contended")
    with client as http:
        assert http.post(URL, json=incident(), headers=police.headers()).status_code == 201
    assert count(wiring) == 1


def test_a_batch_that_cannot_be_stored_at_all_is_answered_with_503(
    faulty: Callable[..., tuple[TestClient, PoliceSystem]],
) -> None:
    client, police = faulty(*["before"] * 3)
    with client as http:
        response = http.post(f"{URL}/batch", json=[incident()], headers=police.headers())
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"


@pytest.mark.feature("IN4")
def test_a_row_the_database_refuses_stands_alone(
    wiring: Wiring, police: PoliceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.casework.submit import submit as real

    def refusing(
        session: Session, submissions: list[Submission], **facts: Any
    ) -> list[Result | ServiceError]:
        if any(one.message.reference == "99-poison" for one in submissions):
            raise IntegrityError("INSERT", {}, Exception("refused"))
        return real(session, submissions, **facts)

    monkeypatch.setattr(intake_writer, "submit", refusing)
    references = [f"99-{n}" for n in range(20)]
    references.insert(13, "99-poison")
    outcomes = store(wiring, [submission(police, reference) for reference in references])
    bad = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, ServiceError)]
    assert bad == [13]
    assert count(wiring) == 20


def test_two_processes_that_store_the_same_incident_store_it_once(
    wiring: Wiring, police: PoliceSystem
) -> None:
    lists = [[submission(police, f"99-{n}") for n in range(10)] for _ in range(4)]
    results: list[list[Any]] = [[] for _ in lists]

    def work(number: int) -> None:
        results[number] = list(store(wiring, lists[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(lists))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(wiring) == 10
    kinds = [outcome.kind for outcomes in results for outcome in outcomes]
    assert kinds.count(Kind.CREATED) == 10
    assert kinds.count(Kind.REPLAYED) == 30


@pytest.mark.feature("IN3")
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("changes", "kind"), [({}, Kind.REPLAYED), ({"version": 2}, Kind.CREATED)])
def test_a_row_that_another_writer_stored_first_is_looked_for_again(
    *,
    wiring: Wiring,
    police: PoliceSystem,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    kind: Kind,
    rows: int,
) -> None:
    store(wiring, [submission(police)])
    looks = blind_at_first(monkeypatch, rows)
    more = [submission(police, f"99-more-{n}") for n in range(1, rows)]
    outcome, *others = store(wiring, [submission(police, **changes), *more])
    assert isinstance(outcome, Result)
    assert (outcome.kind, looks) == (kind, [])
    assert [one.kind for one in others if isinstance(one, Result)] == [Kind.CREATED] * len(more)
    with wiring.database.read(PLATFORM) as session:
        newest = select(Incident.version).where(
            Incident.reference == "99-1", Incident.state == "newest"
        )
        assert session.scalars(newest).all() == [changes.get("version", 1)]


def blind_at_first(monkeypatch: pytest.MonkeyPatch, rows: int) -> list[str]:
    """Let the first looks find nothing, as before the other writer's commit.

    A list is halved before its row stands alone: each of those works looks before the commit too.
    """
    real = receive_module._stored
    looks = ["early"] * (1 if rows == 1 else 2)

    def stored(session: Session, submissions: Any) -> Any:
        if looks and any(one.message.reference == "99-1" for one in submissions):
            looks.pop()
            return {}
        return real(session, submissions)

    monkeypatch.setattr(receive_module, "_stored", stored)
    return looks


def test_a_row_refused_twice_is_given_up(
    wiring: Wiring, police: PoliceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(wiring, [submission(police)])
    monkeypatch.setattr(receive_module, "_stored", lambda *_: {})
    (outcome,) = store(wiring, [submission(police)])
    assert type(outcome) is ServiceError
    assert count(wiring) == 1


def test_results_come_back_in_the_order_of_the_list(wiring: Wiring, police: PoliceSystem) -> None:
    references = ["99-c", "99-a", "99-b"]
    outcomes = store(wiring, [submission(police, reference) for reference in references])
    assert [o.reference for o in outcomes if isinstance(o, Result)] == references


@pytest.mark.feature("IN1")
def test_a_client_revoked_after_its_token_was_issued_stores_nothing(
    wiring: Wiring, police: PoliceSystem
) -> None:
    from app.access.clients import revoke_client

    with wiring.database.write(PLATFORM) as session:
        revoke_client(
            session, UUID(police.client_id), actor="job:test", now=wiring.clock.now()
        )  # fmt: skip
    (outcome,) = store(wiring, [submission(police)])
    assert isinstance(outcome, NotSignedIn)
    assert count(wiring) == 0


@pytest.mark.feature("IN3")
def test_stopping_stores_all_that_waits_and_takes_nothing_new(
    wiring: Wiring, police: PoliceSystem
) -> None:
    writer = IntakeWriter(wiring)
    writer.start()
    answers = [writer.offer(submission(police, f"99-{n}")) for n in range(100)]
    writer.stop()
    assert all(answer.result(timeout=0).kind is Kind.CREATED for answer in answers)
    assert count(wiring) == 100
    with pytest.raises(Unavailable):
        writer.offer(submission(police, "99-late"))


def test_a_full_queue_and_a_long_wait_are_refused(wiring: Wiring, police: PoliceSystem) -> None:
    writer = IntakeWriter(wiring, capacity=2, patience=0.0)
    writer._thread = threading.Thread()  # started in name only: nothing is taken
    waiting = [writer.offer(submission(police, f"99-{n}")) for n in range(2)]
    with pytest.raises(Unavailable):
        writer.offer(submission(police, "99-third"))
    items, last = writer._take()
    writer._flush(items)
    assert last is False
    for answer in waiting:
        with pytest.raises(Unavailable):
            answer.result(timeout=0)
    assert count(wiring) == 0


def test_a_caller_that_has_gone_away_is_not_stored(wiring: Wiring, police: PoliceSystem) -> None:
    writer = IntakeWriter(wiring)
    writer._thread = threading.Thread()
    gone: Future[Result] = writer.offer(submission(police))
    gone.cancel()
    writer._flush(writer._take()[0])
    assert count(wiring) == 0


def test_without_a_lifespan_nothing_is_promised(wiring: Wiring) -> None:
    client = TestClient(create_app(wiring))
    police = add_police(wiring, client)
    assert client.post(URL, json=incident(), headers=police.headers()).status_code == 503
