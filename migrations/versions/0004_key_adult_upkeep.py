"""key adult upkeep

Expand first, contract in a later release: the previous release must work on this schema.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NEW_COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("key_adult", sa.Column("course", sa.String(length=100), nullable=True)),
    ("key_adult", sa.Column("unverified_at", Utc(), nullable=True)),
    ("key_adult", sa.Column("unverified_why", sa.String(length=32), nullable=True)),
    ("key_adult", sa.Column("reminded_at", Utc(), nullable=True)),
    ("key_adult_absence", sa.Column("source", sa.String(length=32), nullable=True)),
)


def upgrade() -> None:
    for table, column in _NEW_COLUMNS:
        op.add_column(table, column)
    op.create_table(
        "force_area",
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("council", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name=op.f("fk_force_area_force")),
        sa.PrimaryKeyConstraint("force", "council", name=op.f("pk_force_area")),
    )
    op.create_index(op.f("ix_force_area_council"), "force_area", ["council"], unique=False)
    _requests()
    _codes()
    op.create_table(
        "holiday_cover",
        sa.Column("key_adult_id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_holiday_cover_in_order")),
        sa.ForeignKeyConstraint(
            ["key_adult_id"], ["key_adult.id"], name=op.f("fk_holiday_cover_key_adult_id")
        ),
        sa.PrimaryKeyConstraint("key_adult_id", "first_on", name=op.f("pk_holiday_cover")),
    )
    op.create_table(
        "school_assurance",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("protocol_on", sa.Date(), nullable=True),
        sa.Column("statement_on", sa.Date(), nullable=True),
        sa.Column("noted_by", sa.String(length=100), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["urn"], ["establishment.urn"], name=op.f("fk_school_assurance_urn")
        ),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_school_assurance")),
    )


def _requests() -> None:
    op.create_table(
        "key_adult_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("email_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(length=100), nullable=True),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("training_expires_on", sa.Date(), nullable=True),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("requested_at", Utc(), nullable=False),
        sa.Column("lapses_at", Utc(), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("key_adult_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'withdrawn', 'lapsed')",
            name=op.f("ck_key_adult_request_state_known"),
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_key_adult_request_position_from_one")),
        sa.CheckConstraint(
            "(state = 'waiting') = (settled_at IS NULL)",
            name=op.f("ck_key_adult_request_settled_when"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by",
            name=op.f("ck_key_adult_request_decided_by_another"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'refused') OR decided_by IS NOT NULL",
            name=op.f("ck_key_adult_request_decided_by_whom"),
        ),
        sa.ForeignKeyConstraint(
            ["urn"], ["establishment.urn"], name=op.f("fk_key_adult_request_urn")
        ),
        sa.ForeignKeyConstraint(
            ["key_adult_id"], ["key_adult.id"], name=op.f("fk_key_adult_request_key_adult_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_adult_request")),
    )
    op.create_index(op.f("ix_key_adult_request_urn"), "key_adult_request", ["urn"], unique=False)
    op.create_index(
        "ix_key_adult_request_state", "key_adult_request", ["state", "lapses_at"], unique=False
    )
    op.create_index(
        "uq_key_adult_request_waiting",
        "key_adult_request",
        ["urn", "email_digest"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _codes() -> None:
    op.create_table(
        "contact_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_adult_id", sa.Uuid(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_adult_id"], ["key_adult.id"], name=op.f("fk_contact_code_key_adult_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_code")),
    )
    op.create_index(
        "ix_contact_code_key_adult", "contact_code", ["key_adult_id", "made_at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("school_assurance")
    op.drop_table("holiday_cover")
    op.drop_table("contact_code")
    op.drop_table("key_adult_request")
    op.drop_table("force_area")
    for table, column in reversed(_NEW_COLUMNS):
        op.drop_column(table, column.name)
