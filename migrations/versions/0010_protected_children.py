"""a protected child is one by a stored fact, and a release belongs to its notification

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STANDING = sa.text("confirmed_at IS NULL AND refused_at IS NULL")


def upgrade() -> None:
    for table in ("involved_child", "child_count"):
        op.add_column(
            table, sa.Column("protected", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.drop_index("uq_release_open", table_name="release")
    with op.batch_alter_table("release") as release:
        release.add_column(sa.Column("notification_id", sa.Uuid(), nullable=True))
        release.add_column(sa.Column("officer_id", sa.Uuid(), nullable=True))
        release.add_column(sa.Column("ended_at", Utc(), nullable=True))
        release.add_column(sa.Column("end_code", sa.String(length=32), nullable=True))
        release.alter_column("urn", existing_type=sa.Integer(), nullable=True)
        release.create_foreign_key(
            op.f("fk_release_notification_id"), "notification", ["notification_id"], ["id"]
        )
        release.create_foreign_key(op.f("fk_release_officer_id"), "officer", ["officer_id"], ["id"])
        release.create_check_constraint(
            op.f("ck_release_one_person"), "key_adult_id IS NULL OR officer_id IS NULL"
        )
    op.create_index(op.f("ix_release_notification_id"), "release", ["notification_id"])
    op.create_index(
        "uq_release_open", "release", ["notification_id"], unique=True,
        sqlite_where=_STANDING, postgresql_where=_STANDING,
    )  # fmt: skip
    _carry_over()


def _carry_over() -> None:
    """Say of what is stored what the columns would have said."""
    op.execute(
        """
        UPDATE involved_child SET protected = TRUE
        WHERE outcome_reason = 'protected'
           OR EXISTS (SELECT 1 FROM review
                      WHERE review.involved_child_id = involved_child.id
                        AND review.reason_code = 'protected')
           OR EXISTS (SELECT 1 FROM "match"
                      WHERE "match".involved_child_id = involved_child.id
                        AND "match".shown_only_to IS NOT NULL)
        """
    )
    op.execute(
        """
        UPDATE "release" SET notification_id = (
            SELECT notification.id FROM notification
            WHERE notification.involved_child_id = "release".involved_child_id
              AND notification.urn = "release".urn
              AND notification.accepted_at <= "release".proposed_at
            ORDER BY notification.ready_at DESC LIMIT 1
        )
        """
    )


def downgrade() -> None:
    op.drop_index("uq_release_open", table_name="release")
    op.drop_index(op.f("ix_release_notification_id"), table_name="release")
    op.execute('DELETE FROM "release" WHERE urn IS NULL')
    with op.batch_alter_table("release") as release:
        release.drop_constraint(op.f("ck_release_one_person"), type_="check")
        release.drop_constraint(op.f("fk_release_officer_id"), type_="foreignkey")
        release.drop_constraint(op.f("fk_release_notification_id"), type_="foreignkey")
        release.alter_column("urn", existing_type=sa.Integer(), nullable=False)
        for column in ("end_code", "ended_at", "officer_id", "notification_id"):
            release.drop_column(column)
    op.create_index(
        "uq_release_open", "release", ["involved_child_id"], unique=True,
        sqlite_where=_STANDING, postgresql_where=_STANDING,
    )  # fmt: skip
    for table in ("child_count", "involved_child"):
        op.drop_column(table, "protected")
