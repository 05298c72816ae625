"""Rows that go in by one statement are those that SQLAlchemy's own way would have stored."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.bulk import insert_rows
from app.core.database import Database
from app.core.ids import new_id
from app.core.models import AuditEntry, ContentKey
from app.core.scope import PLATFORM, ScopeMissing, must_admit, of_force
from app.intake.models import InvolvedChild

AT = datetime(2026, 6, 20, 1, 0, 0, 123456, tzinfo=UTC)


def entry(seq: int, **others: Any) -> dict[str, Any]:
    return {
        "chain": "99", "seq": seq, "at": AT, "actor": "job:a", "event": "b", "subject": "c:d",
        "force": "99", "reason_code": None, "request_id": None, "detail": None,
        "prev_hash": bytes(32), "hash": bytes(range(32)), **others,
    }  # fmt: skip


HOSTILE: list[dict[str, Any]] = [
    {},
    {"detail": {"a": [1, "é 😀", None, True]}, "reason_code": 'a"b\\c,{}NULL'},
    {"detail": {}, "subject": "'; --", "request_id": ""},
    {"seq": 2**62, "actor": "%s %b ? :x", "at": AT.replace(microsecond=0)},
]


@pytest.mark.parametrize("together", [1, len(HOSTILE)])
def test_rows_read_the_same_whichever_way_they_went_in(database: Database, together: int) -> None:
    rows = [entry(seq, **others) if "seq" not in others else entry(**others)
            for seq, others in enumerate(HOSTILE[-together:], start=1)]  # fmt: skip
    read = []
    for way in ("ours", "theirs"):
        named = [{**row, "chain": way} for row in rows]
        with database.write(PLATFORM) as session:
            if way == "ours":
                insert_rows(session.connection(), AuditEntry, named)
            else:
                session.execute(insert(AuditEntry), named)
        with database.read(PLATFORM) as session:
            columns = [column for column in AuditEntry.__table__.columns if column.name != "chain"]
            found = select(*columns).where(AuditEntry.chain == way).order_by(AuditEntry.seq)
            read.append([tuple(row) for row in session.execute(found)])
    assert read[0] == read[1]
    assert len(read[0]) == together


def test_no_rows_store_nothing_and_break_nothing(database: Database) -> None:
    with database.write(PLATFORM) as session:
        insert_rows(session.connection(), AuditEntry, [])
    with database.read(PLATFORM) as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_rows_that_name_different_columns_are_refused(database: Database) -> None:
    short = entry(2)
    del short["detail"]
    with database.write(PLATFORM) as session, pytest.raises(KeyError):
        insert_rows(session.connection(), AuditEntry, [entry(1), short])
    other = entry(2)
    other["destail"] = other.pop("detail")
    with database.write(PLATFORM) as session, pytest.raises(KeyError):
        insert_rows(session.connection(), AuditEntry, [entry(1), other])


def test_a_column_with_a_default_has_to_be_named(database: Database) -> None:
    with database.write(PLATFORM) as session, pytest.raises(ValueError, match="protected"):
        insert_rows(session.connection(), InvolvedChild, [{"id": new_id(), "force": "99"}])


def test_what_the_database_refuses_comes_out_as_it_does_elsewhere(database: Database) -> None:
    key = {"id": new_id(), "force": "99", "incident_id": new_id(), "wrapped_key": b"w"}
    with pytest.raises(IntegrityError), database.write(PLATFORM) as session:
        insert_rows(session.connection(), ContentKey, [key, {**key, "incident_id": new_id()}])
    with database.read(PLATFORM) as session:
        assert session.scalars(select(ContentKey)).all() == []


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with database.write(PLATFORM) as session, pytest.raises(ValueError, match="zone"):
        insert_rows(session.connection(), AuditEntry, [entry(1, at=AT.replace(tzinfo=None))])


def test_what_is_too_long_is_never_cut(database: Database) -> None:
    long = "x" * 65
    try:
        with database.write(PLATFORM) as session:
            insert_rows(session.connection(), AuditEntry, [entry(1, event=long)])
    except DBAPIError:
        assert database.engine.dialect.name == "postgresql"
    else:
        with database.read(PLATFORM) as session:
            assert session.scalar(select(AuditEntry.event)) == long


def test_rows_of_another_force_are_outside_the_scope_of_the_work(database: Database) -> None:
    with database.write(of_force("99")) as session:
        must_admit(session, {"99"})
        with pytest.raises(ScopeMissing):
            must_admit(session, {"99", "98"})
    with database.write(PLATFORM) as session:
        must_admit(session, {"99", "98"})
    with database.write() as session, pytest.raises(ScopeMissing):
        must_admit(session, {"99"})
