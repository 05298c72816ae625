"""The migrations build exactly what the models say, on both databases, up and down."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from app.core import schema
from app.core.database import make_engine
from app.tables import METADATA
from app.wiring import Wiring
from notifications.models import Alert, AlertCover
from tests.factories.notifications import DUE, URN, NotifyingForce
from tests.postgres import HOW_TO_GET, drop_database, fresh_database
from tests.requirements import require


@pytest.fixture(params=["sqlite", "postgresql"])
def two_engines(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """One empty database for the models, one for the migrations."""
    if request.param == "sqlite":
        yield (
            make_engine(f"sqlite:///{tmp_path / 'models.db'}"),
            make_engine(f"sqlite:///{tmp_path / 'migrated.db'}"),
        )
        return
    admin = request.getfixturevalue("postgres_admin")
    require("postgres", admin, HOW_TO_GET)
    urls = [fresh_database(admin), fresh_database(admin)]
    engines = [make_engine(url) for url in urls]
    yield tuple(engines)
    for engine, url in zip(engines, urls, strict=True):
        engine.dispose()
        drop_database(admin, url)


def test_models_and_migrations_build_the_same_database(two_engines: tuple[Engine, Engine]) -> None:
    by_models, by_migrations = two_engines
    METADATA.create_all(by_models)
    schema.upgrade(by_migrations)
    with by_models.connect() as one, by_migrations.connect() as other:
        assert catalogue(other) == catalogue(one)
        assert compare_metadata(MigrationContext.configure(other), METADATA) == []


def test_every_migration_goes_down_and_up_again(two_engines: tuple[Engine, Engine]) -> None:
    _, engine = two_engines
    schema.upgrade(engine)
    with engine.connect() as connection:
        before = catalogue(connection)
    config = schema._config()
    config.attributes["engine"] = engine
    command.downgrade(config, "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert catalogue(connection) == before
    assert schema.current(engine) == schema.newest()


@pytest.mark.feature("SE7")
def test_rows_and_what_refers_to_them_outlive_every_migration_after_the_first(
    wiring: Wiring,
) -> None:
    force = NotifyingForce(wiring).begin()
    force.school(URN, "dsl@school.example.org")
    force.place()
    force.at(DUE)
    force.chase()
    engine = wiring.database.engine
    config = schema._config()
    config.attributes["engine"] = engine
    command.downgrade(config, "0001")
    schema.upgrade(engine)
    (alert,) = force.rows(Alert)
    assert [one.alert_id for one in force.rows(AlertCover)] == [alert.id]
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_migrations_are_numbered_without_a_gap() -> None:
    folder = Path(__file__).resolve().parents[1] / "migrations" / "versions"
    numbers = sorted(path.name[:4] for path in folder.glob("*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def catalogue(connection: Connection) -> dict[str, Any]:
    """What the database itself says: columns, named CHECKs, indexes with predicates, triggers."""
    found: dict[str, Any] = {}
    look = inspect(connection)
    for table in sorted(set(look.get_table_names()) - {"alembic_version"}):
        found[table] = {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"])
                for column in sorted(look.get_columns(table), key=lambda c: c["name"])
            ],
            "primary key": look.get_pk_constraint(table),
            "foreign keys": sorted(
                (key["name"], key["constrained_columns"], key["referred_table"])
                for key in look.get_foreign_keys(table)
            ),
            "unique": sorted(
                (one["name"], tuple(one["column_names"]))
                for one in look.get_unique_constraints(table)
            ),
            "checks": sorted(
                (str(one["name"]), " ".join(one["sqltext"].split()))
                for one in look.get_check_constraints(table)
            ),
        }
    found["indexes and triggers"] = sorted(
        " ".join(row.split()) for row in _definitions(connection)
    )
    return found


def _definitions(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        statement = (
            "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        )
    else:
        statement = (
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND tablename <> 'alembic_version'"
            " UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT concat_ws(' ', polrelid::regclass, polname, polcmd, polpermissive,"
            " pg_get_expr(polqual, polrelid), 'CHECK', pg_get_expr(polwithcheck, polrelid))"
            " FROM pg_policy"
            " UNION ALL SELECT concat_ws(' ', relname, relrowsecurity, relforcerowsecurity)"
            " FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname <> 'alembic_version'"
        )
    return [str(row) for row in connection.scalars(text(statement))]
