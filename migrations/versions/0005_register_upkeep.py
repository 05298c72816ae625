"""register upkeep

Expand first, contract in a later release: the previous release must work on this schema.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NEW_COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("involved_child", sa.Column("return_on", sa.Date(), nullable=True)),
    ("involved_child", sa.Column("rematched_at", Utc(), nullable=True)),
    ("notification", sa.Column("return_on", sa.Date(), nullable=True)),
    ("notification", sa.Column("replanned_at", Utc(), nullable=True)),
)
_TO_RETURN = sa.text("return_on IS NOT NULL AND rematched_at IS NULL")
_NOT_REMOVED = sa.text("removed_at IS NULL")
_NOT_FOLLOWED = sa.text("followed_at IS NULL")


def upgrade() -> None:
    for table, column in _NEW_COLUMNS:
        op.add_column(table, column)
    op.create_index(
        "ix_involved_child_to_return", "involved_child", ["return_on"], unique=False,
        sqlite_where=_TO_RETURN, postgresql_where=_TO_RETURN,
    )  # fmt: skip
    _imports()
    _names()
    _successors()
    _changes()


def _imports() -> None:
    op.create_table(
        "register_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("touched", Json, nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("accepted_at", Utc(), nullable=True),
        sa.Column("accepted_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "state IN ('refused', 'applied', 'dry_run')",
            name=op.f("ck_register_import_state_known"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR reason_code IS NOT NULL",
            name=op.f("ck_register_import_refusal_has_reason"),
        ),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_by IS NULL)",
            name=op.f("ck_register_import_accepted_by_whom"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_import")),
    )
    op.create_index(
        "ix_register_import_digest", "register_import", ["file_digest", "at"], unique=False
    )


def _names() -> None:
    op.create_table(
        "establishment_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=False),
        sa.Column("removed_at", Utc(), nullable=True),
        sa.Column("removed_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "kind IN ('alias', 'former')", name=op.f("ck_establishment_alias_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["urn"], ["establishment.urn"], name=op.f("fk_establishment_alias_urn")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_establishment_alias")),
    )
    op.create_index(
        op.f("ix_establishment_alias_urn"), "establishment_alias", ["urn"], unique=False
    )
    op.create_index(
        "ix_establishment_alias_name_key", "establishment_alias", ["name_key"], unique=False
    )
    op.create_index(
        "uq_establishment_alias_name", "establishment_alias", ["urn", "name_key"], unique=True,
        sqlite_where=_NOT_REMOVED, postgresql_where=_NOT_REMOVED,
    )  # fmt: skip


def _successors() -> None:
    op.create_table(
        "successor_confirmation",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("predecessor_urn", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("confirmed_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "urn <> predecessor_urn", name=op.f("ck_successor_confirmation_another_school")
        ),
        sa.ForeignKeyConstraint(
            ["urn"], ["establishment.urn"], name=op.f("fk_successor_confirmation_urn")
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_urn"], ["establishment.urn"],
            name=op.f("fk_successor_confirmation_predecessor_urn"),
        ),
        sa.PrimaryKeyConstraint("urn", "predecessor_urn", name=op.f("pk_successor_confirmation")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_successor_confirmation_predecessor_urn"), "successor_confirmation",
        ["predecessor_urn"], unique=False,
    )  # fmt: skip


def _changes() -> None:
    op.create_table(
        "calendar_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("followed_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_change")),
    )
    op.create_index(
        "ix_calendar_change_waiting", "calendar_change", ["changed_at"], unique=False,
        sqlite_where=_NOT_FOLLOWED, postgresql_where=_NOT_FOLLOWED,
    )  # fmt: skip


def downgrade() -> None:
    for table in (
        "calendar_change", "successor_confirmation", "establishment_alias", "register_import",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_involved_child_to_return", table_name="involved_child")
    for table, column in reversed(_NEW_COLUMNS):
        op.drop_column(table, column.name)
