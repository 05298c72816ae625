"""how another service was told of a child, and who looks at a protected child's release

Beside them: when a child at two schools is matched again for the second one.

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_AGAIN = sa.text("again_on IS NOT NULL")


def upgrade() -> None:
    for column in ("means", "reason_code"):
        op.add_column("service_told", sa.Column(column, sa.String(length=32), nullable=True))
    op.add_column("involved_child", sa.Column("again_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_involved_child_again", "involved_child", ["again_on"],
        sqlite_where=_AGAIN, postgresql_where=_AGAIN,
    )  # fmt: skip
    op.create_table(
        "release_claim",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=False),
        sa.Column("claimed_until", Utc(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_release_claim_notification_id")
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["account.id"], name=op.f("fk_release_claim_claimed_by")
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_release_claim")),
    )


def downgrade() -> None:
    op.drop_table("release_claim")
    op.drop_index("ix_involved_child_again", table_name="involved_child")
    op.drop_column("involved_child", "again_on")
    for column in ("reason_code", "means"):
        op.drop_column("service_told", column)
