"""calls about going home: by when the desk must ring, and that it did

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

from app.core.types import Utc

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STEPS = (
    "attendance", "attendance_unanswered", "acknowledge", "acknowledge_lead", "follow_up",
    "follow_up_lead", "amendment", "amendment_all", "amendment_unread",
)  # fmt: skip
_MORE_STEPS = ("desk_call", "desk_call_unmade")


def _kinds(values: tuple[str, ...]) -> str:
    return f"kind IN ({', '.join(repr(one) for one in values)})"


def upgrade() -> None:
    for column in ("desk_call_by", "desk_called_at"):
        op.add_column("occurrence", sa.Column(column, Utc(), nullable=True))
    to_make = sa.text("desk_call_by IS NOT NULL AND desk_called_at IS NULL")
    op.create_index(
        "ix_occurrence_desk_call", "occurrence", ["desk_call_by"],
        sqlite_where=to_make, postgresql_where=to_make,
    )  # fmt: skip
    with op.batch_alter_table("receipt_step") as step:
        step.drop_constraint(op.f("ck_receipt_step_kind_known"), type_="check")
        step.create_check_constraint(
            op.f("ck_receipt_step_kind_known"), _kinds(_STEPS + _MORE_STEPS)
        )


def downgrade() -> None:
    steps = sa.table("receipt_step", sa.column("kind"))
    op.execute(sa.delete(steps).where(steps.c.kind.in_(_MORE_STEPS)))
    with op.batch_alter_table("receipt_step") as step:
        step.drop_constraint(op.f("ck_receipt_step_kind_known"), type_="check")
        step.create_check_constraint(op.f("ck_receipt_step_kind_known"), _kinds(_STEPS))
    op.drop_index("ix_occurrence_desk_call", "occurrence")
    for column in ("desk_called_at", "desk_call_by"):
        op.drop_column("occurrence", column)
