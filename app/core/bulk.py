"""Many rows into one table by one statement: what a flush of the intake writer stores.

SQLAlchemy's own way makes a dictionary of each row, and on PostgreSQL a message to the server of
each; here a column is one list. The same types and the same errors come out of it. Measured in
docs/performance.md.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

Bind = Callable[[Any], Any] | None


def insert_rows(
    connection: Connection, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all name the same columns; those not named become NULL.

    Raises `ValueError` where a column with a default is not named, `KeyError` where a row names
    fewer than the first, and what the database says otherwise. Whether the scope of the work
    admits the rows has to be asked before (`app.core.scope.must_admit`).
    """
    if not rows:
        return
    table, names = cast(Table, model.__table__), tuple(rows[0])
    if any(len(row) != len(names) for row in rows):
        raise KeyError("rows that are inserted together name the same columns")
    statement, binds = _plan(table, names, connection.dialect)
    columns = [
        [row[name] for row in rows] if bind is None else [bind(row[name]) for row in rows]
        for name, bind in zip(names, binds, strict=True)
    ]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(statement, tuple(columns))
    else:
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


@lru_cache(maxsize=64)
def _plan(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[Bind, ...]]:
    """Return the statement for these columns of a table, and what makes each value ready."""
    for column in table.columns:
        if column.name not in names and (column.default or column.server_default):
            raise ValueError(f"{table.name}.{column.name} has a default: name it in every row")
    columns = [table.columns[name] for name in names]
    named = ", ".join(dialect.identifier_preparer.format_column(column) for column in columns)
    into = f"INSERT INTO {dialect.identifier_preparer.format_table(table)} ({named})"
    binds = tuple(column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns)
    if dialect.name == "postgresql":
        # %b sends a list in PostgreSQL's binary form, as its type says.
        lists = ", ".join(f"%b::{_kind(column, dialect)}[]" for column in columns)
        return f"{into} SELECT * FROM unnest({lists})", binds  # noqa: S608  # nosec B608 (names of the schema alone)
    return f"{into} VALUES ({', '.join('?' * len(columns))})", binds


def _kind(column: Column[Any], dialect: Dialect) -> str:
    # A cast to VARCHAR(n) would cut what is too long; TEXT lets the column refuse it.
    kind = column.type.compile(dialect)
    return "TEXT" if kind.startswith("VARCHAR") else kind
