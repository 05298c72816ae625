"""Thousands of messages at once: copies of one that was placed, each of a child of its own."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import insert, inspect, select
from sqlalchemy.orm import Session

from app.core.database import Base
from app.core.ids import new_id
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.wiring import Wiring
from notifications.models import Notification, Occurrence


def copied(wiring: Wiring, message: UUID, count: int) -> None:
    """Store so many copies of a message, all of children of its incident."""
    with wiring.database.write(PLATFORM) as session:
        first = session.get_one(Notification, message)
        child = session.get_one(InvolvedChild, first.involved_child_id)
        told = session.scalars(
            select(Occurrence).where(Occurrence.notification_id == message)
        ).one()
        made = list(_copies(first, child, told, count))
        for table, place in ((InvolvedChild, 0), (Notification, 1), (Occurrence, 2)):
            _store(session, table, [one[place] for one in made])


def _copies(
    first: Notification, child: InvolvedChild, told: Occurrence, count: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for number in range(count):
        child_id, message = new_id(), new_id()
        yield (
            {**_values(child), "id": child_id, "ref": child_id.hex, "position": number + 1},
            {**_values(first), "id": message, "involved_child_id": child_id},
            {**_values(told), "notification_id": message, "involved_child_id": child_id},
        )


def _values(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(row).mapper.column_attrs}


def _store(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    session.execute(insert(table), rows)
