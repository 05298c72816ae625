"""absences nobody sees to: who is alerted again until the desk says what was done

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STEPS = (
    "attendance", "attendance_unanswered", "acknowledge", "acknowledge_lead", "follow_up",
    "follow_up_lead", "amendment", "amendment_all", "amendment_unread", "desk_call",
    "desk_call_unmade",
)  # fmt: skip
_MORE_STEPS = ("absence_unmet",)


def _kinds(values: tuple[str, ...]) -> str:
    return f"kind IN ({', '.join(repr(one) for one in values)})"


def _allow(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("receipt_step") as step:
        step.drop_constraint(op.f("ck_receipt_step_kind_known"), type_="check")
        step.create_check_constraint(op.f("ck_receipt_step_kind_known"), _kinds(values))


def upgrade() -> None:
    _allow(_STEPS + _MORE_STEPS)


def downgrade() -> None:
    steps = sa.table("receipt_step", sa.column("kind"))
    op.execute(sa.delete(steps).where(steps.c.kind.in_(_MORE_STEPS)))
    _allow(_STEPS)
