"""legal holds: content that is kept beyond its time

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NOW = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", Utc(), nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("end_asked_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "reason IN ('court', 'complaint', 'safeguarding_review', 'subject_request', "
            "'data_breach')",
            name=op.f("ck_legal_hold_reason_known"),
        ),
        sa.CheckConstraint(
            "end_reason IN ('matter_closed', 'evidence_taken', 'set_in_error')",
            name=op.f("ck_legal_hold_end_reason_known"),
        ),
        sa.CheckConstraint(
            "ended_by IS NULL OR ended_by <> end_asked_by", name=op.f("ck_legal_hold_two_people")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR end_asked_by IS NOT NULL",
            name=op.f("ck_legal_hold_ended_as_asked"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_legal_hold_ended_by_somebody")
        ),
        sa.CheckConstraint(
            "(end_asked_by IS NULL) = (end_reason IS NULL)",
            name=op.f("ck_legal_hold_asked_with_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_legal_hold_incident_id")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["account.id"], name=op.f("fk_legal_hold_set_by")),
        sa.ForeignKeyConstraint(
            ["end_asked_by"], ["account.id"], name=op.f("fk_legal_hold_end_asked_by")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_legal_hold_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_force", "legal_hold", ["force", "set_at"])
    op.create_index(
        "uq_legal_hold_now", "legal_hold", ["incident_id"], unique=True,
        sqlite_where=_NOW, postgresql_where=_NOW,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("legal_hold")
