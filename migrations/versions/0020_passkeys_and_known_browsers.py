"""passkeys, the browsers an account is used from, and when somebody last proved who they are

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_session", sa.Column("browser", sa.String(length=40), nullable=True))
    op.add_column("sign_in_session", sa.Column("proved_at", Utc(), nullable=True))
    op.create_table(
        "known_browser",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser", sa.String(length=40), nullable=False),
        sa.Column("first_seen_at", Utc(), nullable=False),
        sa.Column("last_seen_at", Utc(), nullable=False),
        sa.Column("let_in_at", Utc(), nullable=True),
        sa.Column("shut_out_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "let_in_at IS NULL OR shut_out_at IS NULL", name=op.f("ck_known_browser_in_or_out")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_known_browser_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_browser")),
    )
    op.create_index(
        "uq_known_browser", "known_browser", ["account_id", "token_digest"], unique=True
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("may_be_backed_up", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("last_used_at", Utc(), nullable=True),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_count_from_zero")),
        sa.CheckConstraint(
            "may_be_backed_up OR NOT backed_up", name=op.f("ck_passkey_backed_up_if_it_may")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_passkey_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_account_id"), "passkey", ["account_id"])
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ceremony", sa.String(length=32), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "ceremony IN ('add', 'sign_in', 'prove')",
            name=op.f("ck_passkey_challenge_ceremony_known"),
        ),
        sa.CheckConstraint(
            "(ceremony = 'sign_in') = (account_id IS NULL)",
            name=op.f("ck_passkey_challenge_whose_unless_signing_in"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_passkey_challenge_account_id")
        ),
        sa.PrimaryKeyConstraint("challenge_digest", name=op.f("pk_passkey_challenge")),
    )
    op.create_index(
        op.f("ix_passkey_challenge_address_digest"), "passkey_challenge", ["address_digest"]
    )
    op.create_index(op.f("ix_passkey_challenge_expires_at"), "passkey_challenge", ["expires_at"])


def downgrade() -> None:
    op.drop_table("passkey_challenge")
    op.drop_table("passkey")
    op.drop_table("known_browser")
    op.drop_column("sign_in_session", "proved_at")
    op.drop_column("sign_in_session", "browser")
