"""indexes for years of messages: the stages' times (decision 0137), and the board (0139)

Expand first, contract in a later release: the previous release must work on this schema. On
PostgreSQL each index is made beside the one it replaces, and reading goes on meanwhile.
"""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_REPORTED = (
    "id", "urn", "state", "late_record", "told_at", "told_how", "acknowledged_at", "late_cause",
    "shown_only_to",
)  # fmt: skip
_STAGES = ("accepted_at", "ready_at", "involved_child_id", "incident_id")
_UNTOLD = "told_at IS NULL AND state = 'ready'"


@dataclass(frozen=True)
class _Index:
    """An index as it becomes, and what it was before where it was."""

    name: str
    table: str
    columns: list[str]
    included: list[str] = field(default_factory=list)
    where: str = ""

    def options(self) -> dict[str, Any]:
        where = sa.text(self.where) if self.where else None
        return {
            "postgresql_include": self.included, "postgresql_where": where, "sqlite_where": where,
        }  # fmt: skip


_BEFORE = (
    _Index("ix_notification_force_due", "notification", ["force", "due_at"],
           ["council", *_REPORTED]),
    _Index("ix_notification_council_due", "notification", ["council", "due_at"],
           ["force", *_REPORTED]),
    _Index("ix_notification_untold", "notification", ["due_at"], where=_UNTOLD),
    _Index("ix_incident_force_received", "incident", ["force", "received_at"]),
    _Index("ix_involved_child_force_outcome", "involved_child", ["force", "outcome"]),
)  # fmt: skip
_REPLACED = (
    _Index("ix_notification_force_due", "notification", ["force", "due_at"],
           ["council", *_REPORTED, *_STAGES]),
    _Index("ix_notification_council_due", "notification", ["council", "due_at"],
           ["force", *_REPORTED, "accepted_at"]),
    _Index("ix_notification_untold", "notification", ["force", "due_at"], where=_UNTOLD),
    _Index("ix_incident_force_received", "incident", ["force", "received_at"],
           ["id", "occurred_from"]),
    _Index("ix_involved_child_force_outcome", "involved_child", ["force", "outcome", "due_at"]),
)  # fmt: skip
_NEW = (
    _Index("ix_match_force_decided", "match", ["force", "decided_at"], ["involved_child_id"]),
    _Index("ix_receipt_handed_over", "receipt", ["force", "at"],
           ["notification_id", "urn", "council"], "kind = 'handed_over'"),
    _Index("ix_involved_child_outcome_at", "involved_child", ["outcome_at"]),
    _Index("ix_involved_child_other_service", "involved_child", ["force", "due_at"],
           where="outcome = 'not_notified' AND outcome_reason IN ('other_jurisdiction', "
                 "'pre_school_not_registered', 'unborn', 'under_16_parties')"),
    _Index("ix_notification_not_shown", "notification", ["force", "due_at"],
           where="state IN ('draft', 'held', 'recalled', 'superseded')"),
    _Index("ix_notification_to_acknowledge", "notification", ["force", "told_at"],
           where="told_at IS NOT NULL AND acknowledged_at IS NULL"),
    _Index("ix_notification_to_follow_up", "notification", ["force", "follow_up_due_on"],
           where="follow_up_due_on IS NOT NULL AND followed_up_at IS NULL"),
)  # fmt: skip


def upgrade() -> None:
    _without_time_limit()
    for one in _NEW:
        op.create_index(one.name, one.table, one.columns, **one.options())
    _replace(_REPLACED)


def downgrade() -> None:
    _without_time_limit()
    _replace(_BEFORE)
    for one in _NEW:
        op.drop_index(one.name, one.table)


def _replace(indexes: tuple[_Index, ...]) -> None:
    """Make indexes anew under their names: those that are read meanwhile go last."""
    if op.get_bind().dialect.name == "sqlite":
        for one in indexes:
            op.drop_index(one.name, one.table)
            op.create_index(one.name, one.table, one.columns, **one.options())
        return
    for one in indexes:
        op.create_index(f"{one.name}_next", one.table, one.columns, **one.options())
    for one in indexes:
        op.drop_index(one.name, one.table)
        op.execute(f'ALTER INDEX "{one.name}_next" RENAME TO "{one.name}"')


def _without_time_limit() -> None:
    """An index of millions of rows takes longer than any statement of the service may."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL statement_timeout = 0")
