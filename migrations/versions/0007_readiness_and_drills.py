"""readiness and drills

Expand first, contract in a later release: the previous release must work on this schema.
"""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
