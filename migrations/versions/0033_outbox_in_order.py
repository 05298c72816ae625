"""the outbox in order: what is not settled by the time left to it (docs/decisions/0145)

Expand first, contract in a later release: the previous release must work on this schema. On
PostgreSQL alerts are neither read nor written meanwhile: run it outside the night.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("state IN ('attempting', 'planned', 'unknown')")
_LEASED = sa.text("lease_until IS NOT NULL")
_BEFORE = sa.text("state IN ('planned', 'unknown', 'attempting')")


def upgrade() -> None:
    op.drop_index("ix_alert_to_send", table_name="alert")
    op.create_index(
        "ix_alert_unsettled", "alert", ["due_at", "planned_at"],
        sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED,
    )  # fmt: skip
    op.create_index(
        "ix_alert_leased", "alert", ["lease_until"], sqlite_where=_LEASED, postgresql_where=_LEASED
    )


def downgrade() -> None:
    op.drop_index("ix_alert_leased", table_name="alert")
    op.drop_index("ix_alert_unsettled", table_name="alert")
    op.create_index(
        "ix_alert_to_send", "alert", ["next_attempt_at", "due_at"],
        sqlite_where=_BEFORE, postgresql_where=_BEFORE,
    )  # fmt: skip
