"""A database that is lent again holds nothing of the test before, however that test left it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError

from tests.lending import Lender
from tests.postgres import HOW_TO_GET, drop_database, fresh_database
from tests.requirements import require

# Few enough to be deleted one by one, and enough for the table to be given new files.
FEW, MANY = 3, 3000
FORCES = text(
    "INSERT INTO force (code, name, added_at)"
    " SELECT number::text, 'A force', now() FROM generate_series(1, :rows) number"
)
TRAIL = text(
    "INSERT INTO audit (chain, seq, force, at, actor, event, subject, prev_hash, hash)"
    " VALUES ('99', 1, '99', now(), 'client:1', 'incident.received', 'incident:1', '', '')"
)
# A renamed database keeps its number, a new one has its own.
IDENTITY = text("SELECT oid FROM pg_database WHERE datname = current_database()")


@pytest.fixture
def lender(postgres_lender: Lender | None) -> Iterator[Lender]:
    """A lender of this test's own, on the template of all."""
    require("postgres", postgres_lender, HOW_TO_GET)
    assert postgres_lender is not None
    own = Lender(postgres_lender.admin_url, postgres_lender.template_url)
    yield own
    own.close()


def contents(url: str) -> dict[str, object]:
    """Every row of every table, and where every sequence stands."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        found: dict[str, object] = {
            name: connection.execute(text(f"TABLE {name}")).all() for name in tables
        }
        found["sequences"] = sorted(
            tuple(row)
            for row in connection.execute(
                text("SELECT sequencename, last_value FROM pg_sequences WHERE start_value = 1")
            )
        )
    engine.dispose()
    return found


def lent(lender: Lender) -> Engine:
    return create_engine(lender.lend())


def give_back(lender: Lender, engine: Engine) -> None:
    lender.take_back(engine.url.render_as_string(hide_password=False))


@pytest.mark.parametrize("rows", [FEW, MANY])
def test_rows_sequences_and_what_migrations_sowed_are_as_in_a_copy(
    lender: Lender, rows: int
) -> None:
    engine = lent(lender)
    with engine.begin() as connection:
        connection.execute(FORCES, {"rows": rows})
        connection.execute(text("SELECT nextval(oid) FROM pg_class WHERE relkind = 'S'"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    give_back(lender, engine)
    again = lender.lend()
    copy = fresh_database(lender.admin_url, template_url=lender.template_url)
    assert contents(again) == contents(copy)
    assert make_url(again).database != engine.url.database
    engine.dispose()
    lender.take_back(again)
    drop_database(lender.admin_url, copy)


def test_the_trail_that_nobody_may_empty_is_empty_and_refuses_again(lender: Lender) -> None:
    for _ in range(2):
        engine = lent(lender)
        with engine.begin() as connection:
            connection.execute(TRAIL)
        for refused in ("DELETE FROM audit", "TRUNCATE audit"):
            with pytest.raises(DatabaseError), engine.begin() as connection:
                connection.execute(text(refused))
        engine.dispose()
        give_back(lender, engine)


def test_nobody_left_behind_comes_back_or_blocks(lender: Lender) -> None:
    engine = lent(lender)
    held = engine.connect()
    held.execute(text("LOCK TABLE force"))
    give_back(lender, engine)
    again = lent(lender)
    with again.begin() as connection:
        connection.execute(FORCES, {"rows": FEW})
    with pytest.raises(OperationalError):
        held.execute(text("SELECT 1"))
    with pytest.raises(OperationalError, match="does not exist"):
        engine.connect()
    held.close()
    engine.dispose()
    give_back(lender, again)
    again.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER audit_no_change ON audit",
        "ALTER TABLE force ADD COLUMN surplus text",
        "CREATE INDEX surplus ON force (name)",
        "GRANT SELECT ON force TO PUBLIC",
        'ALTER DATABASE "{database}" SET default_transaction_read_only = on',
    ],
)
def test_a_database_whose_schema_or_settings_changed_is_not_lent_again(
    lender: Lender, change: str
) -> None:
    engine = lent(lender)
    with engine.begin() as connection:
        before = connection.scalar(IDENTITY)
        connection.execute(text(change.format(database=engine.url.database)))
    engine.dispose()
    give_back(lender, engine)
    again = lent(lender)
    with again.connect() as connection:
        assert connection.scalar(IDENTITY) != before
    again.dispose()
    give_back(lender, again)
