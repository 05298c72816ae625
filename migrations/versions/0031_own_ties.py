"""what one person is tied to is found from the person (decision 0141)

Expand first, contract in a later release: the previous release must work on this schema.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # An index of millions of rows takes longer than any statement of the service may.
        op.execute("SET LOCAL statement_timeout = 0")
    op.create_index("ix_connected_digest_digest", "connected_digest", ["digest"])
    op.create_index("ix_recipient_change_person", "recipient_change", ["person"])


def downgrade() -> None:
    op.drop_index("ix_recipient_change_person", "recipient_change")
    op.drop_index("ix_connected_digest_digest", "connected_digest")
