"""The outbox takes the first of what waits along an index, however much waits."""

from typing import Any

from sqlalchemy import event, text

from app.core.scope import PLATFORM
from notifications.outbox import claim
from tests.factories.notifications import DUE, NotifyingForce, minutes


def test_what_waits_is_walked_along_and_never_sorted(force: NotifyingForce) -> None:
    force.place()
    force.at(DUE - minutes(120))
    force.chase()
    engine, asked = force.database.engine, list[tuple[str, Any]]()

    def keep(_connection: object, _cursor: object, said: str, values: object, *_: object) -> None:
        if said.startswith("SELECT alert.id \n") and "ORDER BY" in said:
            asked.append((said, values))

    event.listen(engine, "before_cursor_execute", keep)
    with force.database.write(PLATFORM) as session:
        assert claim(session, force.cipher, owner="one", now=force.now)
    event.remove(engine, "before_cursor_execute", keep)
    postgresql = engine.dialect.name == "postgresql"
    assert len(asked) == 2  # what cannot wait, and where there is room left what can
    for statement, values in asked:
        with engine.connect() as connection:
            if postgresql:
                # Where a table is as large as to be worth an index, and as the outbox asks it.
                connection.execute(text("SET LOCAL enable_seqscan = off"))
                connection.execute(text("SET LOCAL enable_sort = off"))
            explain = "EXPLAIN (COSTS OFF)" if postgresql else "EXPLAIN QUERY PLAN"
            rows = connection.exec_driver_sql(f"{explain} {statement}", values)
            plan = "\n".join(str(row[-1]) for row in rows)
        assert "ix_alert_unsettled" in plan
        assert not any(word in plan for word in ("Sort", "Bitmap", "TEMP B-TREE"))
