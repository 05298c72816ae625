"""the first tables

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("enrolled_at", Utc(), nullable=True),
        sa.Column("disabled_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_digest", name=op.f("uq_account_email_digest")),
    )
    op.create_table(
        "audit",
        sa.Column("chain", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("detail", Json, nullable=True),
        sa.Column("prev_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_force_at", "audit", ["force", "at"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("chain", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "kind IN ('bank_holiday', 'closed', 'inset', 'open')",
            name=op.f("ck_calendar_day_kind_known"),
        ),
        sa.PrimaryKeyConstraint("owner", "on_date", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "content_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("destroyed_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_key")),
    )
    op.create_index(
        op.f("ix_content_key_incident_id"), "content_key", ["incident_id"], unique=False
    )

    op.create_table(
        "establishment",
        sa.Column("urn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("la_code", sa.String(length=3), nullable=False),
        sa.Column("la_name", sa.String(length=100), nullable=False),
        sa.Column("establishment_number", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("type_code", sa.Integer(), nullable=False),
        sa.Column("type_name", sa.String(length=100), nullable=False),
        sa.Column("group_code", sa.Integer(), nullable=True),
        sa.Column("phase", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("nation", sa.String(32), nullable=False),
        sa.Column("statutory", sa.Boolean(), nullable=False),
        sa.Column("low_age", sa.Integer(), nullable=True),
        sa.Column("high_age", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=True),
        sa.Column("locality", sa.String(length=200), nullable=True),
        sa.Column("town", sa.String(length=100), nullable=True),
        sa.Column("town_key", sa.String(length=100), nullable=True),
        sa.Column("locality_key", sa.String(length=200), nullable=True),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("telephone", sa.String(length=30), nullable=True),
        sa.Column("row_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("imported_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "nation IN ('england', 'wales')", name=op.f("ck_establishment_nation_known")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'closed', 'open_proposed_to_close', 'proposed_to_open')",
            name=op.f("ck_establishment_status_known"),
        ),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_establishment")),
    )
    op.create_index(op.f("ix_establishment_la_code"), "establishment", ["la_code"], unique=False)
    op.create_index(
        "ix_establishment_laestab",
        "establishment",
        ["la_code", "establishment_number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_establishment_locality_key"), "establishment", ["locality_key"], unique=False
    )
    op.create_index("ix_establishment_name_key", "establishment", ["name_key"], unique=False)
    op.create_index(op.f("ix_establishment_town_key"), "establishment", ["town_key"], unique=False)

    op.create_table(
        "establishment_link",
        sa.Column("urn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link_urn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link_type", sa.String(length=80), nullable=False),
        sa.Column("link_name", sa.String(length=200), nullable=True),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("urn", "link_urn", "link_type", name=op.f("pk_establishment_link")),
    )
    op.create_index(
        op.f("ix_establishment_link_link_urn"), "establishment_link", ["link_urn"], unique=False
    )

    op.create_table(
        "force",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_force")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("until", Utc(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("started_at", Utc(), nullable=True),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.Column("last_error", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "roll",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("imported_at", Utc(), nullable=False),
        sa.CheckConstraint("state IN ('current', 'replaced')", name=op.f("ck_roll_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll")),
    )
    op.create_index("ix_roll_owner_state", "roll", ["owner", "state"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("policy", Json, nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("force", "on_date", name="uq_run_date"),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(
        "ix_sign_in_failure_key_at", "sign_in_failure", ["key_digest", "at"], unique=False
    )

    op.create_table(
        "term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_term_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("owner", "first_on", name="uq_term_owner_first"),
    )
    op.create_table(
        "account_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.Column("granted_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.CheckConstraint(
            "role <> 'key_adult' OR urn IS NOT NULL",
            name=op.f("ck_account_role_key_adult_has_school"),
        ),
        sa.CheckConstraint(
            "role IN ('force_desk', 'reviewer', 'lead', 'council_officer', 'key_adult', 'register_admin', 'auditor', 'platform_admin')",
            name=op.f("ck_account_role_role_known"),
        ),
        sa.CheckConstraint(
            "(CASE WHEN urn IS NULL THEN 0 ELSE 1 END) + (CASE WHEN force IS NULL THEN 0 ELSE 1 END) + (CASE WHEN council IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_account_role_one_relation"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")
        ),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name=op.f("fk_account_role_force")),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_account_role_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
    )
    op.create_index(
        op.f("ix_account_role_account_id"), "account_role", ["account_id"], unique=False
    )
    op.create_index(op.f("ix_account_role_council"), "account_role", ["council"], unique=False)
    op.create_index(op.f("ix_account_role_force"), "account_role", ["force"], unique=False)
    op.create_index(op.f("ix_account_role_urn"), "account_role", ["urn"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("used_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_enrolment_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_enrolment_token_digest")),
    )
    op.create_index(op.f("ix_enrolment_account_id"), "enrolment", ["account_id"], unique=False)

    op.create_table(
        "key_adult",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("email_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("training_expires_on", sa.Date(), nullable=True),
        sa.Column("contact_verified_at", Utc(), nullable=True),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("ck_key_adult_position_from_one")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_key_adult_account_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_key_adult_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_adult")),
        sa.UniqueConstraint("urn", "email_digest", name="uq_key_adult_email"),
    )
    op.create_index(op.f("ix_key_adult_account_id"), "key_adult", ["account_id"], unique=False)
    op.create_index(op.f("ix_key_adult_email_digest"), "key_adult", ["email_digest"], unique=False)
    op.create_index(op.f("ix_key_adult_urn"), "key_adult", ["urn"], unique=False)

    op.create_table(
        "police_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=255), nullable=True),
        sa.Column("public_key", Json, nullable=True),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.Column("last_used_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name=op.f("fk_police_client_force")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_police_client")),
    )
    op.create_index(op.f("ix_police_client_force"), "police_client", ["force"], unique=False)

    op.create_table(
        "policy",
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("valid_from", Utc(), nullable=False),
        sa.Column("approved_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name=op.f("fk_policy_force")),
        sa.PrimaryKeyConstraint("force", "version", name=op.f("pk_policy")),
    )
    op.create_table(
        "pupil",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("roll_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["roll_id"], ["roll.id"], name=op.f("fk_pupil_roll_id")),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_pupil_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupil")),
    )
    op.create_index(op.f("ix_pupil_roll_id"), "pupil", ["roll_id"], unique=False)
    op.create_index(op.f("ix_pupil_urn"), "pupil", ["urn"], unique=False)

    op.create_table(
        "school_hours",
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("doors_open", sa.Time(), nullable=True),
        sa.Column("register_close", sa.Time(), nullable=True),
        sa.Column("pupils_leave", sa.Time(), nullable=True),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_school_hours_urn")),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_school_hours")),
    )
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("form_token", sa.String(length=64), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("last_seen_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_in_session_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_session_token_digest")),
    )
    op.create_index(
        op.f("ix_sign_in_session_account_id"), "sign_in_session", ["account_id"], unique=False
    )

    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_adult_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("planned_at", Utc(), nullable=False),
        sa.Column("next_attempt_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("own_failures", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("handed_over_at", Utc(), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("last_code", sa.String(length=64), nullable=True),
        sa.Column("provider_reference", sa.String(length=200), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "(state = 'attempting') = (lease_until IS NOT NULL)",
            name=op.f("ck_alert_attempt_is_leased"),
        ),
        sa.CheckConstraint("channel IN ('smtp', 'recording')", name=op.f("ck_alert_channel_known")),
        sa.CheckConstraint(
            "state IN ('planned', 'attempting', 'handed_over', 'failed', 'unknown', 'reached_mailbox', 'bounced', 'set_aside', 'not_needed')",
            name=op.f("ck_alert_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["key_adult_id"], ["key_adult.id"], name=op.f("fk_alert_key_adult_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_council"), "alert", ["council"], unique=False)
    op.create_index("ix_alert_key_adult", "alert", ["key_adult_id", "state"], unique=False)
    op.create_index(
        "ix_alert_to_send",
        "alert",
        ["next_attempt_at", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned', 'unknown', 'attempting')"),
        postgresql_where=sa.text("state IN ('planned', 'unknown', 'attempting')"),
    )
    op.create_index(op.f("ix_alert_urn"), "alert", ["urn"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("notice_type", sa.String(length=32), nullable=False),
        sa.Column("occurred_from", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("restricted_access", sa.Boolean(), nullable=False),
        sa.Column("children_seen", sa.Integer(), nullable=True),
        sa.Column("content_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("withdrawn_at", Utc(), nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=64), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "state IN ('newest', 'superseded', 'withdrawn')", name=op.f("ck_incident_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["police_client.id"], name=op.f("fk_incident_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["content_key_id"], ["content_key.id"], name=op.f("fk_incident_content_key_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("force", "reference", "version", name="uq_incident_version"),
    )
    op.create_index(
        "ix_incident_force_received", "incident", ["force", "received_at"], unique=False
    )
    op.create_index(
        "uq_incident_newest",
        "incident",
        ["force", "reference"],
        unique=True,
        sqlite_where=sa.text("state = 'newest'"),
        postgresql_where=sa.text("state = 'newest'"),
    )

    op.create_table(
        "key_adult_absence",
        sa.Column("key_adult_id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_key_adult_absence_in_order")),
        sa.ForeignKeyConstraint(
            ["key_adult_id"], ["key_adult.id"], name=op.f("fk_key_adult_absence_key_adult_id")
        ),
        sa.PrimaryKeyConstraint("key_adult_id", "first_on", name=op.f("pk_key_adult_absence")),
    )
    op.create_table(
        "night_close",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=False),
        sa.Column("told", Json, nullable=False),
        sa.Column("arrived", Json, nullable=False),
        sa.Column("equal", sa.Boolean(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["police_client.id"], name=op.f("fk_night_close_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_night_close")),
        sa.UniqueConstraint("force", "on_date", name="uq_night_close_date"),
    )
    op.create_table(
        "pupil_key",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pupil_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["pupil_id"], ["pupil.id"], name=op.f("fk_pupil_key_pupil_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("block", "pupil_id", name=op.f("pk_pupil_key")),
    )
    op.create_index(op.f("ix_pupil_key_pupil_id"), "pupil_key", ["pupil_id"], unique=False)

    op.create_table(
        "involved_child",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("outcome_reason", sa.String(32), nullable=True),
        sa.Column("outcome_at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("school_given", sa.Boolean(), nullable=False),
        sa.Column("warnings", Json, nullable=False),
        sa.Column("person_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('received', 'details_awaited', 'in_review', 'sent_to_school', 'sent_to_council', 'not_notified', 'held', 'withdrawn', 'superseded')",
            name=op.f("ck_involved_child_outcome_known"),
        ),
        sa.CheckConstraint(
            "outcome NOT IN ('not_notified', 'in_review', 'held') OR outcome_reason IS NOT NULL",
            name=op.f("ck_involved_child_reason_given"),
        ),
        sa.CheckConstraint(
            "outcome_reason IN ('over_18', 'unborn', 'pre_school_not_registered', 'not_related', 'not_affected', 'is_suspect', 'under_16_parties', 'other_jurisdiction', 'regulations', 'unrelated_but_present', 'affected_unknown', 'name_missing', 'protected', 'connected_at_school', 'no_school_known', 'several_schools', 'evidence_disagrees', 'too_uncertain', 'home_educated', 'not_in_education', 'school_closed', 'not_our_pupil', 'child_unnamed', 'force_hold', 'restricted')",
            name=op.f("ck_involved_child_outcome_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_involved_child_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_involved_child")),
        sa.UniqueConstraint("incident_id", "ref", name="uq_involved_child_ref"),
    )
    op.create_index(
        "ix_involved_child_force_due", "involved_child", ["force", "due_at"], unique=False
    )
    op.create_index(
        "ix_involved_child_force_outcome", "involved_child", ["force", "outcome"], unique=False
    )
    op.create_index(
        op.f("ix_involved_child_incident_id"), "involved_child", ["incident_id"], unique=False
    )
    op.create_index(
        op.f("ix_involved_child_person_digest"), "involved_child", ["person_digest"], unique=False
    )
    op.create_index(
        "ix_involved_child_waiting",
        "involved_child",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("outcome = 'received'"),
        postgresql_where=sa.text("outcome = 'received'"),
    )

    op.create_table(
        "match",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("band", sa.String(32), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=False),
        sa.Column("urns", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("rules_version", sa.String(length=32), nullable=False),
        sa.Column("input_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("decided_by", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", Utc(), nullable=False),
        sa.Column("composed_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "band IN ('matched', 'possible', 'several', 'none')", name=op.f("ck_match_band_known")
        ),
        sa.CheckConstraint(
            "decided_by = 'rules' OR reason IS NOT NULL", name=op.f("ck_match_person_gives_reason")
        ),
        sa.CheckConstraint(
            "decided_by IN ('rules', 'person')", name=op.f("ck_match_decided_by_known")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"], ["involved_child.id"], name=op.f("fk_match_involved_child_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
    )
    op.create_index(
        op.f("ix_match_involved_child_id"), "match", ["involved_child_id"], unique=False
    )
    op.create_index(
        "ix_match_to_compose",
        "match",
        ["decided_at"],
        unique=False,
        sqlite_where=sa.text("band = 'matched' AND composed_at IS NULL"),
        postgresql_where=sa.text("band = 'matched' AND composed_at IS NULL"),
    )

    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("content_version", sa.Integer(), nullable=False),
        sa.Column("person_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("accepted_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("late_record", sa.Boolean(), nullable=False),
        sa.Column("ready_at", Utc(), nullable=True),
        sa.Column("told_at", Utc(), nullable=True),
        sa.Column("told_how", sa.String(32), nullable=True),
        sa.Column("told_by", sa.String(length=100), nullable=True),
        sa.Column("acknowledged_at", Utc(), nullable=True),
        sa.Column("followed_up_at", Utc(), nullable=True),
        sa.Column("follow_up_due_on", sa.Date(), nullable=True),
        sa.Column("late_at", Utc(), nullable=True),
        sa.Column("late_cause", sa.String(32), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "(urn IS NULL) <> (recipient LIKE 'urn:%')",
            name=op.f("ck_notification_recipient_is_school"),
        ),
        sa.CheckConstraint(
            "late_cause IN ('record_received_late', 'settled_late', 'service_late', 'delivery_failed', 'not_opened', 'no_key_adult')",
            name=op.f("ck_notification_late_cause_known"),
        ),
        sa.CheckConstraint(
            "purpose IN ('inform', 'return')", name=op.f("ck_notification_purpose_known")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'ready', 'opened', 'acknowledged', 'followed_up', 'superseded', 'recalled', 'held')",
            name=op.f("ck_notification_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('opened', 'acknowledged', 'followed_up') OR told_at IS NOT NULL",
            name=op.f("ck_notification_opened_is_told"),
        ),
        sa.CheckConstraint(
            "told_how IN ('opened', 'by_phone', 'by_phone_untrained')",
            name=op.f("ck_notification_told_how_known"),
        ),
        sa.CheckConstraint(
            "(told_at IS NULL) = (told_by IS NULL)", name=op.f("ck_notification_told_by_whom")
        ),
        sa.CheckConstraint(
            "(told_at IS NULL) = (told_how IS NULL)", name=op.f("ck_notification_told_somehow")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_notification_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"],
            ["involved_child.id"],
            name=op.f("fk_notification_involved_child_id"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_notification_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index(op.f("ix_notification_council"), "notification", ["council"], unique=False)
    op.create_index("ix_notification_force_due", "notification", ["force", "due_at"], unique=False)
    op.create_index(
        op.f("ix_notification_incident_id"), "notification", ["incident_id"], unique=False
    )
    op.create_index(
        op.f("ix_notification_involved_child_id"),
        "notification",
        ["involved_child_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notification_person_digest"), "notification", ["person_digest"], unique=False
    )
    op.create_index(op.f("ix_notification_run_id"), "notification", ["run_id"], unique=False)
    op.create_index(
        "ix_notification_untold",
        "notification",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("told_at IS NULL AND state = 'ready'"),
        postgresql_where=sa.text("told_at IS NULL AND state = 'ready'"),
    )
    op.create_index(op.f("ix_notification_urn"), "notification", ["urn"], unique=False)
    op.create_index("ix_notification_urn_state", "notification", ["urn", "state"], unique=False)
    op.create_index(
        "uq_notification_once",
        "notification",
        ["force", "involved_child_id", "recipient", "purpose"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('superseded', 'recalled')"),
        postgresql_where=sa.text("state NOT IN ('superseded', 'recalled')"),
    )

    op.create_table(
        "alert_cover",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_cover_alert_id")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_alert_cover_notification_id")
        ),
        sa.PrimaryKeyConstraint("alert_id", "notification_id", name=op.f("pk_alert_cover")),
    )
    op.create_index(op.f("ix_alert_cover_council"), "alert_cover", ["council"], unique=False)
    op.create_index(
        op.f("ix_alert_cover_notification_id"), "alert_cover", ["notification_id"], unique=False
    )
    op.create_index(op.f("ix_alert_cover_urn"), "alert_cover", ["urn"], unique=False)

    op.create_table(
        "call_sheet_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(32), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "result IN ('told', 'no_answer', 'ring_back', 'wrong_number', 'stood_down')",
            name=op.f("ck_call_sheet_line_result_known"),
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["account.id"], name=op.f("fk_call_sheet_line_claimed_by")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_call_sheet_line_notification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sheet_line")),
        sa.UniqueConstraint("notification_id", name=op.f("uq_call_sheet_line_notification_id")),
    )
    op.create_index(
        op.f("ix_call_sheet_line_council"), "call_sheet_line", ["council"], unique=False
    )
    op.create_index(
        "ix_call_sheet_line_force_open",
        "call_sheet_line",
        ["force", "closed_at", "due_at"],
        unique=False,
    )
    op.create_index(op.f("ix_call_sheet_line_urn"), "call_sheet_line", ["urn"], unique=False)

    op.create_table(
        "escalation_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("planned_at", Utc(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "(state = 'planned') = (settled_at IS NULL)",
            name=op.f("ck_escalation_step_settled_when"),
        ),
        sa.CheckConstraint(
            "kind IN ('key_adult', 'second_key_adult', 'call_sheet', 'all_key_adults', 'duty_officer', 'late', 'duty_officer_again', 'leads')",
            name=op.f("ck_escalation_step_kind_known"),
        ),
        sa.CheckConstraint(
            "state <> 'skipped' OR reason_code IS NOT NULL",
            name=op.f("ck_escalation_step_skip_has_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'done', 'skipped')", name=op.f("ck_escalation_step_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_escalation_step_notification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
        sa.UniqueConstraint("notification_id", "kind", name="uq_escalation_step_kind"),
    )
    op.create_index(
        op.f("ix_escalation_step_council"), "escalation_step", ["council"], unique=False
    )
    op.create_index(
        op.f("ix_escalation_step_notification_id"),
        "escalation_step",
        ["notification_id"],
        unique=False,
    )
    op.create_index(
        "ix_escalation_step_planned",
        "escalation_step",
        ["planned_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(op.f("ix_escalation_step_urn"), "escalation_step", ["urn"], unique=False)

    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "code IN ('silent_support', 'overt_support', 'staff_told', 'welfare_check', 'early_help', 'social_care_referral', 'added_to_file', 'no_further_action')",
            name=op.f("ck_follow_up_code_known"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_follow_up_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_council"), "follow_up", ["council"], unique=False)
    op.create_index(
        op.f("ix_follow_up_notification_id"), "follow_up", ["notification_id"], unique=False
    )
    op.create_index(op.f("ix_follow_up_urn"), "follow_up", ["urn"], unique=False)

    op.create_table(
        "notification_content",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("template_version", sa.String(length=32), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("composed_at", Utc(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_key_id"],
            ["content_key.id"],
            name=op.f("fk_notification_content_content_key_id"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_notification_content_notification_id"),
        ),
        sa.PrimaryKeyConstraint("notification_id", "version", name=op.f("pk_notification_content")),
    )
    op.create_index(
        op.f("ix_notification_content_council"), "notification_content", ["council"], unique=False
    )
    op.create_index(
        op.f("ix_notification_content_urn"), "notification_content", ["urn"], unique=False
    )

    op.create_table(
        "occurrence",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", Utc(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_occurrence_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"],
            ["involved_child.id"],
            name=op.f("fk_occurrence_involved_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_occurrence_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", "incident_id", name=op.f("pk_occurrence")),
    )
    op.create_index(op.f("ix_occurrence_council"), "occurrence", ["council"], unique=False)
    op.create_index(
        op.f("ix_occurrence_involved_child_id"), "occurrence", ["involved_child_id"], unique=False
    )
    op.create_index(op.f("ix_occurrence_urn"), "occurrence", ["urn"], unique=False)

    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("content_version", sa.Integer(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "kind IN ('handed_over', 'reached_mailbox', 'first_step', 'withheld', 'opened', 'told_by_phone', 'acknowledged', 'not_our_pupil', 'not_our_pupil_undone', 'followed_up')",
            name=op.f("ck_receipt_kind_known"),
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_receipt_alert_id")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_receipt_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_council"), "receipt", ["council"], unique=False)
    op.create_index(
        op.f("ix_receipt_notification_id"), "receipt", ["notification_id"], unique=False
    )
    op.create_index(op.f("ix_receipt_urn"), "receipt", ["urn"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "state <> 'settled' OR settled_by IS NOT NULL", name=op.f("ck_review_settled_by_whom")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'settled', 'closed')", name=op.f("ck_review_state_known")
        ),
        sa.ForeignKeyConstraint(["claimed_by"], ["account.id"], name=op.f("fk_review_claimed_by")),
        sa.ForeignKeyConstraint(
            ["involved_child_id"], ["involved_child.id"], name=op.f("fk_review_involved_child_id")
        ),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_review_match_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_review_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(
        "ix_review_force_state_due", "review", ["force", "state", "due_at"], unique=False
    )
    op.create_index(
        op.f("ix_review_involved_child_id"), "review", ["involved_child_id"], unique=False
    )
    op.create_index(
        "uq_review_open_child",
        "review",
        ["involved_child_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, "
            "'the audit trail is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, "
            "'the audit trail is append-only'); END"
        )
    else:
        op.execute(
            "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'the audit trail is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW "
            "EXECUTE FUNCTION audit_append_only()"
        )
        op.execute(
            "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT "
            "EXECUTE FUNCTION audit_append_only()"
        )


def downgrade() -> None:

    op.drop_table("review")

    op.drop_table("receipt")

    op.drop_table("occurrence")

    op.drop_table("notification_content")

    op.drop_table("follow_up")

    op.drop_table("escalation_step")

    op.drop_table("call_sheet_line")

    op.drop_table("alert_cover")

    op.drop_table("notification")

    op.drop_table("match")

    op.drop_table("involved_child")

    op.drop_table("pupil_key")
    op.drop_table("night_close")
    op.drop_table("key_adult_absence")

    op.drop_table("incident")

    op.drop_table("alert")

    op.drop_table("sign_in_session")
    op.drop_table("school_hours")

    op.drop_table("pupil")
    op.drop_table("policy")

    op.drop_table("police_client")

    op.drop_table("key_adult")

    op.drop_table("enrolment")

    op.drop_table("account_role")
    op.drop_table("term")

    op.drop_table("sign_in_failure")
    op.drop_table("run")

    op.drop_table("roll")
    op.drop_table("lease")
    op.drop_table("force")

    op.drop_table("establishment_link")

    op.drop_table("establishment")

    op.drop_table("content_key")
    op.drop_table("calendar_day")
    op.drop_table("audit_head")

    op.drop_table("audit")
    op.drop_table("account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only()")
