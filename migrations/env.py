"""Runs the migrations on the engine handed over by `app.core.schema`, or on the settings' own."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Engine, text

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
    """Run the migrations, waiting at most five seconds for any lock."""
    with engine().connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=render,
            compare_type=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()


run()
