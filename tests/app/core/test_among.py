"""Ids and numbers asked for among many: the same rows as one by one, by one text."""

from collections.abc import Collection, Iterator
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, event, insert, select

from app.core.among import Ident, Number
from app.core.database import make_engine

IDS = [UUID(int=number) for number in range(1, 9)]
ODD = {one for one in IDS if one.int % 2}
STRANGER = UUID(int=99)
KEPT = Table(
    "kept_for_a_test",
    MetaData(),
    Column("id", Ident(), primary_key=True),
    Column("other", Ident()),
    Column("number", Number()),
    prefixes=["TEMPORARY"],
)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A table of ids on each database; odd ones have another beside them."""
    engine = make_engine(database_url)
    with engine.connect() as connection:
        KEPT.create(connection)
        connection.execute(
            insert(KEPT),
            [{"id": one, "other": one if one in ODD else None, "number": -one.int} for one in IDS],
        )
        yield connection
    engine.dispose()


def among(connection: Connection, asked: Collection[UUID | None]) -> set[UUID]:
    return set(connection.scalars(select(KEPT.c.id).where(KEPT.c.id.in_(asked))))


def others(connection: Connection, asked: Collection[UUID | None]) -> set[UUID]:
    return set(connection.scalars(select(KEPT.c.id).where(KEPT.c.other.not_in(asked))))


@pytest.mark.parametrize("kind", [list, set, tuple, frozenset])
def test_ids_among_many_are_found_in_any_kind_of_collection(
    connection: Connection, kind: type[Collection[UUID]]
) -> None:
    for size in range(len(IDS) + 1):
        asked = kind(IDS[:size])  # type: ignore[call-arg]
        assert among(connection, asked) == set(IDS[:size])
    assert among(connection, kind([STRANGER, IDS[2]])) == {IDS[2]}  # type: ignore[call-arg]
    assert among(connection, dict.fromkeys(IDS[:3]).keys()) == set(IDS[:3])


def test_ids_that_are_not_among_many_leave_out_rows_without_one(connection: Connection) -> None:
    """As SQL has it: nothing is known of a missing id, unless there is nothing to be among."""
    assert others(connection, [IDS[0], IDS[1], STRANGER]) == ODD - {IDS[0]}
    assert others(connection, ODD) == set()
    assert others(connection, [STRANGER]) == ODD
    assert others(connection, []) == set(IDS)


def test_a_missing_id_is_among_nothing_and_hides_nothing(connection: Connection) -> None:
    assert among(connection, [None, IDS[4]]) == {IDS[4]}
    assert among(connection, [None]) == set()
    assert others(connection, [None, IDS[0]]) == ODD - {IDS[0]}


def test_what_is_no_id_is_refused_and_not_looked_for_as_text(connection: Connection) -> None:
    with pytest.raises(TypeError, match="UUID"):
        among(connection, [str(IDS[0])])  # type: ignore[list-item]


def test_a_selection_is_still_asked_within_the_statement(connection: Connection) -> None:
    with_another = select(KEPT.c.other).where(KEPT.c.other.is_not(None))
    found = connection.scalars(select(KEPT.c.id).where(KEPT.c.id.in_(with_another)))
    assert set(found) == ODD


def test_the_statement_is_the_same_however_many_are_asked_for(connection: Connection) -> None:
    texts: set[str] = set()
    event.listen(
        connection, "before_cursor_execute", lambda *given: texts.add(given[2])
    )  # connection, cursor, statement, …
    for size in range(len(IDS) + 1):
        among(connection, IDS[:size])
    assert len(texts) == 1


def test_numbers_are_asked_for_among_many_as_ids_are(connection: Connection) -> None:
    numbers = KEPT.c.number
    query = select(numbers).order_by(numbers)
    assert connection.scalars(query.where(numbers.in_({-2, -7, 2, 70}))).all() == [-7, -2]
    assert connection.scalars(query.where(numbers.in_([None, -1]))).all() == [-1]
    assert connection.scalars(query.where(numbers.not_in(range(-8, -1)))).all() == [-1]
    assert connection.scalars(query.where(numbers.in_(()))).all() == []
    with pytest.raises(TypeError, match="int"):
        numbers.in_(["-1"])
