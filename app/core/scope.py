"""Who may see which rows: `scope(session, …)` is the only door to a tenant table.

The scope is set for one transaction: as ORM criteria on both databases, and as the settings that
PostgreSQL's row-level security reads (`app.core.walls`). A statement on a tenant table without a
scope raises.
Restricted incidents of a force that is `closed` to somebody are no rows at all for them.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    String,
    Table,
    and_,
    event,
    false,
    func,
    or_,
    text,
)
from sqlalchemy.orm import LoaderCriteriaOption, Mapped, ORMExecuteState, Session, mapped_column
from sqlalchemy.sql.util import find_tables

from app.core.closed_rows import not_restricted
from app.core.errors import Refused

# The last column: whether this role may work for the platform (`app.core.walls`). On a schema that
# is older than the walls everybody may.
_SETTINGS = text(
    "SELECT set_config('app.forces', :forces, true), set_config('app.urns', :urns, true), "
    "set_config('app.councils', :councils, true), set_config('app.platform', :platform, true), "
    "coalesce(has_function_privilege(to_regprocedure('public.platform_work()'), 'EXECUTE'), true)"
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
    # Forces whose restricted incidents do not exist here, but for those that were opened.
    closed: frozenset[str] = frozenset()
    opened: frozenset[UUID] = frozenset()

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
    """Open the door to the tenant tables for the rest of this transaction.

    Raises `Refused` where the platform's work is asked of a database role that may not do it: it
    would see no rows at all, and find that there is nothing to do.
    """
    session.info["scope"] = wanted
    if session.get_bind().dialect.name != "postgresql":
        return
    *_, everything = session.execute(
        _SETTINGS,
        {
            "forces": ",".join(sorted(wanted.forces)),
            "urns": ",".join(str(urn) for urn in sorted(wanted.urns)),
            "councils": ",".join(sorted(wanted.councils)),
            "platform": "on" if wanted.platform else "off",
        },
    ).one()
    if wanted.platform and not everything:
        raise Refused(
            "This database role works for one force, school or council at a time: use the "
            "scheduler's (`encompass roles`) for jobs and commands."
        )


def reach_chains(chains: Collection[str]) -> ColumnElement[str]:
    """Return the setting with which PostgreSQL lets rows into these chains of the trail.

    For the writer of the trail alone, last in a transaction: an act by school or council is
    recorded for the force whose message it was.
    """
    return func.set_config("app.forces", ",".join(sorted(chains)), True)


def scope_of(session: Session) -> Scope:
    """Return the scope in force; raise `ScopeMissing` where none was set."""
    held = session.info.get("scope")
    if not isinstance(held, Scope):
        raise ScopeMissing("call scope(session, …) before touching a tenant table")
    return held


def must_admit(session: Session, forces: Collection[str]) -> None:
    """Raise `ScopeMissing` where rows of these forces may not be written in this transaction."""
    held = scope_of(session)
    if not held.platform and not held.forces.issuperset(forces):
        raise ScopeMissing("rows of a force are outside the scope of this work")


@contextmanager
def acting_for(session: Session, force: str) -> Iterator[None]:
    """Widen the scope to a force whose permission has been granted, for one act.

    A key adult reads by school; the content key and the audit row of that reading belong to the
    force. The act asks `permissions` first, then works on the force's behalf inside this block.
    """
    before = scope_of(session)
    wider = replace(before, forces=before.forces | {force}, closed=before.closed - {force})
    # Who acts for the force has its scope already: nothing to tell the database, twice.
    changes = wider != before
    if changes:
        scope(session, wider)
    try:
        yield
        session.flush()
    finally:
        if changes:
            scope(session, before)


def close(session: Session, forces: frozenset[str], *, opened: frozenset[UUID]) -> None:
    """Hide the restricted incidents of forces for the rest of this transaction, but for `opened`.

    Everything of such an incident goes with it, wherever it is read: the rows of its children, its
    messages and their ladders, its reviews. What a key adult reads by school stays.
    """
    session.info["scope"] = replace(scope_of(session), closed=forces, opened=opened)


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


class _Criteria(LoaderCriteriaOption):
    """Criteria that hold for an alias that is joined, too, and not for what stands first alone.

    SQLAlchemy leaves them on the table itself there: that is either not in the statement, or it
    is, and the alias is then seen whole.
    """

    # What statements are compared by, so that one is compiled once: the same as its parent's.
    _cache_key_traversal = LoaderCriteriaOption._traverse_internals  # noqa: SLF001

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = super()._resolve_where_criteria(ext_info)
        if not ext_info.is_aliased_class:
            return found
        adapted: ColumnElement[bool] = ext_info._adapter.traverse(found)  # noqa: SLF001
        return adapted


@lru_cache(maxsize=1024)
def _criteria(held: Scope) -> dict[str, Any]:
    """Return the criteria of a scope by the name of every tenant table there is.

    Expressions for each table and not one function for the mixin: SQLAlchemy caches a function's
    result by its code, and the next scope would then be given the rows of the one before.
    """
    return {
        table.__table__.name: _Criteria(table, _visible(table, held), include_aliases=True)
        for table in (*_mapped(ForceOwned), *_mapped(Delivered))
    }


def _visible(table: type[ForceOwned | Delivered], held: Scope) -> ColumnElement[bool]:
    by_force: ColumnElement[bool] = table.force.in_(sorted(held.forces))
    if held.closed:
        by_force = and_(by_force, *not_restricted(table, held.closed, opened=held.opened))
    if not issubclass(table, Delivered):
        return by_force
    # Only what there is: an empty list beside the force would hide from the planner that it is one.
    reached = [by_force] if held.forces else []
    if held.urns:
        reached.append(table.urn.in_(sorted(held.urns)))
    if held.councils:
        reached.append(table.council.in_(sorted(held.councils)))
    return or_(*reached) if reached else false()


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
