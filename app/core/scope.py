"""Who may see which rows: `scope(session, …)` is the only door to a tenant table.

The scope is set for one transaction: as ORM criteria on both databases, and as the settings that
PostgreSQL's row-level security reads. A statement on a tenant table without a scope raises.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, String, Table, event, or_, text
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql.util import find_tables

_SETTINGS = text(
    "SELECT set_config('app.forces', :forces, true), set_config('app.urns', :urns, true), "
    "set_config('app.councils', :councils, true)"
)


class ForceOwned:
    """A row that belongs to one force alone."""

    force: Mapped[str] = mapped_column(String(16))


class Delivered:
    """A row about a notification: its force's, its school's and its council's."""

    force: Mapped[str] = mapped_column(String(16))
    urn: Mapped[int | None] = mapped_column(index=True)
    council: Mapped[str | None] = mapped_column(String(3), index=True)


class ScopeMissing(RuntimeError):
    """A tenant table was touched before `scope` was called: a defect, never a user's error."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows one unit of work may touch; empty sets see nothing, `platform` sees all."""

    forces: frozenset[str] = field(default_factory=frozenset)
    urns: frozenset[int] = field(default_factory=frozenset)
    councils: frozenset[str] = field(default_factory=frozenset)
    platform: bool = False

    def admits(self, row: object) -> bool:
        """Return whether this row may be written under this scope."""
        if self.platform or not isinstance(row, ForceOwned | Delivered):
            return True
        if row.force in self.forces:
            return True
        return isinstance(row, Delivered) and (row.urn in self.urns or row.council in self.councils)


PLATFORM = Scope(platform=True)


def of_force(force: str) -> Scope:
    """Return the scope of one force."""
    return Scope(forces=frozenset({force}))


def scope(session: Session, wanted: Scope) -> None:
    """Open the door to the tenant tables for the rest of this transaction."""
    session.info["scope"] = wanted
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            _SETTINGS,
            {
                "forces": ",".join(sorted(wanted.forces)),
                "urns": ",".join(str(urn) for urn in sorted(wanted.urns)),
                "councils": ",".join(sorted(wanted.councils)),
            },
        )


def scope_of(session: Session) -> Scope:
    """Return the scope in force; raise `ScopeMissing` where none was set."""
    held = session.info.get("scope")
    if not isinstance(held, Scope):
        raise ScopeMissing("call scope(session, …) before touching a tenant table")
    return held


@contextmanager
def acting_for(session: Session, force: str) -> Iterator[None]:
    """Widen the scope to a force whose permission has been granted, for one act.

    A key adult reads by school; the content key and the audit row of that reading belong to the
    force. The act asks `permissions` first, then works on the force's behalf inside this block.
    """
    before = scope_of(session)
    scope(session, Scope(before.forces | {force}, before.urns, before.councils, before.platform))
    try:
        yield
        session.flush()
    finally:
        scope(session, before)


def guard(session_class: type[Session]) -> None:
    """Make every session of this class obey the scope."""
    event.listen(session_class, "do_orm_execute", _narrow)
    event.listen(session_class, "before_flush", _check_written)


def _narrow(state: ORMExecuteState) -> None:
    held = state.session.info.get("scope")
    if held is None:
        _refuse_tenant_tables(state)
        return
    if held.platform or not (state.is_select or state.is_update or state.is_delete):
        return
    # Only the tables it touches: with those of all 37, half of a page's time went into comparing
    # statements with those compiled before.
    criteria = _criteria(held)
    touched = sorted({table.name for table in _tenant_tables(state)})
    state.statement = state.statement.options(*(criteria[name] for name in touched))


@lru_cache(maxsize=1024)
def _criteria(held: Scope) -> dict[str, Any]:
    """Return the criteria of a scope by the name of every tenant table there is.

    Expressions for each table and not one function for the mixin: SQLAlchemy caches a function's
    result by its code, and the next scope would then be given the rows of the one before.
    """
    return {
        table.__table__.name: with_loader_criteria(
            table, _visible(table, held), include_aliases=True
        )
        for table in (*_mapped(ForceOwned), *_mapped(Delivered))
    }


def _visible(table: type[ForceOwned | Delivered], held: Scope) -> ColumnElement[bool]:
    by_force = table.force.in_(sorted(held.forces))
    if not issubclass(table, Delivered):
        return by_force
    return or_(by_force, table.urn.in_(sorted(held.urns)), table.council.in_(sorted(held.councils)))


def _mapped(mixin: type[Any]) -> tuple[type[Any], ...]:
    return tuple(mixin.__subclasses__())


def _refuse_tenant_tables(state: ORMExecuteState) -> None:
    for mapper in state.all_mappers:
        if issubclass(mapper.class_, ForceOwned | Delivered):
            raise ScopeMissing(f"{mapper.class_.__name__} was touched before scope() was called")
    for table in _tenant_tables(state):
        raise ScopeMissing(f"{table.name} was touched before scope() was called")


def _tenant_tables(state: ORMExecuteState) -> Iterator[Table]:
    """Yield every tenant table that a statement names anywhere: in columns, joins, subqueries."""
    tables = find_tables(
        cast(ClauseElement, state.statement),
        include_joins=True, include_selects=True, include_crud=True,
        check_columns=True, include_aliases=True,
    )  # fmt: skip
    for table in tables:
        if isinstance(table, Table) and table.info.get("tenant"):
            yield table


def _check_written(session: Session, _context: object, _instances: object) -> None:
    held = session.info.get("scope")
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, ForceOwned | Delivered):
            continue
        if not isinstance(held, Scope) or not held.admits(row):
            raise ScopeMissing(f"a row of {type(row).__name__} is outside the scope of this work")
