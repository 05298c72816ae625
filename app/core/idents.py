"""Ids as columns; asked for among many, these are one value of the statement and not one each."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    String,
    TypeDecorator,
    Uuid,
    bindparam,
    not_,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import ColumnOperators
from sqlalchemy.types import TypeEngine

__all__ = ["Ident"]


class _Listed(TypeDecorator[Collection[UUID | None]]):
    """Many ids as one value: an array on PostgreSQL, a text of JSON on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String())
        return dialect.type_descriptor(ARRAY(Uuid()))

    def process_bind_param(self, value: Collection[UUID | None] | None, dialect: Dialect) -> Any:
        ids = sorted(one for one in value or () if one is not None)
        return json.dumps([one.hex for one in ids]) if dialect.name == "sqlite" else ids


class _Among(FunctionElement[bool]):
    """Whether an id is one of many."""

    type = Boolean()
    inherit_cache = True
    # SQLite has no truth values, and SQLAlchemy would compare the answer with 1.
    _is_implicitly_boolean = True


@compiles(_Among)
def _among_by_array(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    ident, many = (compiler.process(one, **kw) for one in element.clauses)
    return f"{ident} = ANY({many})"


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    ident, many = (compiler.process(one, **kw) for one in element.clauses)
    return f"{ident} IN (SELECT value FROM json_each({many}))"  # noqa: S608  # nosec B608 (our own names)


def _among(ident: ColumnElement[Any], many: Collection[UUID | None]) -> ColumnElement[bool]:
    if not all(one is None or isinstance(one, UUID) for one in many):
        raise TypeError(
            "ids are asked for as UUID: as text they would be found on one database alone"
        )
    return _Among(ident, bindparam(None, list(many), _Listed(), unique=True))


class Ident(Uuid[UUID]):
    """An id. Asked for among many, these are one value of the statement and not one each.

    So the statement is the same however many there are: it is compiled and prepared once. With a
    hundred of them that took longer than the query.
    """

    class Comparator(Uuid.Comparator[UUID]):
        """Says how ids are compared."""

        def in_(self, other: Any) -> ColumnOperators:
            """Return whether it is one of these, or of what a statement selects."""
            if not isinstance(other, Collection):
                return super().in_(other)
            return _among(self.expr, other)

        def not_in(self, other: Any) -> ColumnOperators:
            """Return whether it is none of these."""
            if not isinstance(other, Collection):
                return super().not_in(other)
            return not_(_among(self.expr, other))

    comparator_factory = Comparator
