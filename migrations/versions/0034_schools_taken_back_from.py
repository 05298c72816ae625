"""a school that a message was taken back from is not told again without a person

Expand first, contract in a later release: the previous release must work on this schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_SOURCES = ("review", "key_adult", "not_our_pupil")
_MORE_SOURCES = ("recall",)


def _known(sources: tuple[str, ...]) -> str:
    return f"source IN ({', '.join(repr(one) for one in sources)})"


def upgrade() -> None:
    with op.batch_alter_table("judgement") as judgement:
        judgement.drop_constraint(op.f("ck_judgement_source_known"), type_="check")
        judgement.create_check_constraint(
            op.f("ck_judgement_source_known"), _known(_SOURCES + _MORE_SOURCES)
        )


def downgrade() -> None:
    judgements = sa.table("judgement", sa.column("source"))
    op.execute(sa.delete(judgements).where(judgements.c.source.in_(_MORE_SOURCES)))
    with op.batch_alter_table("judgement") as judgement:
        judgement.drop_constraint(op.f("ck_judgement_source_known"), type_="check")
        judgement.create_check_constraint(op.f("ck_judgement_source_known"), _known(_SOURCES))
