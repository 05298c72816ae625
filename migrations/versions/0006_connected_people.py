"""connected people, suspects in other families, counts over a year, and reports by area

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("involved_child", sa.Column("authority", sa.String(length=3), nullable=True))
    _connected()
    _suspects()
    op.create_table(
        "child_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_count")),
    )
    op.create_index("ix_child_count_person", "child_count", ["force", "person_digest"])
    op.create_index("ix_child_count_counted_on", "child_count", ["counted_on"])


def _connected() -> None:
    op.create_table(
        "connected_digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "kind IN ('name_born', 'phone', 'email', 'name', 'at_school')",
            name=op.f("ck_connected_digest_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_connected_digest_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"],
            ["involved_child.id"],
            name=op.f("fk_connected_digest_involved_child_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connected_digest")),
    )
    op.create_index(op.f("ix_connected_digest_incident_id"), "connected_digest", ["incident_id"])
    op.create_table(
        "recipient_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(length=50), nullable=False),
        sa.Column("person", sa.String(length=50), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("found_at", Utc(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "reason IN ('identity', 'named_at_school', 'said_related', 'knows_the_family')",
            name=op.f("ck_recipient_change_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_recipient_change_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient_change")),
        sa.UniqueConstraint("about", "person", name=op.f("uq_recipient_change_person")),
    )
    op.create_index(op.f("ix_recipient_change_incident_id"), "recipient_change", ["incident_id"])
    op.create_index("ix_recipient_change_force_found", "recipient_change", ["force", "found_at"])


def _suspects() -> None:
    op.create_table(
        "suspect_link",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_suspect_link_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"],
            ["involved_child.id"],
            name=op.f("fk_suspect_link_involved_child_id"),
        ),
        sa.PrimaryKeyConstraint(
            "incident_id", "digest", "involved_child_id", name=op.f("pk_suspect_link")
        ),
    )
    op.create_index("ix_suspect_link_digest", "suspect_link", ["force", "digest"])
    op.create_index(
        "ix_suspect_link_to_note",
        "suspect_link",
        ["force"],
        sqlite_where=sa.text("noted_at IS NULL"),
        postgresql_where=sa.text("noted_at IS NULL"),
    )
    op.create_table(
        "suspect_pattern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("found_at", Utc(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'confirmed', 'dismissed')",
            name=op.f("ck_suspect_pattern_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("fk_suspect_pattern_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect_pattern")),
        sa.UniqueConstraint("force", "digest", name=op.f("uq_suspect_pattern_digest")),
    )


def downgrade() -> None:
    for table in (
        "child_count", "suspect_pattern", "suspect_link", "recipient_change", "connected_digest",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("involved_child", "authority")
