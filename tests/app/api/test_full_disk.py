"""The database can be read and no longer written: a full disk, or a replica by mistake."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select, text

from app.core.clock import HandClock
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.wiring import Wiring
from tests.factories.incidents import child, incident

URL = "/api/v1/incidents"


def references(wiring: Wiring) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        return sorted(session.scalars(select(Incident.reference)))


@contextmanager
def full(engine: Engine) -> Iterator[None]:
    """Let the file of a SQLite database grow no further, as on a full disk."""

    def limit(connection: Any, _record: object) -> None:
        # A limit below the file's own size is raised to that size.
        connection.execute("PRAGMA max_page_count=1")

    event.listen(engine, "connect", limit)
    engine.dispose()
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


@contextmanager
def read_only(engine: Engine) -> Iterator[None]:
    """Let a PostgreSQL database take no write, as a replica does."""
    setting = f'ALTER DATABASE "{engine.url.database}" SET default_transaction_read_only ='
    for how in ("on", "off"):
        with engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ WRITE"))
            connection.execute(text(f"{setting} {how}"))
            connection.commit()
        engine.dispose()
        if how == "on":
            yield


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_answered_503_and_what_was_accepted_is_all_that_is_stored(
    wiring: Wiring, http: TestClient, auth: dict[str, str]
) -> None:
    """F10."""
    # As long as a message may be, so that the last free pages are used up soon.
    children = [child(f"c{one}", forename="A" * 60, surname="B" * 60) for one in range(20)]
    sent = [f"99-{number}" for number in range(100, 120)]
    accepted: list[str] = []
    with full(wiring.database.engine):
        for reference in sent:
            answer = http.post(URL, json=incident(reference, children=children), headers=auth)
            if answer.status_code == 201:
                accepted.append(reference)
            else:
                assert answer.status_code == 503
                assert answer.headers["Retry-After"]
        assert len(accepted) < len(sent)
        assert references(wiring) == accepted
    for reference in sent:
        again = http.post(URL, json=incident(reference, children=children), headers=auth)
        assert again.status_code == (200 if reference in accepted else 201)
    assert references(wiring) == sent


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_became_read_only_is_answered_503_and_is_not_ready(
    wiring: Wiring, http: TestClient, auth: dict[str, str], clock: HandClock
) -> None:
    """F11."""
    assert http.get("/health/ready").status_code == 200
    with read_only(wiring.database.engine):
        refused = http.post(URL, json=incident("99-1"), headers=auth)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        clock.advance(timedelta(seconds=1))
        assert http.get("/health/ready").status_code == 503
    assert http.post(URL, json=incident("99-1"), headers=auth).status_code == 201
    assert references(wiring) == ["99-1"]
