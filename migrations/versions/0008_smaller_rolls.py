"""smaller rolls, and postcodes that never decide a match

A roll is a copy that its supplier keeps, and no release has held one: the tables are made anew,
and rolls are supplied again (docs/decisions/0064-small-rolls.md).
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _drop()
    _roll(sa.Integer(), autoincrement=True)
    op.create_table(
        "pupil",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("roll_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["roll_id"], ["roll.id"], name=op.f("fk_pupil_roll_id")),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_pupil_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupil")),
    )
    op.create_index(op.f("ix_pupil_roll_id"), "pupil", ["roll_id"], unique=False)
    op.create_table(
        "pupil_key",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pupil_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("block", "pupil_id", name=op.f("pk_pupil_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "marked_postcode",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("marked_at", Utc(), nullable=False),
        sa.Column("marked_by", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "reason IN ('refuge', 'hostel', 'institution', 'placeholder')",
            name=op.f("ck_marked_postcode_reason_known"),
        ),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_marked_postcode")),
    )


def downgrade() -> None:
    op.drop_table("marked_postcode")
    _drop()
    _roll(sa.Uuid(), autoincrement=False)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "pupil",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("roll_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["roll_id"], ["roll.id"], name=op.f("fk_pupil_roll_id")),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_pupil_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupil")),
    )
    op.create_index(op.f("ix_pupil_roll_id"), "pupil", ["roll_id"], unique=False)
    op.create_index(op.f("ix_pupil_urn"), "pupil", ["urn"], unique=False)
    op.create_table(
        "pupil_key",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pupil_id", number, nullable=False),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["pupil.id"], name=op.f("fk_pupil_key_pupil_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("block", "pupil_id", name=op.f("pk_pupil_key")),
    )
    op.create_index(op.f("ix_pupil_key_pupil_id"), "pupil_key", ["pupil_id"], unique=False)


def _drop() -> None:
    op.drop_table("pupil_key")
    op.drop_table("pupil")
    op.drop_table("roll")


def _roll(kind: sa.types.TypeEngine[Any], *, autoincrement: bool) -> None:
    op.create_table(
        "roll",
        sa.Column("id", kind, autoincrement=autoincrement, nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("imported_at", Utc(), nullable=False),
        sa.CheckConstraint("state IN ('current', 'replaced')", name=op.f("ck_roll_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll")),
    )
    op.create_index("ix_roll_owner_state", "roll", ["owner", "state"], unique=False)
