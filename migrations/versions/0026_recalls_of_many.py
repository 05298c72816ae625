"""recalls of many: one person asks to take many messages back, another answers

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recall_of_many",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("recalled", sa.Integer(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "answered_by IS NULL OR answered_by <> asked_by",
            name=op.f("ck_recall_of_many_two_people"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_recall_of_many_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "recalled IS NULL OR answered_at IS NOT NULL",
            name=op.f("ck_recall_of_many_recalled_by_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name=op.f("fk_recall_of_many_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name=op.f("fk_recall_of_many_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_of_many")),
    )
    op.create_index("ix_recall_of_many_force", "recall_of_many", ["force", "asked_at"])


def downgrade() -> None:
    op.drop_table("recall_of_many")
