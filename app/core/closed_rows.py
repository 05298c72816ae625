"""The rows of restricted incidents, as criteria: what a scope takes away where they are closed.

Source: domain.md §4. Part of the scope's door (`app.core.scope`) and asked by it alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, not_, or_, select


def not_restricted(
    table: type[Any], forces: frozenset[str], *, opened: frozenset[UUID]
) -> Iterator[ColumnElement[bool]]:
    """Yield what a row must be not to belong to a restricted incident of these forces.

    But for those that are `opened`. A message is closed by any one of the incidents it tells of.
    """
    own = table.__table__
    if own.name == "incident":
        yield not_(and_(*_closed(own, forces, opened)))
        return
    rows = _closed_rows(own.metadata.tables, forces, opened)
    if own.name == "notification":
        yield table.id.not_in(rows["notification_id"])
    for column, closed in rows.items():
        if column in own.c:
            pointer = getattr(table, column)
            never = pointer.not_in(closed)
            yield or_(pointer.is_(None), never) if own.c[column].nullable else never


def _closed(
    incident: FromClause, forces: frozenset[str], opened: frozenset[UUID]
) -> tuple[ColumnElement[bool], ...]:
    return (
        incident.c.restricted_access, incident.c.force.in_(sorted(forces)),
        incident.c.id.not_in(sorted(opened)),
    )  # fmt: skip


def _closed_rows(
    tables: Mapping[str, Table], forces: frozenset[str], opened: frozenset[UUID]
) -> dict[str, Select[UUID]]:
    """Return the ids of what is closed, by the column that points to it.

    Aliases of tables, no entities, and nothing correlated: the statement around may name the same
    tables, and the criteria would be put on an entity here once more.
    """
    incident, child, told, unsettled, recall = (
        tables[name].alias(f"closed_{name}")
        for name in ("incident", "involved_child", "occurrence", "unsettled_child", "recall")
    )
    closed = _closed(incident, forces, opened)
    incidents = select(incident.c.id).where(*closed).correlate(None)
    of_incident = child.join(incident, incident.c.id == child.c.incident_id)
    children = select(child.c.id).select_from(of_incident).where(*closed).correlate(None)

    def of_children(ident: Any, of: Any) -> Select[UUID]:
        return select(ident).where(of.in_(children)).correlate(None)

    messages = of_children(told.c.notification_id, told.c.involved_child_id)
    recalls = select(recall.c.id).where(recall.c.notification_id.in_(messages)).correlate(None)
    return {
        "incident_id": incidents, "involved_child_id": children, "notification_id": messages,
        "unsettled_id": of_children(unsettled.c.id, unsettled.c.involved_child_id),
        "recall_id": recalls,
    }  # fmt: skip
