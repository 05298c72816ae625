"""A tenant's rows are reached only through the scope."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    LargeBinary,
    Select,
    cast,
    delete,
    event,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import aliased

from app.core.database import Database
from app.core.ids import new_id
from app.core.models import ContentKey
from app.core.paired import paired
from app.core.scope import PLATFORM, Scope, ScopeMissing, acting_for, of_force, scope
from notifications.guarded import changed
from notifications.models import AlertCover, Notification

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def content_key(force: str) -> ContentKey:
    return ContentKey(id=new_id(), force=force, incident_id=new_id(), wrapped_key=b"w")


@pytest.fixture
def two_forces(database: Database) -> tuple[ContentKey, ContentKey]:
    mine, theirs = content_key("99"), content_key("98")
    with database.write(PLATFORM) as session:
        session.add_all([mine, theirs])
    return mine, theirs


def test_a_force_sees_its_own_rows_and_not_anothers(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    with database.read(of_force("99")) as session:
        assert [row.force for row in session.scalars(select(ContentKey))] == ["99"]
        assert session.scalar(select(func.count()).select_from(ContentKey)) == 1
        assert session.scalars(select(ContentKey.force)).all() == ["99"]


def ways_to_name_a_table() -> dict[str, Select[Any]]:
    """Return statements that name the tenant table `content_key` in one place each."""
    other, third = aliased(ContentKey), aliased(ContentKey)
    inner = select(ContentKey.force)
    both = union_all(inner, inner).subquery()
    held, named = inner.subquery(), inner.cte()
    return {
        "an alias": select(other.force),
        "a subquery": select(held.c.force),
        "a common table expression": select(named.c.force),
        "a union": select(both.c.force),
        "a scalar subquery": select(select(func.min(ContentKey.force)).scalar_subquery()),
        "an exists": select(literal("98")).where(exists(inner.where(ContentKey.force == "98"))),
        "a membership": select(literal("98")).where(literal("98").in_(inner)),
        "a join": select(ContentKey.force).join(other, other.force <= ContentKey.force),
        "an alias that is joined": select(other.force)
        .select_from(ContentKey)
        .join(other, other.force <= ContentKey.force),
        "an alias joined to an alias": select(other.force)
        .select_from(third)
        .join(other, other.force <= third.force),
    }


@pytest.mark.parametrize("way", ways_to_name_a_table())
def test_a_statement_is_narrowed_wherever_it_names_a_tenant_table(
    database: Database, two_forces: tuple[ContentKey, ContentKey], way: str
) -> None:
    statement = ways_to_name_a_table()[way]
    with database.read(PLATFORM) as session:
        assert "98" in session.scalars(statement).all()
    with database.read(of_force("99")) as session:
        assert set(session.scalars(statement)) <= {"99"}


def test_a_table_that_a_statement_names_in_a_list_alone_is_narrowed(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    mine, theirs = two_forces
    other = aliased(ContentKey)
    found: list[Select[Any]] = [
        select(func.count()).where(ContentKey.id.in_([theirs.id])),
        select(func.count()).where(ContentKey.id.not_in([mine.id])),
        select(func.count()).where(other.id.in_([theirs.id])),
        select(literal(1)).where(ContentKey.id.in_([theirs.id])),
        select(literal(1)).where(exists().where(ContentKey.id.in_([theirs.id]))),
        select(literal(1)).where(exists().where(other.id.not_in([mine.id]))),
    ]
    for statement in found:
        with database.read(PLATFORM) as session:
            assert session.scalar(statement) == 1
        with database.read(of_force("99")) as session:
            assert not session.scalar(statement)


def test_getting_another_forces_row_by_its_id_finds_nothing(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    mine, theirs = two_forces
    with database.read(of_force("99")) as session:
        assert session.get(ContentKey, mine.id) is not None
        assert session.get(ContentKey, theirs.id) is None


def test_the_platform_sees_all_and_an_empty_scope_sees_nothing(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    with database.read(PLATFORM) as session:
        assert len(session.scalars(select(ContentKey)).all()) == 2
    with database.read(Scope()) as session:
        assert session.scalars(select(ContentKey)).all() == []


def test_updating_and_deleting_stay_inside_the_scope(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    with database.write(of_force("99")) as session:
        session.execute(update(ContentKey).values(wrapped_key=b"changed"))
        session.execute(delete(ContentKey))
    with database.read(PLATFORM) as session:
        left = session.scalars(select(ContentKey)).one()
        assert (left.force, left.wrapped_key) == ("98", b"w")


@pytest.mark.parametrize(
    "statement",
    [
        select(ContentKey),
        select(ContentKey.id),
        select(func.count()).select_from(ContentKey),
        select(ContentKey.__table__.c.id),
        update(ContentKey).values(wrapped_key=None),
        insert(ContentKey).values(id=new_id(), force="99", incident_id=new_id(), wrapped_key=b"w"),
    ],
)
def test_touching_a_tenant_table_without_a_scope_raises(
    database: Database, statement: object
) -> None:
    with database.read() as session, pytest.raises(ScopeMissing):
        session.execute(statement)  # type: ignore[call-overload]


def test_writing_a_row_outside_the_scope_raises(database: Database) -> None:
    with pytest.raises(ScopeMissing), database.write(of_force("99")) as session:
        session.add(content_key("98"))


def test_writing_without_a_scope_raises(database: Database) -> None:
    with pytest.raises(ScopeMissing), database.write() as session:
        session.add(content_key("99"))


def test_acting_for_a_force_widens_the_scope_only_inside_its_block(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    with database.read(Scope(urns=frozenset({990001}))) as session:
        assert session.scalars(select(ContentKey)).all() == []
        with acting_for(session, "99"):
            assert [row.force for row in session.scalars(select(ContentKey))] == ["99"]
        assert session.scalars(select(ContentKey.force)).all() == []


def test_the_same_connection_forgets_one_tenant_before_it_serves_the_next(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    for force in ("99", "98", "99"):
        with database.read(of_force(force)) as session:
            assert session.scalars(select(ContentKey.force)).all() == [force]


@pytest.mark.parametrize(
    ("held", "seen"),
    [
        (Scope(urns=frozenset({990001})), {990001}),
        (Scope(councils=frozenset({"999"})), {990001, 990002}),
        (Scope(forces=frozenset({"98"})), {990003}),
        (Scope(urns=frozenset({990003}), councils=frozenset({"998"})), {990003}),
        (Scope(urns=frozenset({990004})), set()),
    ],
)
def test_a_delivered_row_is_seen_by_its_force_its_school_and_its_council(
    held: Scope, seen: set[int]
) -> None:
    rows = [
        AlertCover(force="99", urn=990001, council="999"),
        AlertCover(force="99", urn=990002, council="999"),
        AlertCover(force="98", urn=990003, council="998"),
    ]
    assert {row.urn for row in rows if held.admits(row)} == seen


def test_two_scopes_in_a_row_never_share_what_they_see(database: Database) -> None:
    """The statement cache must not answer one school with the criteria of the one before it."""
    asked: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if "FROM notification" in statement:
            asked.append(str(values))

    event.listen(database.engine, "before_cursor_execute", listen)
    for urn in (990001, 990002, 990003, 990001):
        with database.read(Scope(urns=frozenset({urn}))) as session:
            session.scalars(select(Notification)).all()
            session.get(Notification, new_id())
    for force in ("98", "97"):
        with database.read(of_force(force)) as session:
            session.scalars(select(Notification)).all()
    wanted = ["990001"] * 2 + ["990002"] * 2 + ["990003"] * 2 + ["990001"] * 2 + ["98", "97"]
    assert len(asked) == len(wanted)
    assert all(value in values for value, values in zip(wanted, asked, strict=True))


def test_setting_a_scope_on_a_session_takes_effect_at_once(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    with database.read() as session:
        scope(session, of_force("98"))
        assert session.scalars(select(ContentKey.force)).all() == ["98"]


def test_rows_that_draw_from_pairs_are_those_of_the_scope_alone(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    mine, theirs = two_forces
    keys = paired({mine.id: 'it is "theirs"', theirs.id: "new", new_id(): "of nobody"})
    drawn = (
        update(ContentKey)
        .where(ContentKey.id == keys.id)
        .values(wrapped_key=cast(keys.text, LargeBinary))
    )
    with database.write(of_force(mine.force)) as session:
        assert changed(session, drawn) == 1
    with database.read(PLATFORM) as session:
        kept = dict(session.execute(select(ContentKey.id, ContentKey.wrapped_key)).all())
    assert kept == {mine.id: b'it is "theirs"', theirs.id: theirs.wrapped_key}


def test_what_has_no_text_of_its_own_is_paired_with_none(
    database: Database, two_forces: tuple[ContentKey, ContentKey]
) -> None:
    mine, theirs = two_forces
    keys = paired({mine.id: None})
    drawn = (
        update(ContentKey)
        .where(ContentKey.id == keys.id)
        .values(wrapped_key=cast(keys.text, LargeBinary))
    )
    with database.write(PLATFORM) as session:
        assert changed(session, drawn) == 1
        assert (
            changed(
                session,
                update(ContentKey).where(ContentKey.id == paired({}).id).values(wrapped_key=None),
            )
            == 0
        )
    with database.read(PLATFORM) as session:
        kept = dict(session.execute(select(ContentKey.id, ContentKey.wrapped_key)).all())
    assert kept == {mine.id: None, theirs.id: theirs.wrapped_key}
