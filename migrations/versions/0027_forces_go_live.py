"""forces go live: from when live police systems may be added

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("force", sa.Column("live_at", Utc(), nullable=True))
    # A force that a live system pushes for already has been live since it was added.
    op.execute(
        "UPDATE force SET live_at = added_at WHERE code IN "
        "(SELECT force FROM police_client WHERE kind = 'live')"
    )


def downgrade() -> None:
    op.drop_column("force", "live_at")
