"""Indexes from which the times of the stages are read without touching the rows (decision 0137)."""

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


def downgrade() -> None:
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
