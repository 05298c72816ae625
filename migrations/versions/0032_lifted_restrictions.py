"""lifted restrictions: one person asks to lift the restriction of an incident, another answers

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restriction_lift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("lifted_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "reason IN ('marked_by_mistake', 'nobody_of_the_force', 'colleague_left')",
            name=op.f("ck_restriction_lift_reason_known"),
        ),
        sa.CheckConstraint(
            "answered_by IS NULL OR answered_by <> asked_by",
            name=op.f("ck_restriction_lift_two_people"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_restriction_lift_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "lifted_at IS NULL OR answered_at IS NOT NULL",
            name=op.f("ck_restriction_lift_lifted_by_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name=op.f("fk_restriction_lift_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name=op.f("fk_restriction_lift_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction_lift")),
    )
    op.create_index(
        "ix_restriction_lift_force", "restriction_lift", ["force", "reference", "asked_at"]
    )


def downgrade() -> None:
    op.drop_table("restriction_lift")
