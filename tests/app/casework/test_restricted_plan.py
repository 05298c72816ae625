"""Each page of a force asks whether a restricted child is untold: of the few that there are."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, text

from app.casework.restricted import _near_and_untold
from app.core.scope import PLATFORM
from app.wiring import Wiring

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_where_no_incident_is_restricted_one_look_at_their_index_is_all(
    wiring: Wiring,
) -> None:
    engine, asked = wiring.database.engine, list[tuple[str, Any]]()

    def keep(_connection: object, _cursor: object, said: str, values: object, *_: object) -> None:
        if said.startswith("SELECT"):
            asked.append((said, values))

    with wiring.database.read(PLATFORM) as session:
        event.listen(engine, "before_cursor_execute", keep)
        assert not _near_and_untold(session, "99", now=NOW)
        event.remove(engine, "before_cursor_execute", keep)
    ((statement, values),) = asked
    postgresql = engine.dialect.name == "postgresql"
    with engine.connect() as connection:
        if postgresql:
            # Where a table is as large as to be worth an index, and this one as short.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN (COSTS OFF)" if postgresql else "EXPLAIN QUERY PLAN"
        rows = connection.exec_driver_sql(f"{explain} {statement}", values)
        plan = "\n".join(str(row[-1]) for row in rows)
    assert "ix_incident_restricted" in plan
