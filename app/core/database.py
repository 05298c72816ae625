"""The database: engines, the two units of work, and the only commit in the product."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    create_engine,
    event,
    exc,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

from app.core import patience
from app.core.among import Ident, Number
from app.core.errors import Noted, Unavailable
from app.core.scope import Delivered, ForceOwned, Scope, guard, scope
from app.core.turns import Turns
from app.core.types import Json, Utc

__all__ = [
    "Base",
    "Database",
    "Delivered",
    "ForceOwned",
    "by_hashing",
    "insert_unless_there",
    "make_engine",
    "planned_anew",
    "violated",
]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Another writer was in the way: the same work may simply be done again.
_CONTENTION_STATES = frozenset({"40001", "40P01", "55P03"})
_CONTENTION_ATTEMPTS = 3
_NO_SUCH_TABLE = "42P01"
_READ_ONLY = "25006"
# How long a writer waits for the one before it.
_BUSY_SECONDS = 5
# SQLite's own 2 MiB hold less than a morning's alerts: each page was then read again and again.
_CACHE_KIB = 16 * 1024
_STATEMENT_SECONDS = 30

Result = TypeVar("Result")


class Base(DeclarativeBase):
    """The declarative base of every table of the product."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Utc(),
        UUID: Ident(),
        int: Number(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        table = getattr(cls, "__table__", None)
        if issubclass(cls, ForceOwned | Delivered) and isinstance(table, Table):
            table.info["tenant"] = True


class WorkSession(Session):
    """A session that obeys the scope; made by `Database` alone."""


guard(WorkSession)


class Contended(Unavailable):
    """A deadlock, a serialisation failure or a lock time-out: nothing was stored."""


class Database:
    """Hands out units of work on one engine.

    `before_commit` runs last inside every writing unit, with the session: the audit chain writes
    its rows there, so that its heads are locked for as short a time as possible.
    """

    def __init__(self, engine: Engine, before_commit: Callable[[Session], None]) -> None:
        self.engine = engine
        self._before_commit = before_commit
        self._turns = Turns(_BUSY_SECONDS)
        # Made once: an engine with options of its own costs as much as a statement.
        self._reading = engine.execution_options(sqlite_begin="DEFERRED")
        self._writing = engine.execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def read(self, wanted: Scope | None = None) -> Iterator[Session]:
        """Yield a session whose work is rolled back at the end; raise `Unavailable`."""
        with self._session(self._reading) as session:
            if wanted is not None:
                scope(session, wanted)
            yield session

    @contextmanager
    def write(self, wanted: Scope | None = None) -> Iterator[Session]:
        """Yield a session that is committed at the end, or rolled back on any error.

        A refusal that is itself a fact (`Noted`) is stored and then raised. Raises
        `Unavailable` when it is not known whether the work was stored.
        """
        with self._turn(), self._session(self._writing) as session:
            if wanted is not None:
                scope(session, wanted)
            refusal: Noted | None = None
            try:
                yield session
            except Noted as noted:
                refusal = noted
            session.flush()
            self._before_commit(session)
            session.commit()
            if refusal is not None:
                raise refusal

    def retrying(self, work: Callable[[Session], Result], wanted: Scope | None = None) -> Result:
        """Do `work` in one writing unit, again up to three times when another was in the way."""
        for attempt in range(1, _CONTENTION_ATTEMPTS + 1):
            try:
                with self.write(wanted) as session:
                    return work(session)
            except Contended:
                if attempt == _CONTENTION_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _turn(self) -> AbstractContextManager[None]:
        """PostgreSQL has many writers at once; on SQLite they take turns."""
        on_sqlite = self.engine.dialect.name == "sqlite"
        return self._turns.turn() if on_sqlite else nullcontext()

    @contextmanager
    def _session(self, bind: Engine) -> Iterator[Session]:
        with WorkSession(bind, expire_on_commit=False) as session:
            try:
                yield session
            except exc.DBAPIError as error:
                raise _translated(error) from None
            except exc.TimeoutError:
                raise Unavailable("Every database connection is busy: send it again.") from None


def _translated(error: exc.DBAPIError) -> Exception:
    """Return what the edge should see; driver messages hold values and are never passed on."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _CONTENTION_STATES or "database is locked" in str(error.orig):
        return Contended("Another writer was in the way: send it again.")
    if state == _NO_SUCH_TABLE or "no such table" in str(error.orig):
        return Unavailable("The database has no tables yet: run `encompass migrate`.")
    if state == _READ_ONLY:
        return Unavailable("The database takes no writes now: send it again.")
    if isinstance(error, exc.IntegrityError):
        return error
    if error.connection_invalidated or isinstance(error, exc.OperationalError):
        return Unavailable("The database did not answer: send it again.")
    return error


def violated(error: exc.IntegrityError) -> str:
    """Return the name of the constraint that refused, or '' where the database gives none.

    SQLite names CHECKs, and for a unique constraint only its columns: `table.column, …`.
    """
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name or ""
    _, _, named = str(error.orig).partition("constraint failed: ")
    return named.strip()


def insert_unless_there(session: Session, model: type[Base], **values: Any) -> None:
    """Insert a row, or leave the one that another writer put there first as it is."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).values(**values).on_conflict_do_nothing())


@contextmanager
def planned_anew(session: Session) -> Iterator[None]:
    """Let PostgreSQL plan what is asked meanwhile for the values it is asked with.

    After five times it may keep one plan for all values: without the days and the force of a report
    it expects a few rows, and the stages of a month took 314 ms where they had taken 55. Planning
    everything anew would cost each page 1 to 9 %.
    """
    with _meanwhile(session, "plan_cache_mode", "force_custom_plan"):
        yield


@contextmanager
def by_hashing(session: Session) -> Iterator[None]:
    """Let PostgreSQL join the tables of what is asked meanwhile whole, and not row by row.

    For a statement whose ranges are read from indexes: that each says its force more than once, as
    the scope and the walls do, makes PostgreSQL expect one row of thousands.
    """
    with planned_anew(session), _meanwhile(session, "enable_nestloop", "off"):
        yield


@contextmanager
def along_an_index(session: Session) -> Iterator[None]:
    """Let PostgreSQL walk along an index that has the order asked for, and not sort all there is.

    For the first few of a queue that filled a moment ago: what PostgreSQL knows of the table is of
    before, so it expects a handful and sorts thousands.
    """
    with _meanwhile(session, "enable_sort", "off"):
        yield


@contextmanager
def _meanwhile(session: Session, setting: str, value: str) -> Iterator[None]:
    """Give one of PostgreSQL's settings a value; where the work breaks, it ends with the rest."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        session.execute(text(f"SET LOCAL {setting} = {value}"))
    yield
    if on_postgresql:
        session.execute(text(f"SET LOCAL {setting} TO DEFAULT"))


def make_engine(
    url: str, *, pool_size: int = 20, statement_seconds: int = _STATEMENT_SECONDS
) -> Engine:
    """Return an engine set up for the product: WAL and full sync, or bounded waits.

    On PostgreSQL a statement is ended after `statement_seconds`, and a server that says nothing
    is given up a little later.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url, hide_parameters=True, pool_size=pool_size, max_overflow=pool_size,
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )  # fmt: skip
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url, hide_parameters=True, pool_pre_ping=True, pool_timeout=2,
        pool_size=pool_size, max_overflow=pool_size,
        connect_args=patience.arguments(statement_seconds),
    )  # fmt: skip
    patience.bound(engine, statement_seconds)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON",
        "secure_delete=ON", "busy_timeout=5000", f"cache_size=-{_CACHE_KIB}",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred BEGIN that reads and then writes fails at once when another wrote in between.
    how = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {how}")
