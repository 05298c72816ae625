"""the language a person chose to read the service in

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("language", sa.String(length=32), nullable=True))
        account.create_check_constraint(
            op.f("ck_account_language_known"), "language IN ('en', 'cy')"
        )


def downgrade() -> None:
    with op.batch_alter_table("account") as account:
        account.drop_constraint(op.f("ck_account_language_known"), type_="check")
        account.drop_column("language")
