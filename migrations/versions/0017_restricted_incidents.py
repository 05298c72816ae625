"""restricted incidents: the group that sees them, and access that a second person granted

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_NOW = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "restricted_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", Utc(), nullable=False),
        sa.Column("named_by", sa.String(length=100), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name=op.f("fk_restricted_member_force")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_restricted_member_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restricted_member")),
    )
    op.create_index(op.f("ix_restricted_member_account_id"), "restricted_member", ["account_id"])
    op.create_index(
        "uq_restricted_member_now", "restricted_member", ["force", "account_id"], unique=True,
        sqlite_where=_NOW, postgresql_where=_NOW,
    )  # fmt: skip
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("expires_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "reason IN ('caller_waits', 'group_not_reached', 'child_at_risk', 'record_to_correct')",
            name=op.f("ck_break_glass_reason_known"),
        ),
        sa.CheckConstraint(
            "answered_by IS NULL OR answered_by <> account_id",
            name=op.f("ck_break_glass_two_people"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_break_glass_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "expires_at IS NULL OR answered_at IS NOT NULL",
            name=op.f("ck_break_glass_granted_by_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_break_glass_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name=op.f("fk_break_glass_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    op.create_index("ix_break_glass_account", "break_glass", ["account_id", "asked_at"])
    op.create_index("ix_break_glass_force", "break_glass", ["force", "asked_at"])
    op.create_index(
        "ix_incident_restricted", "incident", ["force", "reference"],
        sqlite_where=sa.text("restricted_access = 1"),
        postgresql_where=sa.text("restricted_access"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_incident_restricted", table_name="incident")
    op.drop_table("break_glass")
    op.drop_table("restricted_member")
