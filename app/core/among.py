"""Ids and numbers as columns; asked for among many, these are one value and not one each."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    String,
    TypeDecorator,
    Uuid,
    bindparam,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import ColumnOperators
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

__all__ = ["Ident", "Number"]

# What is asked for among many, and its type in an array.
_KINDS: dict[type, TypeEngine[Any]] = {UUID: Uuid(), int: Integer()}


class _Listed(TypeDecorator[Collection[Any]]):
    """Many of a kind as one value: an array on PostgreSQL, a text of JSON on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String())
        return dialect.type_descriptor(ARRAY(_KINDS[self.kind]))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        found = sorted(one for one in value or () if one is not None)
        if dialect.name != "sqlite":
            return found
        return json.dumps([one.hex if isinstance(one, UUID) else one for one in found])


class _Among(ColumnElement[bool]):
    """Whether a value is one of many, or none of them.

    No function: in the arguments of one SQLAlchemy does not look for the entity whose column it is,
    and a statement that names it nowhere else would be without its scope (`app.core.scope`).
    """

    type = Boolean()
    # SQLite has no truth values, and SQLAlchemy would compare the answer with 1.
    _is_implicitly_boolean = True
    _traverse_internals = [  # noqa: RUF012 (as the library declares it)
        ("one", InternalTraversal.dp_clauseelement), ("many", InternalTraversal.dp_clauseelement),
        ("none", InternalTraversal.dp_boolean),
    ]  # fmt: skip

    def __init__(
        self, one: ColumnElement[Any], many: ColumnElement[Any], *, none: bool = False
    ) -> None:
        self.one, self.many, self.none = one, many, none
        # What makes a statement one of entities, as comparisons of the library hand it on.
        self._propagate_attrs = one._propagate_attrs  # noqa: SLF001

    @property
    def _from_objects(self) -> list[FromClause]:
        return [*self.one._from_objects, *self.many._from_objects]  # noqa: SLF001

    def _negate(self) -> ColumnElement[Any]:
        return _Among(self.one, self.many, none=not self.none)


@compiles(_Among)
def _among_by_array(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    one, many = (compiler.process(part, **kw) for part in (element.one, element.many))
    return f"{one} <> ALL({many})" if element.none else f"{one} = ANY({many})"


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    one, many = (compiler.process(part, **kw) for part in (element.one, element.many))
    word = "NOT IN" if element.none else "IN"
    return f"{one} {word} (SELECT value FROM json_each({many}))"  # noqa: S608  # nosec B608 (our own names)


def _among(one: ColumnElement[Any], kind: type, many: Collection[Any]) -> ColumnElement[bool]:
    if not all(each is None or isinstance(each, kind) for each in many):
        raise TypeError(
            f"asked for among many as {kind.__name__}: as another kind it would be found on one "
            "database alone"
        )
    return _Among(one, bindparam(None, list(many), _Listed(kind), unique=True))


class _AmongMany:
    """How values of a type are asked for: what a statement selects is asked as before."""

    kind: type
    expr: ColumnElement[Any]

    def in_(self, other: Any) -> ColumnOperators:
        """Return whether it is one of these, or of what a statement selects."""
        if not isinstance(other, Collection):
            return super().in_(other)  # type: ignore[misc,no-any-return]
        return _among(self.expr, self.kind, other)

    def not_in(self, other: Any) -> ColumnOperators:
        """Return whether it is none of these."""
        if not isinstance(other, Collection):
            return super().not_in(other)  # type: ignore[misc,no-any-return]
        return ~_among(self.expr, self.kind, other)


class Ident(Uuid[UUID]):
    """An id.

    A statement that asks for some among many is the same however many there are: it is compiled and
    prepared once. With a hundred ids as values of their own that took longer than the query.
    """

    class Comparator(_AmongMany, Uuid.Comparator[UUID]):
        """Says how ids are compared."""

        kind = UUID

    comparator_factory = Comparator


class Number(Integer):
    """A whole number, as of a school; asked for among many as ids are."""

    class Comparator(_AmongMany, Integer.Comparator[int]):
        """Says how numbers are compared."""

        kind = int

    comparator_factory = Comparator
