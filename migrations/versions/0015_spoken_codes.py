"""spoken codes: two words by which a key adult and the force's desk know each other by telephone

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("sealed_spoken_code", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "sealed_spoken_code")
