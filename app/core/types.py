"""Column types: aware UTC instants, JSON, and enumerations that the database itself enforces."""

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    CheckConstraint,
    DateTime,
    String,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

# A missing value is SQL NULL, never the JSON word.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Utc(TypeDecorator[datetime]):
    """An instant: `timestamptz` on PostgreSQL, fixed-width text on SQLite; refuses naive values."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored: use aware UTC")
        value = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return value
        # Fixed width, so that text order is the order of time.
        return f"{value.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            # A row holds a dozen: strptime would take longer than the query.
            return datetime.fromisoformat(value)
        instant: datetime = value
        return instant.astimezone(UTC)


class Choice(TypeDecorator[StrEnum]):
    """A `StrEnum` kept as `String(32)`; pair it with `one_of` so the database checks it too."""

    impl = String(32)
    cache_ok = True

    def __init__(self, choices: type[StrEnum]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.choices(value)


def in_register(place: str) -> dict[str, str]:
    """Return the `info` of a column that is sealed under the register's key: what it is bound to.

    The names in `place` are columns of its row, as in `account|{id}`. A change of keys goes by it.
    """
    return {"place": place}


def one_of(column: str, choices: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that repeats an enumeration in the database, named after its column."""
    values = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def plainly(choices: type[StrEnum], values: Collection[StrEnum]) -> BindParameter[Any]:
    """Return values for `in_` that stand in the statement itself, and not beside it.

    Only so does PostgreSQL know of a prepared statement that an index of these alone has them all.
    """
    return bindparam(None, sorted(values), Choice(choices), expanding=True, literal_execute=True)
