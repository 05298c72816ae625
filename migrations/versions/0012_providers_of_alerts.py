"""providers of alerts: more of them, how each stands, and what they say became of an alert

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CHANNELS = (
    "'smtp', 'smtp_second', 'govuk_notify', 'govuk_notify_text', 'recording', 'recording_second', "
    "'recording_text'"
)
_STATUSES = "'sending', 'delivered', 'permanent_failure', 'temporary_failure', 'technical_failure'"
_POLLED = sa.text("next_poll_at IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("alert") as alert:
        alert.add_column(sa.Column("medium", sa.String(32), nullable=False, server_default="email"))
        alert.add_column(sa.Column("delivery_status", sa.String(32), nullable=True))
        alert.add_column(sa.Column("status_at", Utc(), nullable=True))
        alert.add_column(sa.Column("polls", sa.Integer(), nullable=False, server_default="0"))
        alert.add_column(sa.Column("next_poll_at", Utc(), nullable=True))
        alert.drop_constraint(op.f("ck_alert_channel_known"), type_="check")
        alert.create_check_constraint(op.f("ck_alert_channel_known"), f"channel IN ({_CHANNELS})")
        alert.create_check_constraint(op.f("ck_alert_medium_known"), "medium IN ('email', 'text')")
        alert.create_check_constraint(
            op.f("ck_alert_delivery_status_known"), f"delivery_status IN ({_STATUSES})"
        )
    op.create_index(
        "ix_alert_to_ask_about", "alert", ["next_poll_at"], sqlite_where=_POLLED,
        postgresql_where=_POLLED,
    )  # fmt: skip
    op.add_column("key_adult", sa.Column("mobile_digest", sa.LargeBinary(32), nullable=True))
    op.add_column("key_adult", sa.Column("mobile_verified_at", Utc(), nullable=True))
    op.add_column(
        "contact_code",
        sa.Column("by_text", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "provider",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("last_failed_id", sa.Uuid(), nullable=True),
        sa.Column("until", Utc(), nullable=True),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=True),
        sa.Column("tokens_at", Utc(), nullable=True),
        sa.CheckConstraint(f"name IN ({_CHANNELS})", name=op.f("ck_provider_name_known")),
        sa.CheckConstraint(
            "state IN ('closed', 'open', 'half_open')", name=op.f("ck_provider_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (until IS NULL)", name=op.f("ck_provider_open_until")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (reason_code IS NULL)", name=op.f("ck_provider_open_why")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider")),
    )
    op.create_table(
        "parked_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_notice")),
    )
    op.create_index(op.f("ix_parked_notice_alert_id"), "parked_notice", ["alert_id"])
    op.create_index(op.f("ix_parked_notice_received_at"), "parked_notice", ["received_at"])


def downgrade() -> None:
    op.drop_table("parked_notice")
    op.drop_table("provider")
    op.drop_column("contact_code", "by_text")
    op.drop_column("key_adult", "mobile_verified_at")
    op.drop_column("key_adult", "mobile_digest")
    op.drop_index("ix_alert_to_ask_about", table_name="alert")
    # What the older release does not know it would neither send nor show; a text message is no
    # e-mail, and it would go to an address.
    op.execute(
        "UPDATE alert SET state = 'not_needed', lease_owner = NULL, lease_until = NULL "
        "WHERE medium = 'text' AND state IN ('planned', 'unknown', 'attempting')"
    )
    op.execute("UPDATE alert SET channel = 'smtp' WHERE channel NOT IN ('smtp', 'recording')")
    with op.batch_alter_table("alert") as alert:
        alert.drop_constraint(op.f("ck_alert_delivery_status_known"), type_="check")
        alert.drop_constraint(op.f("ck_alert_medium_known"), type_="check")
        alert.drop_constraint(op.f("ck_alert_channel_known"), type_="check")
        alert.create_check_constraint(
            op.f("ck_alert_channel_known"), "channel IN ('smtp', 'recording')"
        )
        for column in ("next_poll_at", "polls", "status_at", "delivery_status", "medium"):
            alert.drop_column(column)
