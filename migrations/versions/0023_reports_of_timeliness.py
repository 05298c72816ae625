"""reports of timeliness: covering indexes, and the figures of each force and day

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_REPORTED = (
    "id", "urn", "state", "late_record", "told_at", "told_how", "acknowledged_at", "late_cause",
    "shown_only_to",
)  # fmt: skip
_FIGURES = (
    "due", "told_in_time", "opened_in_time", "acknowledged_in_time", "told_before_nine",
    "opened_before_nine", "acknowledged_before_nine", "told_late", "not_told", "late_record",
)  # fmt: skip


def upgrade() -> None:
    op.drop_index("ix_notification_force_due", "notification")
    op.create_index(
        "ix_notification_force_due", "notification", ["force", "due_at"],
        postgresql_include=["council", *_REPORTED],
    )  # fmt: skip
    op.create_index(
        "ix_notification_council_due", "notification", ["council", "due_at"],
        postgresql_include=["force", *_REPORTED],
    )  # fmt: skip
    op.create_table(
        "timeliness_day",
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _FIGURES),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("force", "on_date", name=op.f("pk_timeliness_day")),
    )
    op.create_index("ix_timeliness_day_on_date", "timeliness_day", ["on_date"])


def downgrade() -> None:
    op.drop_index("ix_timeliness_day_on_date", "timeliness_day")
    op.drop_table("timeliness_day")
    op.drop_index("ix_notification_council_due", "notification")
    op.drop_index("ix_notification_force_due", "notification")
    op.create_index("ix_notification_force_due", "notification", ["force", "due_at"])
