"""Row-level security alone: what the web role reaches when the query scope is not there.

Sessions here are SQLAlchemy's own, which put no criteria on anything: only the database says no.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    func,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.core import roles, walls
from app.core.database import make_engine
from app.core.errors import Refused
from app.core.ids import new_id
from app.core.scope import PLATFORM, Scope, of_force, scope
from app.core.types import Choice, Utc
from app.tables import METADATA
from tests.lending import Lender
from tests.postgres import (
    HOW_TO_GET,
    administration,
    as_role,
    drop_database,
    fresh_database,
)
from tests.requirements import require

TABLES = walls.tenant_tables(METADATA)
DELIVERED = [table for table in TABLES if {"urn", "council"} <= set(table.c.keys())]
# force, school, council: no two rows share any of the three.
OWNERS = (("98", 990001, "998"), ("99", 990002, "999"))
AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
FORBIDDEN = (
    "UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit",
    "DELETE FROM audit_head", "TRUNCATE audit_head", "UPDATE policy SET body = '{}'",
    "CREATE TABLE public.mine (a int)", "CREATE TEMPORARY TABLE mine (a int)",
    "ALTER TABLE audit DISABLE TRIGGER ALL", "DROP POLICY tenant ON incident",
    "ALTER TABLE incident DISABLE ROW LEVEL SECURITY", "SET ROLE encompass_test",
    "SET session_replication_role = replica", "UPDATE alembic_version SET version_num = '0'",
)  # fmt: skip
RULES = (
    "SELECT conrelid::regclass, conname FROM pg_constraint"
    " WHERE contype IN ('f', 'c', 'p', 'u') AND connamespace = 'public'::regnamespace"
    " ORDER BY contype = 'f' DESC"
)
UNIQUE = (
    "SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
    " WHERE indisunique AND relnamespace = 'public'::regnamespace"
)
REFUSED = "violates row-level security policy"


@pytest.fixture(scope="module")
def filled(postgres_admin: str | None, postgres_lender: Lender | None) -> Iterator[str]:
    """A database with one row of each of two forces in every tenant table; only rules are gone.

    The keys and CHECKs of a migrated copy are dropped, so that a row can stand without those it
    would refer to; tables, policies and grants are what the migrations made.
    """
    require("postgres", postgres_admin, HOW_TO_GET)
    assert postgres_admin is not None
    assert postgres_lender is not None
    url = fresh_database(postgres_admin, template_url=postgres_lender.template_url)
    superuser = make_url(postgres_admin).set(database=make_url(url).database)
    with administration(superuser.render_as_string(hide_password=False)) as connection:
        for relation, name in connection.execute(text(RULES)).all():
            connection.execute(text(f"ALTER TABLE {relation} DROP CONSTRAINT {name} CASCADE"))
        for name in connection.scalars(text(UNIQUE)).all():
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text(walls.roles()))
        for table in TABLES:
            for force, urn, council in OWNERS:
                connection.execute(insert(table).values(a_row(table, force, urn, council)))
    yield url
    drop_database(postgres_admin, url)


@pytest.fixture(scope="module")
def web(filled: str) -> Iterator[Engine]:
    engine = create_engine(as_role(filled, "encompass_web"), poolclass=NullPool)
    yield engine
    engine.dispose()


def a_row(table: Table, force: str, urn: int, council: str) -> dict[str, Any]:
    """Return values for every column that must have one, and the three that say whose it is."""
    values = {column.name: _a_value(column) for column in table.c if not column.nullable}
    values |= {"force": force}
    return values | ({"urn": urn, "council": council} if table in DELIVERED else {})


def _a_value(column: Column[Any]) -> object:
    if isinstance(column.type, Choice):
        return next(iter(column.type.choices))
    if isinstance(column.type, Utc):
        return AT
    if isinstance(column.type, JSON):
        return {}
    of: dict[type, object] = {
        date: AT.date(), bytes: bytes(32), int: 1, bool: False, str: "x", float: 0.5,
    }  # fmt: skip
    python_type = column.type.python_type
    return new_id() if python_type is UUID else of[python_type]


def forces_seen(connection: Connection, table: Table) -> list[str]:
    return sorted(connection.scalars(select(table.c.force)))


def test_every_tenant_table_has_a_wall_that_holds_its_owner_too(web: Engine) -> None:
    catalogue = text(
        "SELECT relname, relforcerowsecurity FROM pg_class WHERE relrowsecurity"
        " AND relnamespace = 'public'::regnamespace"
    )
    with web.connect() as connection:
        found = {row.relname: row.relforcerowsecurity for row in connection.execute(catalogue)}
        policies = connection.scalars(text("SELECT tablename FROM pg_policies")).all()
    assert found == dict.fromkeys((table.name for table in TABLES), True)
    assert sorted(policies) == sorted(found)
    assert len(TABLES) > 35


@pytest.mark.feature("SE3")
@pytest.mark.parametrize(
    ("held", "seen", "tables"),
    [
        (of_force("99"), ["99"], TABLES),
        (of_force("98"), ["98"], TABLES),
        (Scope(), [], TABLES),
        (Scope(urns=frozenset({990002})), ["99"], DELIVERED),
        (Scope(councils=frozenset({"999"})), ["99"], DELIVERED),
        (
            Scope(urns=frozenset({990002}), councils=frozenset({"999"})), [],
            [table for table in TABLES if table not in DELIVERED],
        ),
    ],
)  # fmt: skip
def test_without_the_query_scope_a_force_a_school_or_a_council_still_reads_its_own_alone(
    web: Engine, held: Scope, seen: list[str], tables: list[Table]
) -> None:
    with Session(web) as session:
        scope(session, held)
        found = {table.name: forces_seen(session.connection(), table) for table in tables}
    assert found == {table.name: seen for table in tables}


@pytest.mark.feature("SE3")
def test_without_the_query_scope_no_row_of_another_force_is_written(web: Engine) -> None:
    with Session(web) as session:
        scope(session, of_force("99"))
        for table in TABLES:
            try_to_write(session.connection(), table)
        # Whatever was done to all that could be reached, theirs is as it was.
        scope(session, of_force("98"))
        left = {table.name: forces_seen(session.connection(), table) for table in TABLES}
    assert left == {table.name: ["98"] for table in TABLES}


def try_to_write(connection: Connection, table: Table) -> None:
    """Try every way of force 99 to change a row of force 98: its own rows alone give way."""
    theirs = a_row(table, "98", 990001, "998")
    mine = a_row(table, "99", 990002, "999")
    refused(connection, insert(table).values(theirs), REFUSED)
    connection.execute(insert(table).values(mine))
    if table.name == "audit":
        refused(connection, update(table).values(force=table.c.force), "permission denied")
        refused(connection, delete(table), "permission denied")
        return
    # Mine cannot become theirs, nor theirs mine.
    refused(connection, update(table).values(force="98"), REFUSED)
    assert connection.execute(update(table).values(force="99")).rowcount == 2, table.name
    if table.name == "content_key":
        refused(connection, delete(table), "permission denied")
        return
    assert connection.execute(delete(table)).rowcount == 2, table.name


def refused(connection: Connection, statement: Any, words: str) -> None:
    before = connection.begin_nested()
    with pytest.raises(ProgrammingError, match=words):
        connection.execute(statement)
    before.rollback()


@pytest.mark.feature("SE3")
def test_the_web_role_cannot_say_that_it_works_for_the_platform(web: Engine) -> None:
    with Session(web) as session:
        with pytest.raises(Refused, match="encompass roles"):
            scope(session, PLATFORM)
        session.execute(text("SELECT set_config('app.platform', 'on', true)"))
        assert [session.scalar(select(func.count()).select_from(one)) for one in TABLES] == [
            0
        ] * len(TABLES)


def test_a_connection_forgets_whose_it_was_with_the_transaction(filled: str) -> None:
    engine = make_engine(as_role(filled, "encompass_web"), pool_size=1)
    table = METADATA.tables["incident"]
    seen = []
    for held in (of_force("98"), None):
        with Session(engine) as session:
            if held is not None:
                scope(session, held)
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            seen.append((pid, forces_seen(session.connection(), table)))
    engine.dispose()
    (first, mine), (second, nobodys) = seen
    assert first == second
    assert nobodys == []
    assert set(mine) == {"98"}


@pytest.mark.feature("AU1")
@pytest.mark.parametrize("role", ["encompass_web", "encompass_scheduler", "encompass_auditor"])
def test_no_role_of_the_service_undoes_the_trail_or_a_wall(filled: str, role: str) -> None:
    address = make_url(as_role(filled, role)).set(drivername="postgresql")
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        for forbidden in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_a_narrow_scope_holds_the_scheduler_and_the_owner_as_well(filled: str) -> None:
    table = METADATA.tables["incident"]
    for url in (filled, as_role(filled, "encompass_scheduler")):
        engine = create_engine(url, poolclass=NullPool)
        with Session(engine) as session:
            scope(session, of_force("98"))
            assert set(forces_seen(session.connection(), table)) == {"98"}
            scope(session, PLATFORM)
            assert "98" in forces_seen(session.connection(), table)


def test_an_earlier_release_goes_on_working_as_the_owner(filled: str) -> None:
    """It says nothing of the platform, in its settings or otherwise, and must not find silence."""
    engine = create_engine(filled, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('app.forces', '', true)"))
        assert "98" in forces_seen(connection, METADATA.tables["incident"])


def test_the_backup_takes_every_row_and_writes_none(filled: str) -> None:
    engine = create_engine(as_role(filled, "encompass_backup"), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))  # it may not, and tries to
        connection.execute(text("SET row_security = off"))  # as pg_dump does
        assert "98" in forces_seen(connection, METADATA.tables["incident"])
        refused(connection, delete(METADATA.tables["incident"]), "permission denied")


@pytest.mark.parametrize(
    ("role", "jobs", "words"),
    [
        ("postgres", False, "superuser"), ("postgres", True, "superuser"),
        ("encompass_backup", True, "BYPASSRLS"), ("encompass_test", False, "owner of the tables"),
        ("encompass_test", True, "owner of the tables"), ("encompass_web", True, "cannot run jobs"),
        ("encompass_scheduler", False, "sees every force"), ("encompass_web", False, None),
        ("encompass_scheduler", True, None),
    ],
)  # fmt: skip
def test_production_starts_with_the_role_of_the_process_and_no_stronger(
    filled: str, postgres_admin: str, role: str, jobs: bool, words: str | None
) -> None:
    owner = make_url(filled).username
    url = filled if role == owner else as_role(filled, role)
    if role == "postgres":
        database = make_url(filled).database
        url = make_url(postgres_admin).set(database=database).render_as_string(hide_password=False)
    engine = create_engine(url, poolclass=NullPool)
    if words is None:
        roles.require_for(engine, jobs=jobs, production=True)
        return
    with pytest.raises(Refused, match="encompass roles") as refusal:
        roles.require_for(engine, jobs=jobs, production=True)
    assert words in refusal.value.detail


def test_elsewhere_the_owner_may_serve_but_nobody_runs_jobs_that_would_find_nothing(
    filled: str,
) -> None:
    owner = create_engine(filled, poolclass=NullPool)
    roles.require_for(owner, jobs=True, production=False)
    roles.require_for(owner, jobs=False, production=False)
    web = create_engine(as_role(filled, "encompass_web"), poolclass=NullPool)
    with pytest.raises(Refused, match="cannot run jobs"):
        roles.require_for(web, jobs=True, production=False)


def test_a_database_that_is_down_keeps_no_process_from_starting() -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    roles.require_for(nowhere, jobs=True, production=True)
