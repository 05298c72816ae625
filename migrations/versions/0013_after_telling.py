"""what comes after telling: steps, attendance, amendments, recalls and breach records

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_RECEIPTS = (
    "handed_over", "reached_mailbox", "first_step", "withheld", "opened", "told_by_phone",
    "acknowledged", "not_our_pupil", "not_our_pupil_undone", "followed_up",
)  # fmt: skip
_MORE_RECEIPTS = ("shown_to_caller", "amendment_read", "destroyed", "exported", "printed")
_DUTIES = (
    "council_officer", "council_lookup", "council_lead", "reviewer", "duty_officer", "force_lead",
)  # fmt: skip
_STEPS = (
    "attendance", "attendance_unanswered", "acknowledge", "acknowledge_lead", "follow_up",
    "follow_up_lead", "amendment", "amendment_all", "amendment_unread",
)  # fmt: skip


def _in(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(one) for one in values)})"


def _delivered() -> list[sa.Column[object]]:
    return [
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("council", sa.String(length=3), nullable=True),
    ]


def _index_delivered(table: str) -> None:
    for column in ("urn", "council"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _of_notification(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["notification_id"], ["notification.id"], name=op.f(f"fk_{table}_notification_id")
    )


def upgrade() -> None:
    with op.batch_alter_table("receipt") as receipt:
        receipt.add_column(sa.Column("reason_code", sa.String(length=32), nullable=True))
        receipt.drop_constraint(op.f("ck_receipt_kind_known"), type_="check")
        receipt.create_check_constraint(
            op.f("ck_receipt_kind_known"), _in("kind", _RECEIPTS + _MORE_RECEIPTS)
        )
    with op.batch_alter_table("officer") as officer:
        officer.drop_constraint(op.f("ck_officer_duty_known"), type_="check")
        officer.create_check_constraint(
            op.f("ck_officer_duty_known"), _in("duty", (*_DUTIES, "data_protection"))
        )
    _steps()
    _attendance()
    _amendments()
    _recalls()


def _steps() -> None:
    op.create_table(
        "receipt_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("planned_at", Utc(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        *_delivered(),
        sa.CheckConstraint(_in("kind", _STEPS), name=op.f("ck_receipt_step_kind_known")),
        sa.CheckConstraint(
            _in("state", ("planned", "done", "skipped")), name=op.f("ck_receipt_step_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'skipped' OR reason_code IS NOT NULL",
            name=op.f("ck_receipt_step_skip_has_reason"),
        ),
        sa.CheckConstraint(
            "(state = 'planned') = (settled_at IS NULL)", name=op.f("ck_receipt_step_settled_when")
        ),
        _of_notification("receipt_step"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_step")),
        sa.UniqueConstraint("notification_id", "kind", "version", name="uq_receipt_step_kind"),
    )
    op.create_index(op.f("ix_receipt_step_notification_id"), "receipt_step", ["notification_id"])
    planned = sa.text("state = 'planned'")
    op.create_index(
        "ix_receipt_step_planned", "receipt_step", ["planned_at"],
        sqlite_where=planned, postgresql_where=planned,
    )  # fmt: skip
    _index_delivered("receipt_step")


def _attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("answer", sa.String(32), nullable=True),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("answered_by", sa.String(length=100), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("shown_from", Utc(), nullable=True),
        sa.Column("response", sa.String(32), nullable=True),
        sa.Column("responded_at", Utc(), nullable=True),
        sa.Column("responded_by", sa.String(length=100), nullable=True),
        *_delivered(),
        sa.CheckConstraint(
            _in("answer", ("in_school", "expected_away", "absent")),
            name=op.f("ck_attendance_answer_known"),
        ),
        sa.CheckConstraint(
            _in("response", ("seen_safe", "officer_sent", "social_care_told", "came_to_school")),
            name=op.f("ck_attendance_response_known"),
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_attendance_answered_when")
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL)", name=op.f("ck_attendance_answered_by_whom")
        ),
        sa.CheckConstraint(
            "(response IS NULL) = (responded_at IS NULL)",
            name=op.f("ck_attendance_responded_when"),
        ),
        sa.CheckConstraint(
            "(response IS NULL) = (responded_by IS NULL)",
            name=op.f("ck_attendance_responded_by_whom"),
        ),
        sa.CheckConstraint(
            "response IS NULL OR answer = 'absent'", name=op.f("ck_attendance_responds_to_absence")
        ),
        _of_notification("attendance"),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_force_date", "attendance", ["force", "on_date"])
    _index_delivered("attendance")


def _amendments() -> None:
    op.create_table(
        "amendment",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed", Json, nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("read_at", Utc(), nullable=True),
        sa.Column("read_by", sa.String(length=100), nullable=True),
        sa.Column("read_how", sa.String(length=32), nullable=True),
        *_delivered(),
        sa.CheckConstraint(
            "(read_at IS NULL) = (read_by IS NULL)", name=op.f("ck_amendment_read_by_whom")
        ),
        _of_notification("amendment"),
        sa.PrimaryKeyConstraint("notification_id", "version", name=op.f("pk_amendment")),
    )
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_amendment_unread", "amendment", ["force", "due_at"],
        sqlite_where=unread, postgresql_where=unread,
    )  # fmt: skip
    _index_delivered("amendment")


def _recalls() -> None:
    op.create_table(
        "recall",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("recalled_at", Utc(), nullable=False),
        sa.Column("recalled_by", sa.String(length=100), nullable=False),
        sa.Column("reason_code", sa.String(length=64), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        *(
            column
            for said in ("protecting", "disclosed")
            for column in (
                sa.Column(said, sa.String(32), nullable=True),
                sa.Column(f"{said}_at", Utc(), nullable=True),
                sa.Column(f"{said}_by", sa.String(length=100), nullable=True),
            )
        ),
        *_delivered(),
        *(
            sa.CheckConstraint(
                _in(said, ("yes", "no", "unsure")), name=op.f(f"ck_recall_{said}_known")
            )
            for said in ("protecting", "disclosed")
        ),
        *(
            sa.CheckConstraint(
                f"({said} IS NULL) = ({said}_at IS NULL)", name=op.f(f"ck_recall_{said}_when")
            )
            for said in ("protecting", "disclosed")
        ),
        sa.CheckConstraint(
            "disclosed IS NULL OR protecting IS NOT NULL", name=op.f("ck_recall_protecting_first")
        ),
        _of_notification("recall"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
    )
    op.create_index(op.f("ix_recall_notification_id"), "recall", ["notification_id"])
    unanswered = sa.text("disclosed IS NULL")
    op.create_index(
        "ix_recall_force_open", "recall", ["force", "recalled_at"],
        sqlite_where=unanswered, postgresql_where=unanswered,
    )  # fmt: skip
    _index_delivered("recall")
    op.create_table(
        "breach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("certainty", sa.String(32), nullable=False),
        sa.Column("aware_at", Utc(), nullable=False),
        sa.Column("report_by", Utc(), nullable=False),
        sa.Column("dpo_told_at", Utc(), nullable=True),
        sa.Column("dpo_told_by", sa.String(length=100), nullable=True),
        sa.Column("decision", sa.String(32), nullable=True),
        sa.Column("decided_at", Utc(), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            _in("certainty", ("yes", "no", "unsure")), name=op.f("ck_breach_certainty_known")
        ),
        sa.CheckConstraint(
            _in("decision", ("reported", "not_reportable", "no_breach")),
            name=op.f("ck_breach_decision_known"),
        ),
        sa.CheckConstraint("certainty <> 'no'", name=op.f("ck_breach_perhaps_at_least")),
        sa.CheckConstraint(
            "(dpo_told_at IS NULL) = (dpo_told_by IS NULL)",
            name=op.f("ck_breach_dpo_told_by_whom"),
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_breach_decided_when")
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL)", name=op.f("ck_breach_decided_by_whom")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_breach_recall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach")),
        sa.UniqueConstraint("recall_id", name=op.f("uq_breach_recall_id")),
    )
    op.create_index("ix_breach_force_report_by", "breach", ["force", "report_by"])


def downgrade() -> None:
    for table in ("breach", "recall", "amendment", "attendance", "receipt_step"):
        op.drop_table(table)
    receipt_table = sa.table("receipt", sa.column("kind"))
    op.execute(sa.delete(receipt_table).where(receipt_table.c.kind.in_(_MORE_RECEIPTS)))
    with op.batch_alter_table("receipt") as receipt:
        receipt.drop_constraint(op.f("ck_receipt_kind_known"), type_="check")
        receipt.create_check_constraint(op.f("ck_receipt_kind_known"), _in("kind", _RECEIPTS))
        receipt.drop_column("reason_code")
    _without_officers()


def _without_officers() -> None:
    """Let go of the officers whose duty the older release does not know, and of their alerts."""
    officers = sa.table("officer", sa.column("id"), sa.column("duty"))
    alerts = sa.table("alert", sa.column("id"), sa.column("officer_id"))
    gone = sa.select(officers.c.id).where(officers.c.duty == "data_protection")
    theirs = sa.select(alerts.c.id).where(alerts.c.officer_id.in_(gone))
    for table in ("alert_about", "alert_cover"):
        of_alert = sa.table(table, sa.column("alert_id"))
        op.execute(sa.delete(of_alert).where(of_alert.c.alert_id.in_(theirs)))
    op.execute(sa.delete(alerts).where(alerts.c.officer_id.in_(gone)))
    op.execute(sa.delete(officers).where(officers.c.duty == "data_protection"))
    with op.batch_alter_table("officer") as officer:
        officer.drop_constraint(op.f("ck_officer_duty_known"), type_="check")
        officer.create_check_constraint(op.f("ck_officer_duty_known"), _in("duty", _DUTIES))
