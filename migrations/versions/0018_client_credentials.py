"""ways of a police system to sign in: two at once, secrets or keys, and statements taken once

Expand first, contract in a later release: the previous release must work on this schema. It finds
the secret of a system that was there before; what is added from now on it does not know.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=255), nullable=True),
        sa.Column("public_key", Json, nullable=True),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("last_used_at", Utc(), nullable=True),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "(secret_hash IS NULL) <> (public_key IS NULL)",
            name=op.f("ck_client_credential_one_kind"),
        ),
        sa.CheckConstraint(
            "(public_key IS NULL) = (key_id IS NULL)",
            name=op.f("ck_client_credential_key_and_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["police_client.id"],
            name=op.f("fk_client_credential_client_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_credential")),
    )  # fmt: skip
    op.create_index(op.f("ix_client_credential_client_id"), "client_credential", ["client_id"])
    op.create_index(
        "uq_client_credential_key", "client_credential", ["client_id", "key_id"], unique=True
    )
    op.create_table(
        "used_assertion",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("jti_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("keep_until", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["police_client.id"],
            name=op.f("fk_used_assertion_client_id"),
        ),
        sa.PrimaryKeyConstraint("client_id", "jti_digest", name=op.f("pk_used_assertion")),
    )  # fmt: skip
    op.create_index(op.f("ix_used_assertion_keep_until"), "used_assertion", ["keep_until"])
    # The secret of each system that is there keeps working, under the id of its system.
    op.execute(
        "INSERT INTO client_credential"
        " (id, client_id, secret_hash, added_at, last_used_at, revoked_at)"
        " SELECT id, id, secret_hash, added_at, last_used_at, revoked_at FROM police_client"
        " WHERE secret_hash IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("used_assertion")
    op.drop_table("client_credential")
