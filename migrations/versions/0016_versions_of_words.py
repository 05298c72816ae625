"""versions of words: who approved which, and what each message and alert was shown in

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wording_approval",
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("approved_by", sa.String(length=100), nullable=False),
        sa.Column("approved_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('notice', 'alert')", name=op.f("ck_wording_approval_kind_known")
        ),
        sa.CheckConstraint(
            "(kind = 'alert') = (owner = 'installation')",
            name=op.f("ck_wording_approval_alert_of_installation"),
        ),
        sa.PrimaryKeyConstraint("owner", "number", name=op.f("pk_wording_approval")),
    )
    op.add_column(
        "notification_content",
        sa.Column("rendered_digest", sa.LargeBinary(length=32), nullable=True),
    )
    op.add_column("alert", sa.Column("template_version", sa.String(length=32), nullable=True))
    op.add_column("alert", sa.Column("wording_digest", sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("alert", "wording_digest")
    op.drop_column("alert", "template_version")
    op.drop_column("notification_content", "rendered_digest")
    op.drop_table("wording_approval")
