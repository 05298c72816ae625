"""The trail is written with the act, chained per force, and changed by nobody."""

import random
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.core import audit, chain_links
from app.core.audit import Chain, Event
from app.core.database import Database
from app.core.models import AuditEntry, AuditHead
from app.core.scope import PLATFORM

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

pytestmark = pytest.mark.feature("AU1")


def act(database: Database, force: str | None = "99", count: int = 1) -> None:
    with database.write(PLATFORM) as session:
        for _ in range(count):
            audit.record(
                session, event=Event.INCIDENT_RECEIVED, actor="client:1", force=force,
                subject="incident:1", now=AT, detail={"children": 2},
            )  # fmt: skip


def test_each_chain_counts_from_one_and_verifies(database: Database, chain: Chain) -> None:
    act(database, "99", 3)
    act(database, "98", 1)
    act(database, "99", 2)
    act(database, None, 1)
    with database.read(PLATFORM) as session:
        heads = {head.chain: head.seq for head in session.scalars(select(AuditHead))}
        assert heads == {"99": 5, "98": 1, "platform": 1}
        assert [chain.verify(session, name) for name in heads] == [None, None, None]


def test_work_that_fails_leaves_no_row_of_the_trail(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write(PLATFORM) as session:
        audit.record(
            session, event=Event.INCIDENT_RECEIVED, actor="client:1", force="99",
            subject="incident:1", now=AT,
        )  # fmt: skip
        raise RuntimeError("the act itself failed")
    with database.read(PLATFORM) as session:
        assert session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize("change", [update(AuditEntry).values(actor="x"), delete(AuditEntry)])
def test_the_database_refuses_to_change_or_delete_a_row(database: Database, change: object) -> None:
    act(database)
    with pytest.raises(DatabaseError), database.write(PLATFORM) as session:
        session.execute(change)  # type: ignore[call-overload]


def test_the_database_refuses_to_empty_the_trail(database: Database) -> None:
    act(database)
    if database.engine.dialect.name == "sqlite":
        statement = "DELETE FROM audit"  # SQLite has no TRUNCATE
    else:
        statement = "TRUNCATE audit"
    with pytest.raises(DatabaseError), database.write(PLATFORM) as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET actor = 'client:2' WHERE seq = 2",
        "UPDATE audit SET detail = NULL WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 4",
        "UPDATE audit SET seq = 5 WHERE seq = 4",
    ],
)
def test_a_change_behind_the_triggers_back_is_found(
    database: Database, chain: Chain, tampering: str
) -> None:
    act(database, "99", 4)
    with database.engine.begin() as connection:
        names = {"sqlite": ("audit_no_update", "audit_no_delete")}
        for name in names.get(connection.dialect.name, ("audit_no_change",)):
            on = "" if connection.dialect.name == "sqlite" else " ON audit"
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        connection.execute(text(tampering))
    with database.read(PLATFORM) as session:
        assert chain.verify(session, "99") in {2, 4}


@pytest.mark.feature("AU2")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_bit_that_is_flipped_and_any_row_that_goes_is_found(
    database: Database, chain: Chain
) -> None:
    act(database, "99", 30)
    chance = random.Random(7)
    with database.engine.begin() as connection:
        for name in ("audit_no_update", "audit_no_delete"):
            connection.execute(text(f"DROP TRIGGER {name}"))
    for _ in range(200):
        seq = chance.randint(1, 30)
        with database.read(PLATFORM) as session:
            assert chain.verify(session, "99") is None
            _flip(session, seq, chance)
            assert chain.verify(session, "99") in {seq, seq + 1}


def _flip(session: Session, seq: int, chance: random.Random) -> None:
    """Change one bit of one column of a row, or take the row away; the session is rolled back."""
    column = chance.choice(("actor", "event", "subject", "at", "prev_hash", "hash", "", ""))
    if not column:
        session.execute(text("DELETE FROM audit WHERE seq = :seq"), {"seq": seq})
        return
    found = text(f"SELECT {column} FROM audit WHERE seq = :seq")  # noqa: S608 (from the list above)
    value = session.execute(found, {"seq": seq}).scalar_one()
    raw = bytearray(value if isinstance(value, bytes) else value.encode())
    # The digits of a time stay digits.
    place = chance.choice((3, 12, 15)) if column == "at" else chance.randrange(len(raw))
    raw[place] ^= 1
    changed = bytes(raw) if isinstance(value, bytes) else raw.decode()
    change = text(f"UPDATE audit SET {column} = :changed WHERE seq = :seq")  # noqa: S608 (as above)
    session.execute(change, {"changed": changed, "seq": seq})


def test_eight_writers_at_once_make_one_unbroken_chain(database: Database, chain: Chain) -> None:
    threads = [threading.Thread(target=act, args=(database, "99", 5)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read(PLATFORM) as session:
        assert session.get_one(AuditHead, "99").seq == 40
        assert chain.verify(session, "99") is None


def test_writers_on_several_chains_in_any_order_never_deadlock(
    database: Database, chain: Chain
) -> None:
    def write(order: tuple[str, ...]) -> None:
        for _ in range(10):
            with database.write(PLATFORM) as session:
                for force in order:
                    audit.record(
                        session, event=Event.INCIDENT_RECEIVED, actor="client:1", force=force,
                        subject="incident:1", now=AT,
                    )  # fmt: skip

    orders = [("1", "2", "3"), ("3", "2", "1"), ("2", "3", "1"), ("1", "3", "2")]
    threads = [threading.Thread(target=write, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read(PLATFORM) as session:
        assert [session.get_one(AuditHead, name).seq for name in "123"] == [40, 40, 40]


def test_the_hash_of_a_fixed_row_never_changes() -> None:
    row = {
        "chain": "99", "seq": 1, "at": AT, "actor": "client:1", "event": "intake:incident:received",
        "subject": "incident:1", "force": "99", "reason_code": None, "request_id": None,
        "detail": {"b": 1, "a": "é"},
    }  # fmt: skip
    assert (
        chain_links.canonical(row)
        == (
            '{"actor":"client:1","at":"2026-11-20T01:00:00.000000+00:00","chain":"99",'
            '"detail":{"a":"é","b":1},"event":"intake:incident:received","force":"99",'
            '"reason_code":null,"request_id":null,"seq":1,"subject":"incident:1"}'
        ).encode()
    )
    assert chain_links.link(bytes(32), row, chain_links.GENESIS).hex() == (
        "e713699d592c7905c221d5fa8197d2d5d185cdd940655981bec2b08a82d6935b"
    )
