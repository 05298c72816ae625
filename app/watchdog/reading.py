"""The watchdog's own way to the database: it can read, and nothing else, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.core import patience
from app.core.database import Database
from app.core.errors import Refused
from app.core.scope import PLATFORM

_SECONDS = 10
# Whatever it may write, through a group or as an owner, has_table_privilege knows.
_WRITABLE = text(
    """
    SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
        OR has_schema_privilege(current_schema(), 'CREATE')
        OR EXISTS (
            SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = current_schema() AND relkind IN ('r', 'p')
              AND (has_table_privilege(pg_class.oid, 'DELETE, TRUNCATE')
                   OR has_any_column_privilege(pg_class.oid, 'INSERT, UPDATE'))
        )
    """
)


class MayWrite(Refused):
    """The role may write: a watchdog that can change what it watches proves nothing."""


class Reading:
    """Hands out read-only looks; on PostgreSQL only to a role that may not write."""

    def __init__(self, url: str) -> None:
        self._engine = _reading_engine(url)
        self._database = Database(self._engine, before_commit=_never)

    @property
    def on_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Yield a session over everything in a transaction of its own; raise `Unavailable`."""
        with self._database.read(PLATFORM) as session:
            yield session

    def require_reader(self) -> None:
        """Raise `MayWrite` where the role may write, `Unavailable` where nothing answers."""
        with self.look() as session:
            if not self.on_sqlite and session.scalar(_WRITABLE):
                raise MayWrite(
                    "The watchdog's role may write: make one that may not with "
                    "`encompass watchdog role`, and name it in ENCOMPASS_WATCHDOG_DATABASE_URL."
                )

    def close(self) -> None:
        self._engine.dispose()


def _never(_session: Session) -> None:
    raise AssertionError("the watchdog commits nothing")


def _reading_engine(url: str) -> Engine:
    """Return an engine whose every transaction is read-only, with short patience."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_size=1, max_overflow=1,
            pool_timeout=2,
            execution_options={"postgresql_readonly": True},
            connect_args=patience.arguments(_SECONDS),
        )  # fmt: skip
        patience.bound(engine, _SECONDS)
        return engine
    # Opened read-only: a file that is not there is not made, and nothing in it can be changed.
    engine = create_engine(
        f"sqlite:///file:{parsed.database}?mode=ro&uri=true", hide_parameters=True,
        # Opened anew for each look: a file kept open is still read after it was replaced.
        poolclass=NullPool,
        connect_args={"timeout": _SECONDS, "check_same_thread": False},
    )  # fmt: skip
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we say BEGIN ourselves
    connection.execute("PRAGMA query_only=ON")  # type: ignore[attr-defined]


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN DEFERRED")
