"""officers and their alerts

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _new_tables()
    op.add_column("notification", sa.Column("shown_only_to", sa.String(100), nullable=True))
    op.add_column("match", sa.Column("council", sa.String(3), nullable=True))
    op.add_column("match", sa.Column("shown_only_to", sa.String(100), nullable=True))
    with op.batch_alter_table("alert") as alert:
        alert.add_column(sa.Column("officer_id", sa.Uuid(), nullable=True))
        alert.add_column(sa.Column("about", sa.String(50), nullable=True))
        alert.alter_column("key_adult_id", existing_type=sa.Uuid(), nullable=True)
        alert.create_foreign_key(op.f("fk_alert_officer_id"), "officer", ["officer_id"], ["id"])
        alert.create_check_constraint(
            op.f("ck_alert_one_recipient"), "(key_adult_id IS NULL) <> (officer_id IS NULL)"
        )
    op.create_index("ix_alert_officer", "alert", ["officer_id", "state"])


def downgrade() -> None:
    op.drop_table("alert_about")
    op.execute(
        "DELETE FROM receipt WHERE alert_id IN (SELECT id FROM alert WHERE key_adult_id IS NULL)"
    )
    op.execute(
        "DELETE FROM alert_cover WHERE alert_id IN (SELECT id FROM alert WHERE key_adult_id IS NULL)"
    )
    op.execute("DELETE FROM alert WHERE key_adult_id IS NULL")
    op.drop_index("ix_alert_officer", table_name="alert")
    with op.batch_alter_table("alert") as alert:
        alert.drop_constraint(op.f("ck_alert_one_recipient"), type_="check")
        alert.drop_constraint(op.f("fk_alert_officer_id"), type_="foreignkey")
        alert.alter_column("key_adult_id", existing_type=sa.Uuid(), nullable=False)
        alert.drop_column("about")
        alert.drop_column("officer_id")
    op.drop_column("match", "shown_only_to")
    op.drop_column("match", "council")
    op.drop_column("notification", "shown_only_to")
    for table in ("review_step", "unsettled_child", "service_told", "release", "officer"):
        op.drop_table(table)


def _new_tables() -> None:
    op.create_table(
        "officer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=24), nullable=False),
        sa.Column("duty", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contact_verified_at", Utc(), nullable=True),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(owner LIKE 'council:%') = (duty IN ('council_officer', 'council_lookup', 'council_lead'))",
            name=op.f("ck_officer_duty_of_owner"),
        ),
        sa.CheckConstraint(
            "duty IN ('council_officer', 'council_lookup', 'council_lead', 'reviewer', 'duty_officer', 'force_lead')",
            name=op.f("ck_officer_duty_known"),
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_officer_position_from_one")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_officer_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("owner", "duty", "email_digest", name="uq_officer_duty_email"),
    )
    op.create_index(op.f("ix_officer_account_id"), "officer", ["account_id"], unique=False)
    op.create_index(op.f("ix_officer_email_digest"), "officer", ["email_digest"], unique=False)
    op.create_index(op.f("ix_officer_owner"), "officer", ["owner"], unique=False)

    op.create_table(
        "alert_about",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(length=50), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_about_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "about", name=op.f("pk_alert_about")),
    )
    op.create_index(op.f("ix_alert_about_about"), "alert_about", ["about"], unique=False)
    op.create_index(op.f("ix_alert_about_council"), "alert_about", ["council"], unique=False)
    op.create_index(op.f("ix_alert_about_urn"), "alert_about", ["urn"], unique=False)

    op.create_table(
        "release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("key_adult_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", Utc(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_as", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", Utc(), nullable=True),
        sa.Column("refused_at", Utc(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)",
            name=op.f("ck_release_confirmed_by_whom"),
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR refused_at IS NULL", name=op.f("ck_release_one_answer")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["account.id"], name=op.f("fk_release_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"], ["involved_child.id"], name=op.f("fk_release_involved_child_id")
        ),
        sa.ForeignKeyConstraint(
            ["key_adult_id"], ["key_adult.id"], name=op.f("fk_release_key_adult_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["account.id"], name=op.f("fk_release_proposed_by")
        ),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_release_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_index(
        op.f("ix_release_involved_child_id"), "release", ["involved_child_id"], unique=False
    )
    op.create_index(
        "uq_release_open",
        "release",
        ["involved_child_id"],
        unique=True,
        sqlite_where=sa.text("confirmed_at IS NULL AND refused_at IS NULL"),
        postgresql_where=sa.text("confirmed_at IS NULL AND refused_at IS NULL"),
    )

    op.create_table(
        "service_told",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("told_at", Utc(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["involved_child_id"],
            ["involved_child.id"],
            name=op.f("fk_service_told_involved_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name=op.f("fk_service_told_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_told")),
    )
    op.create_index(
        op.f("ix_service_told_involved_child_id"),
        "service_told",
        ["involved_child_id"],
        unique=False,
    )

    op.create_table(
        "unsettled_child",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("involved_child_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("late_at", Utc(), nullable=True),
        sa.Column("handed_to", sa.Uuid(), nullable=True),
        sa.Column("handed_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("close_code", sa.String(length=32), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (close_code IS NULL)", name=op.f("ck_unsettled_child_closed_why")
        ),
        sa.ForeignKeyConstraint(
            ["handed_to"], ["officer.id"], name=op.f("fk_unsettled_child_handed_to")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"],
            ["involved_child.id"],
            name=op.f("fk_unsettled_child_involved_child_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsettled_child")),
    )
    op.create_index(
        "ix_unsettled_child_force_due",
        "unsettled_child",
        ["force", "closed_at", "due_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_unsettled_child_involved_child_id"),
        "unsettled_child",
        ["involved_child_id"],
        unique=False,
    )
    op.create_index(
        "uq_unsettled_child_open",
        "unsettled_child",
        ["involved_child_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "review_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unsettled_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("planned_at", Utc(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "(state = 'planned') = (settled_at IS NULL)", name=op.f("ck_review_step_settled_when")
        ),
        sa.CheckConstraint(
            "kind IN ('reviewer', 'reviewer_again', 'force_lead', 'second_reviewer', 'council_lookup', 'duty_officer', 'late', 'hourly', 'council_officer')",
            name=op.f("ck_review_step_kind_known"),
        ),
        sa.CheckConstraint(
            "state <> 'skipped' OR reason_code IS NOT NULL",
            name=op.f("ck_review_step_skip_has_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'done', 'skipped')", name=op.f("ck_review_step_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_review_step_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["unsettled_id"], ["unsettled_child.id"], name=op.f("fk_review_step_unsettled_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_step")),
        sa.UniqueConstraint("unsettled_id", "kind", "planned_at", name="uq_review_step_kind"),
    )
    op.create_index(
        "ix_review_step_planned",
        "review_step",
        ["planned_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        op.f("ix_review_step_unsettled_id"), "review_step", ["unsettled_id"], unique=False
    )
