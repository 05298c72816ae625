"""register upkeep

Expand first, contract in a later release: the previous release must work on this schema.
"""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
