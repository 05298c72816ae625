"""report exports: long reports made as files by a job, kept a day

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("failed_code", sa.String(length=32), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("made_at", Utc(), nullable=True),
        sa.Column("expires_at", Utc(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "kind IN ('late', 'workbook')", name=op.f("ck_report_export_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'making', 'ready', 'failed', 'deleted')",
            name=op.f("ck_report_export_state_known"),
        ),
        sa.CheckConstraint(
            "failed_code IN ('right_ended', 'too_long', 'not_made')",
            name=op.f("ck_report_export_failed_code_known"),
        ),
        sa.CheckConstraint(
            "(state = 'ready') = (sealed IS NOT NULL)", name=op.f("ck_report_export_ready_is_there")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (failed_code IS NOT NULL)",
            name=op.f("ck_report_export_failed_says_why"),
        ),
        sa.CheckConstraint(
            "(state = 'making') = (lease_until IS NOT NULL)",
            name=op.f("ck_report_export_making_is_leased"),
        ),
        sa.CheckConstraint(
            "(made_at IS NULL) = (expires_at IS NULL)", name=op.f("ck_report_export_made_expires")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name=op.f("fk_report_export_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_export")),
    )
    op.create_index("ix_report_export_asked_by", "report_export", ["asked_by", "asked_at"])
    op.create_index("ix_report_export_state", "report_export", ["state", "asked_at"])
    op.create_index(op.f("ix_report_export_urn"), "report_export", ["urn"])
    op.create_index(op.f("ix_report_export_council"), "report_export", ["council"])


def downgrade() -> None:
    op.drop_table("report_export")
