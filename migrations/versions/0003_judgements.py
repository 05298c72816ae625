"""judgements

Expand first, contract in a later release: the previous release must work on this schema.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.types import Json, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MATCH: tuple[tuple[str, Any], ...] = (
    ("considered", Json), ("given_urns", Json), ("decided_with", Json), ("matched_on", sa.Date()),
    ("policy_version", sa.Integer()), ("register_stamp", sa.String(64)),
    ("roll_stamp", sa.String(64)), ("sealed_reason", sa.LargeBinary()),
    ("legal_reference", sa.String(100)), ("undone_at", Utc()), ("undone_by", sa.String(100)),
)  # fmt: skip
_REVIEW: tuple[tuple[str, Any], ...] = (
    ("proposed_match_id", sa.Uuid()), ("proposed_by", sa.Uuid()), ("passed_to", sa.String(32)),
    ("passed_by", sa.Uuid()), ("settled_match_id", sa.Uuid()), ("second_due_at", Utc()),
    ("second_by", sa.Uuid()), ("second_at", Utc()), ("second_agrees", sa.Boolean()),
)  # fmt: skip
_KEYS = (
    ("proposed_match_id", "match"), ("proposed_by", "account"), ("passed_by", "account"),
    ("settled_match_id", "match"), ("second_by", "account"),
)  # fmt: skip


def upgrade() -> None:
    for name, kind in _MATCH:
        op.add_column("match", sa.Column(name, kind, nullable=True))
    with op.batch_alter_table("review") as review:
        for name, kind in _REVIEW:
            review.add_column(sa.Column(name, kind, nullable=True))
        for name, table in _KEYS:
            review.create_foreign_key(op.f(f"fk_review_{name}"), table, [name], ["id"])
        review.create_check_constraint(
            op.f("ck_review_passed_to_known"),
            "passed_to IN ('second_reviewer', 'council_lookup', 'desk')",
        )
    op.create_table(
        "judgement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("involved_child_id", sa.Uuid(), nullable=True),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("area_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.Column("undone_by", sa.String(length=100), nullable=True),
        sa.Column("force", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('yes', 'no', 'unsure')", name=op.f("ck_judgement_verdict_known")
        ),
        sa.CheckConstraint(
            "source IN ('review', 'key_adult', 'not_our_pupil')",
            name=op.f("ck_judgement_source_known"),
        ),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_judgement_undone_by_whom")
        ),
        sa.ForeignKeyConstraint(
            ["involved_child_id"], ["involved_child.id"],
            name=op.f("fk_judgement_involved_child_id"),
        ),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_judgement_match_id")),
        sa.ForeignKeyConstraint(["urn"], ["establishment.urn"], name=op.f("fk_judgement_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )  # fmt: skip
    op.create_index(op.f("ix_judgement_involved_child_id"), "judgement", ["involved_child_id"])
    op.create_index(op.f("ix_judgement_match_id"), "judgement", ["match_id"])
    op.create_index("ix_judgement_person", "judgement", ["force", "person_digest"])


def downgrade() -> None:
    op.drop_table("judgement")
    with op.batch_alter_table("review") as review:
        review.drop_constraint(op.f("ck_review_passed_to_known"), type_="check")
        for name, _ in _KEYS:
            review.drop_constraint(op.f(f"fk_review_{name}"), type_="foreignkey")
        for name, _ in _REVIEW:
            review.drop_column(name)
    for name, _ in _MATCH:
        op.drop_column("match", name)
