"""Runs the migrations on the engine handed over by `app.core.schema`, or on the settings' own."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine, text

from app.core import walls
from app.core.crash_points import CrashPoint, crash_point
from app.core.database import make_engine
from app.core.settings import Settings
from app.core.types import Choice, Utc
from app.tables import METADATA


def engine() -> Engine:
    """Return the engine to migrate; Alembic's own command line falls back to the settings."""
    given = context.config.attributes.get("engine")
    return given if isinstance(given, Engine) else make_engine(Settings().database_url)


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types into a migration so that it does not change when they do."""
    if kind == "type" and isinstance(item, Choice):
        return "sa.String(32)"
    if kind == "type" and isinstance(item, Utc):
        return "Utc()"
    if kind == "type" and type(item).__name__ == "JSON":
        return "Json"
    return False


def run() -> None:
    """Run the migrations, waiting at most five seconds for any lock.

    SQLite changes a table by building it anew and dropping the old one, which would take the rows
    that refer to it along: keys are looked at again, whole, before anything is stored.
    """
    with engine().connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            _raw(connection).execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=on_sqlite,
            render_item=render,
            compare_type=True,
            on_version_apply=lambda **_: crash_point(CrashPoint.MIGRATED),
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            context.run_migrations()
            walls.renew(connection, METADATA)
            if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("a migration left a row without the row it refers to")
        if connection.in_transaction():
            connection.commit()
        if on_sqlite:
            _raw(connection).execute("PRAGMA foreign_keys=ON")


def _raw(connection: Connection) -> Any:
    """Return the driver's connection: the pragma does nothing inside a transaction."""
    return connection.connection.driver_connection


run()
