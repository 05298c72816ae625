"""identities at OpenID providers that are linked to accounts, and the questions on their way

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_NOW = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "linked_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subject_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("linked_at", Utc(), nullable=False),
        sa.Column("last_used_at", Utc(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_linked_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identity")),
    )
    for name, column in (
        ("uq_linked_identity_subject", "subject_digest"),
        ("uq_linked_identity_account", "account_id"),
    ):
        op.create_index(
            name, "linked_identity", [column], unique=True, sqlite_where=_NOW, postgresql_where=_NOW
        )
    op.create_table(
        "identity_question",
        sa.Column("state_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_identity_question_account_id")
        ),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_identity_question")),
    )
    op.create_index(
        op.f("ix_identity_question_address_digest"), "identity_question", ["address_digest"]
    )
    op.create_index(op.f("ix_identity_question_expires_at"), "identity_question", ["expires_at"])


def downgrade() -> None:
    op.drop_table("identity_question")
    op.drop_table("linked_identity")
