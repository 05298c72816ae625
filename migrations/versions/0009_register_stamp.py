"""the register's latest change is read from an index"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_establishment_imported_at", "establishment", ["imported_at"])


def downgrade() -> None:
    op.drop_index("ix_establishment_imported_at", table_name="establishment")
