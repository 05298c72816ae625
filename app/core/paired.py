"""Ids, each with a text of its own, as a table that exists for one statement alone."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FunctionElement, String, bindparam, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.core.among import Ident


class Paired(NamedTuple):
    """The columns of the table."""

    id: ColumnElement[UUID]
    text: ColumnElement[str | None]


def paired(texts: Mapping[UUID, str | None]) -> Paired:
    """Return ids and texts as two columns that an UPDATE can draw from.

    They are one value beside the statement, however many there are. A statement for each would
    write its row once more and be, on PostgreSQL, a message to the server of each
    (docs/decisions/0145).
    """
    value = json.dumps({one.hex: text for one, text in texts.items()})
    table = _EachPair(bindparam(None, value, String(), unique=True)).table_valued(
        column("key", Ident()), column("value", String)
    )
    return Paired(table.c.key, table.c.value)


class _EachPair(FunctionElement[Any]):
    """Every key of an object in JSON, and its value as text."""

    name = "each_pair"
    inherit_cache = True


@compiles(_EachPair)
def _each_pair(element: _EachPair, compiler: SQLCompiler, **kw: Any) -> str:
    # With the cast outside of what OFFSET keeps apart, the walls would keep PostgreSQL from looking
    # for ids in an index: a cast may tell of the value it fails on.
    pairs = f"json_each_text(CAST({compiler.process(element.clauses, **kw)} AS JSON))"
    return f"(SELECT CAST(key AS UUID) AS key, value FROM {pairs} OFFSET 0)"  # noqa: S608  # nosec B608 (our own names)


@compiles(_EachPair, "sqlite")
def _each_pair_on_sqlite(element: _EachPair, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"
