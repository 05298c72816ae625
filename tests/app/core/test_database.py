"""Units of work: committed whole, rolled back whole, and honest about what is not known."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.models import Force
from app.core.database import Contended, Database, by_hashing, planned_anew, violated
from app.core.errors import Unavailable
from tests.postgres import POSTGRES_ONLY

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def force(code: str) -> Force:
    return Force(code=code, name=f"Force {code}", added_at=AT)


def codes(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Force.code).order_by(Force.code)))


def test_a_writing_unit_is_stored_whole_or_not_at_all(database: Database) -> None:
    with database.write() as session:
        session.add(force("1"))
    with pytest.raises(KeyError), database.write() as session:
        session.add(force("2"))
        session.flush()
        raise KeyError
    assert codes(database) == ["1"]


def test_a_reading_unit_stores_nothing(database: Database) -> None:
    with database.read() as session:
        session.add(force("1"))
        session.flush()
    assert codes(database) == []


def test_a_refused_row_names_its_constraint_and_no_value(database: Database) -> None:
    with database.write() as session:
        session.add(force("1"))
    with pytest.raises(IntegrityError) as refused, database.write() as session:
        session.add(force("1"))
    assert violated(refused.value) in {"pk_force", "force.code"}
    assert "Force 1" not in str(refused.value)


@pytest.mark.feature("IN3")
def test_two_writers_in_each_others_way_both_get_through(database: Database) -> None:
    """F13: a deadlock or a lock is retried with the same work, and nothing is lost."""
    with database.write() as session:
        session.add_all([force("1"), force("2")])
    barrier = threading.Barrier(2)
    tries: list[str] = []

    def rename(first: str, second: str) -> None:
        def work(session: Session) -> None:
            tries.append(first)
            session.get_one(Force, first, with_for_update=True)
            if len(tries) <= 2 and database.engine.dialect.name == "postgresql":
                barrier.wait(60)
            session.get_one(Force, second, with_for_update=True)
            session.get_one(Force, first).name += f" {first}"

        database.retrying(work)

    threads = [threading.Thread(target=rename, args=pair) for pair in (("1", "2"), ("2", "1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        names = sorted(session.scalars(select(Force.name)))
    assert names == ["Force 1 1", "Force 2 2"]
    if database.engine.dialect.name == "postgresql":
        # The one that gave way came again; on a slow machine it may meet the other once more.
        assert len(tries) >= 3


def test_work_that_stays_contended_is_given_up_as_unavailable(database: Database) -> None:
    tries = []

    def work(session: Session) -> None:
        tries.append(1)
        raise Contended("again")

    with pytest.raises(Unavailable):
        database.retrying(work)
    assert len(tries) == 3


@POSTGRES_ONLY
def test_a_database_that_went_away_is_unavailable_and_comes_back(database: Database) -> None:
    """F07: no answer is given as if it were stored; the next unit gets a fresh connection."""
    with pytest.raises(Unavailable), database.write() as session:
        session.add(force("1"))
        session.flush()
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert codes(database) == []
    with database.write() as session:
        session.add(force("2"))
    assert codes(database) == ["2"]


@POSTGRES_ONLY
def test_a_full_pool_is_unavailable_and_not_an_error(database: Database) -> None:
    """F12: the wait for a connection is bounded."""
    small = Database(database.engine, before_commit=lambda session: None)
    held = [database.engine.connect() for _ in range(40)]
    try:
        with pytest.raises(Unavailable), small.read() as session:
            session.execute(text("SELECT 1"))
    finally:
        for connection in held:
            connection.close()


@POSTGRES_ONLY
def test_how_a_report_is_planned_ends_with_it_and_with_a_transaction_that_breaks(
    database: Database,
) -> None:
    settings = ("plan_cache_mode", "enable_nestloop")

    def stand(session: Session) -> list[str]:
        return [session.scalar(text(f"SHOW {one}")) or "" for one in settings]

    with database.read() as session:
        before = stand(session)
        with planned_anew(session):
            assert stand(session) == ["force_custom_plan", "on"]
        with by_hashing(session):
            assert stand(session) == ["force_custom_plan", "off"]
        assert stand(session) == before == ["auto", "on"]
    with pytest.raises(KeyError), database.read() as session, by_hashing(session):
        raise KeyError
    with database.read() as session:
        assert stand(session) == before


def test_a_report_is_asked_the_same_way_where_plans_are_not_kept(database: Database) -> None:
    with database.read() as session, by_hashing(session):
        assert session.scalars(select(Force.code)).all() == []
