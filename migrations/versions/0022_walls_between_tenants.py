"""walls between tenants: row-level security on every tenant table of PostgreSQL

Expand first, contract in a later release: the previous release must work on this schema. As the
owner it does: a transaction that says nothing of the platform is held by its scope alone, as before.
The walls themselves and the grants are put up after the migrations, around whatever tables there
are then (`app.core.walls.renew`).
"""

from alembic import op

from app.core import walls

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        walls.lay(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        walls.take_down(op.get_bind())
