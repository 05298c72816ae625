"""The line to PostgreSQL is cut, falls silent, or loses an answer: nobody is told a falsehood.

SQLite is a file of the same host: there is no line to lose.
"""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url, select, text

from app.api import batch
from app.api.intake_writer import IntakeWriter
from app.core.database import Database, make_engine
from app.core.errors import Unavailable
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.main import create_app
from app.wiring import Wiring
from tests.factories.incidents import PoliceSystem, add_police, incident
from tests.line import Line, line_to

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

URL = "/api/v1/incidents"
# A statement may take a second here; a silent server is given up five seconds after that.
STATEMENT_SECONDS = 1
ANSWER_SECONDS = 8
# Far more than any of the two, far less than a wait without an end.
BOUND = 60


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    url = make_url(database_url)
    with line_to(url.host or "127.0.0.1", url.port or 5432) as line:
        yield line


@pytest.fixture
def far(wiring: Wiring, line: Line) -> Iterator[Wiring]:
    """The same service, with its database at the other end of the line."""
    url = make_url(wiring.settings.database_url).set(host="127.0.0.1", port=line.port)
    whole = url.render_as_string(hide_password=False)
    engine = make_engine(whole, statement_seconds=STATEMENT_SECONDS)
    yield replace(wiring, database=Database(engine, before_commit=wiring.chain.write))
    line.mend()
    engine.dispose()


@pytest.fixture
def http(far: Wiring) -> Iterator[TestClient]:
    application = create_app(far)
    application.state.intake = IntakeWriter(far, answer_seconds=ANSWER_SECONDS)
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def police(wiring: Wiring, http: TestClient) -> PoliceSystem:
    return add_police(wiring, http)


def stored(wiring: Wiring) -> dict[str, int]:
    """Return how many children each stored incident has, read past the line."""
    with wiring.database.read(PLATFORM) as session:
        incidents = session.execute(select(Incident.id, Incident.reference)).all()
        children = Counter(session.scalars(select(InvolvedChild.incident_id)))
    assert len({reference for _, reference in incidents}) == len(incidents)
    return {reference: children[identity] for identity, reference in incidents}


def test_a_lost_answer_to_the_commit_is_looked_up_and_answered_as_stored(
    wiring: Wiring, line: Line, http: TestClient, auth: dict[str, str]
) -> None:
    """F08."""
    line.lose_answer_to = b"COMMIT"
    answer = http.post(URL, json=incident("99-1"), headers=auth)
    assert line.lost == 1
    assert answer.status_code == 200
    assert stored(wiring) == {"99-1": 1}


def test_a_line_that_is_cut_is_answered_503_until_it_is_there_again(
    wiring: Wiring, line: Line, http: TestClient, auth: dict[str, str]
) -> None:
    assert http.post(URL, json=incident("99-1"), headers=auth).status_code == 201
    line.cut()
    refused = http.post(URL, json=incident("99-2"), headers=auth)
    assert (refused.status_code, http.get("/health/ready").status_code) == (503, 503)
    assert refused.headers["Retry-After"]
    line.mend()
    assert http.post(URL, json=incident("99-2"), headers=auth).status_code == 201
    assert stored(wiring) == {"99-1": 1, "99-2": 1}


@pytest.mark.timeout(300)
def test_a_line_that_falls_silent_holds_nobody_for_ever_and_what_was_sent_is_stored_once(
    wiring: Wiring, line: Line, http: TestClient, auth: dict[str, str]
) -> None:
    assert http.post(URL, json=incident("99-0"), headers=auth).status_code == 201
    names = [f"99-{number}" for number in range(1, 9)]

    def push(reference: str) -> int:
        return http.post(URL, json=incident(reference), headers=auth).status_code

    line.silence()
    began = monotonic()
    with ThreadPoolExecutor(len(names)) as pool:
        assert set(pool.map(push, names)) == {503}
    assert http.get("/health/live").status_code == 200
    assert http.get("/health/ready").status_code == 503
    assert monotonic() - began < BOUND
    line.mend()
    # Whoever is told 503 sends again; what came through in the meantime is not stored twice.
    for reference in names:
        while (status := push(reference)) == 503:
            assert monotonic() - began < 2 * BOUND
        assert status in {200, 201}
    assert stored(wiring) == dict.fromkeys(["99-0", *names], 1)


@pytest.mark.timeout(300)
def test_a_batch_on_a_silent_line_tries_once_and_not_for_each_part_of_it(
    wiring: Wiring, line: Line, http: TestClient, auth: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(batch, "_AT_ONCE", 2)
    rows = [incident(f"99-{number}") for number in range(20)]
    body = "\n".join(map(json.dumps, rows))
    headers = {**auth, "Content-Type": batch.NDJSON}
    assert http.post(URL, json=incident("98-0"), headers=auth).status_code == 201
    line.silence()
    began = monotonic()
    assert http.post(f"{URL}/batch", content=body, headers=headers).status_code == 503
    assert monotonic() - began < BOUND
    line.mend()
    again = http.post(f"{URL}/batch", content=body, headers=headers).json()
    assert (again["accepted"] + again["replayed"], again["rejected"]) == (20, 0)
    assert len(stored(wiring)) == 21


@pytest.mark.timeout(300)
def test_a_connection_that_was_given_up_never_serves_another(far: Wiring, line: Line) -> None:
    """The answer to a statement of before would be read as that of another."""
    with far.database.read(PLATFORM) as session:
        assert session.scalar(text("SELECT 1")) == 1
    line.silence()
    with pytest.raises(Unavailable), far.database.read(PLATFORM) as session:
        session.scalar(text("SELECT 2"))
    line.mend()
    for number in range(3, 8):
        with far.database.read(PLATFORM) as session:
            assert session.scalar(text(f"SELECT {number}")) == number


def test_a_statement_that_takes_too_long_is_ended_by_the_server_and_the_line_is_kept(
    far: Wiring,
) -> None:
    """F12."""
    process = text("SELECT pg_backend_pid()")
    with far.database.read(PLATFORM) as session:
        before = session.scalar(process)
    with pytest.raises(Unavailable), far.database.read(PLATFORM) as session:
        session.execute(text("SELECT pg_sleep(30)"))
    with far.database.read(PLATFORM) as session:
        assert session.scalar(process) == before
