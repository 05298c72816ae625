"""indexes for years of messages: the stages' times (decision 0137), and the board (0139)

Expand first, contract in a later release: the previous release must work on this schema.
"""

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
_HANDED_OVER = sa.text("kind = 'handed_over'")
_UNTOLD = sa.text("told_at IS NULL AND state = 'ready'")
_NOT_SHOWN = sa.text("state IN ('draft', 'held', 'recalled', 'superseded')")
_TO_ACKNOWLEDGE = sa.text("told_at IS NOT NULL AND acknowledged_at IS NULL")
_TO_FOLLOW_UP = sa.text("follow_up_due_on IS NOT NULL AND followed_up_at IS NULL")
_OTHER_SERVICE = sa.text(
    "outcome = 'not_notified' AND outcome_reason IN ('other_jurisdiction', "
    "'pre_school_not_registered', 'unborn', 'under_16_parties')"
)

# What stays open of a message, by its force.
_OPEN = (
    ("not_shown", "due_at", _NOT_SHOWN), ("to_acknowledge", "told_at", _TO_ACKNOWLEDGE),
    ("to_follow_up", "follow_up_due_on", _TO_FOLLOW_UP),
)  # fmt: skip


def upgrade() -> None:
    _of_notification(["council", *_REPORTED, *_STAGES], ["force", *_REPORTED, "accepted_at"])
    _of_incident(["id", "occurred_from"])
    op.create_index(
        "ix_match_force_decided", "match", ["force", "decided_at"],
        postgresql_include=["involved_child_id"],
    )  # fmt: skip
    op.create_index(
        "ix_receipt_handed_over", "receipt", ["force", "at"],
        sqlite_where=_HANDED_OVER, postgresql_where=_HANDED_OVER,
        postgresql_include=["notification_id", "urn", "council"],
    )  # fmt: skip
    _of_child(["force", "outcome", "due_at"])
    _of_untold(["force", "due_at"])
    op.create_index("ix_involved_child_outcome_at", "involved_child", ["outcome_at"])
    op.create_index(
        "ix_involved_child_other_service", "involved_child", ["force", "due_at"],
        sqlite_where=_OTHER_SERVICE, postgresql_where=_OTHER_SERVICE,
    )  # fmt: skip
    for name, column, where in _OPEN:
        op.create_index(
            f"ix_notification_{name}", "notification", ["force", column],
            sqlite_where=where, postgresql_where=where,
        )  # fmt: skip


def downgrade() -> None:
    for name, _, _ in _OPEN:
        op.drop_index(f"ix_notification_{name}", "notification")
    op.drop_index("ix_involved_child_other_service", "involved_child")
    op.drop_index("ix_involved_child_outcome_at", "involved_child")
    _of_untold(["due_at"])
    _of_child(["force", "outcome"])
    op.drop_index("ix_receipt_handed_over", "receipt")
    op.drop_index("ix_match_force_decided", "match")
    _of_incident([])
    _of_notification(["council", *_REPORTED], ["force", *_REPORTED])


def _of_notification(of_force: list[str], of_council: list[str]) -> None:
    for owner, included in (("force", of_force), ("council", of_council)):
        op.drop_index(f"ix_notification_{owner}_due", "notification")
        op.create_index(
            f"ix_notification_{owner}_due", "notification", [owner, "due_at"],
            postgresql_include=included,
        )  # fmt: skip


def _of_incident(included: list[str]) -> None:
    op.drop_index("ix_incident_force_received", "incident")
    op.create_index(
        "ix_incident_force_received", "incident", ["force", "received_at"],
        postgresql_include=included,
    )  # fmt: skip


def _of_child(columns: list[str]) -> None:
    op.drop_index("ix_involved_child_force_outcome", "involved_child")
    op.create_index("ix_involved_child_force_outcome", "involved_child", columns)


def _of_untold(columns: list[str]) -> None:
    op.drop_index("ix_notification_untold", "notification")
    op.create_index(
        "ix_notification_untold", "notification", columns,
        sqlite_where=_UNTOLD, postgresql_where=_UNTOLD,
    )  # fmt: skip
