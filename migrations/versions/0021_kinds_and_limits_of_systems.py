"""test and live police systems, the networks and limits of each, how often they call, and trials

Expand first, contract in a later release: the previous release must work on this schema. To it
every system is a live one, as every system was.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_LIMITS = ("push_limit", "batch_limit", "read_limit")


def upgrade() -> None:
    with op.batch_alter_table("police_client") as client:
        client.add_column(
            sa.Column("kind", sa.String(length=32), nullable=False, server_default="live")
        )
        client.add_column(sa.Column("networks", Json, nullable=True))
        for name in _LIMITS:
            client.add_column(sa.Column(name, sa.Integer(), nullable=True))
        client.create_check_constraint(
            op.f("ck_police_client_kind_known"), "kind IN ('live', 'test')"
        )
    op.create_table(
        "client_use",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("minute_at", Utc(), nullable=False),
        sa.Column("door", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "door IN ('token', 'push', 'batch', 'read')", name=op.f("ck_client_use_door_known")
        ),
        sa.CheckConstraint(
            "verdict IN ('taken', 'over_limit', 'wrong_address', 'wrong_kind')",
            name=op.f("ck_client_use_verdict_known"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["police_client.id"], name=op.f("fk_client_use_client_id")
        ),
        sa.PrimaryKeyConstraint(
            "client_id", "minute_at", "door", "verdict", name=op.f("pk_client_use")
        ),
    )
    op.create_index(op.f("ix_client_use_minute_at"), "client_use", ["minute_at"])
    op.create_table(
        "trial_incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_from", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("children", Json, nullable=False),
        sa.Column("withdrawn_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["police_client.id"], name=op.f("fk_trial_incident_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_incident")),
        sa.UniqueConstraint(
            "force", "reference", "version", name=op.f("uq_trial_incident_version")
        ),
    )
    op.create_index("ix_trial_incident_force_received", "trial_incident", ["force", "received_at"])


def downgrade() -> None:
    op.drop_table("trial_incident")
    op.drop_table("client_use")
    with op.batch_alter_table("police_client") as client:
        client.drop_constraint(op.f("ck_police_client_kind_known"), type_="check")
        for name in (*reversed(_LIMITS), "networks", "kind"):
            client.drop_column(name)
