"""readiness and drills

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TO_ASK = sa.text("asked_at IS NULL AND reason_code IS NULL")


def upgrade() -> None:
    op.create_table(
        "drill",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.Column("begun_at", Utc(), nullable=False),
        sa.Column("begun_by", sa.String(length=100), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )
    op.create_table(
        "drill_school",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=True),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("acknowledged_at", Utc(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=100), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)",
            name=op.f("ck_drill_school_acknowledged_by_whom"),
        ),
        sa.CheckConstraint(
            "acknowledged_at IS NULL OR asked_at IS NOT NULL",
            name=op.f("ck_drill_school_asked_before_answer"),
        ),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_school_drill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_school")),
        sa.UniqueConstraint("drill_id", "urn", name="uq_drill_school_once"),
    )
    with op.batch_alter_table("drill_school") as table:
        table.create_index("ix_drill_school_drill_id", ["drill_id"])
        table.create_index("ix_drill_school_urn", ["urn"])
        table.create_index("ix_drill_school_council", ["council"])
        table.create_index(
            "ix_drill_school_to_ask", ["ends_at"], sqlite_where=_TO_ASK, postgresql_where=_TO_ASK
        )
    op.create_table(
        "readiness_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("schools", sa.Integer(), nullable=False),
        sa.Column("not_ready", sa.Integer(), nullable=False),
        sa.Column("assured", sa.Integer(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("own_cover", Json, nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_check")),
        sa.UniqueConstraint("force", "on_date", name="uq_readiness_check_date"),
    )


def downgrade() -> None:
    op.drop_table("readiness_check")
    op.drop_table("drill_school")
    op.drop_table("drill")
