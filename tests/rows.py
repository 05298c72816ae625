"""Every row of every table, to say that nothing was changed."""

from sqlalchemy import text

from app.tables import METADATA
from app.wiring import Wiring


def everything(wiring: Wiring) -> dict[str, list[str]]:
    """Return the rows of each table as text, in one order."""
    with wiring.database.engine.connect() as connection:
        return {
            table.name: sorted(
                map(repr, connection.execute(text(f'SELECT * FROM "{table.name}"')).all())  # noqa: S608
            )
            for table in METADATA.sorted_tables
        }
