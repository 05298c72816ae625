"""What the outbox asks is answered along indexes, however many alerts there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, event, text

from app.core.database import Database
from app.core.scope import PLATFORM
from app.wiring import build
from notifications.attempts import AlertResult, ClaimedAlert, ResultKind
from notifications.outbox import claim, record
from tests.factories.notifications import DUE, NotifyingForce, minutes
from tests.postgres import as_role


class Asked(NamedTuple):
    """A statement as the database was given it."""

    said: str
    values: Any


@contextmanager
def listening(database: Database) -> Iterator[list[Asked]]:
    """Yield what is asked meanwhile."""
    asked: list[Asked] = []

    def keep(_connection: object, _cursor: object, said: str, values: object, *_: object) -> None:
        asked.append(Asked(said, values))

    event.listen(database.engine, "before_cursor_execute", keep)
    yield asked
    event.remove(database.engine, "before_cursor_execute", keep)


def plan_of(connection: Connection, asked: Asked) -> str:
    """Return how the database would answer a statement, where a table is worth an index."""
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    explain = "EXPLAIN (COSTS OFF)" if on_postgresql else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{explain} {asked.said}", asked.values)
    return "\n".join(str(row[-1]) for row in rows)


def claimed_by(database: Database, force: NotifyingForce) -> list[ClaimedAlert]:
    with database.write(PLATFORM) as session:
        return claim(session, force.cipher, owner="one", now=force.now)


@pytest.fixture
def waiting(force: NotifyingForce) -> NotifyingForce:
    """One alert that is due."""
    force.place()
    force.at(DUE - minutes(120))
    force.chase()
    return force


def test_what_waits_is_walked_along_and_never_sorted(waiting: NotifyingForce) -> None:
    with listening(waiting.database) as asked:
        assert claimed_by(waiting.database, waiting)
    walks = [one for one in asked if "SELECT alert.id \n" in one.said and "ORDER" in one.said]
    assert len(walks) == 2  # what cannot wait, and where there is room left what can
    with waiting.database.read(PLATFORM) as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            # As the outbox asks it.
            connection.execute(text("SET LOCAL enable_sort = off"))
        for walk in walks:
            plan = plan_of(connection, walk)
            assert "ix_alert_unsettled" in plan
            assert not any(word in plan for word in ("Sort", "Bitmap", "TEMP B-TREE"))


def test_what_a_sender_died_over_is_found_among_what_is_leased(waiting: NotifyingForce) -> None:
    with listening(waiting.database) as asked:
        assert claimed_by(waiting.database, waiting)
    (given_up,) = [one for one in asked if "alert.own_failures >=" in one.said]
    with waiting.database.read(PLATFORM) as session:
        plan = plan_of(session.connection(), given_up)
    assert "ix_alert_leased" in plan
    assert "SCAN alert" not in plan
    assert "Seq Scan" not in plan


@pytest.fixture
def scheduler(waiting: NotifyingForce) -> Iterator[Database]:
    """The same database as the scheduler of production has it."""
    settings = waiting.wiring.settings
    url = as_role(settings.database_url, "encompass_scheduler")
    found = build(settings.model_copy(update={"database_url": url})).database
    yield found
    found.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_schedulers_role_finds_a_block_by_its_ids_whatever_the_walls_ask(
    waiting: NotifyingForce, scheduler: Database
) -> None:
    with listening(scheduler) as asked:
        (taken,) = claimed_by(scheduler, waiting)
        told = AlertResult(
            taken.alert_id, taken.fence, ResultKind.HANDED_OVER, channel="recording",
            reference="<one@x>",
        )  # fmt: skip
        with scheduler.write(PLATFORM) as session:
            assert record(session, [told], now=waiting.now) == 1
    locks = [one for one in asked if "WHERE alert.id = ANY" in one.said and "FOR" in one.said]
    writes = [one for one in asked if one.said.startswith("UPDATE alert SET")]
    # Locked and leased, locked again and written.
    assert (len(locks), len(writes)) == (2, 2)
    with scheduler.read(PLATFORM) as session:
        for one in (*locks, *writes):
            plan = plan_of(session.connection(), one)
            by_id = "Index Scan using pk_alert" in plan and "Index Cond: (id = " in plan
            assert by_id or "ix_alert_leased" in plan
            assert "Seq Scan on alert" not in plan
