"""How long a process waits for PostgreSQL: a server that falls silent holds no thread for ever.

The server's own time-outs do not help where it is stopped, or where the network between swallows
everything: then nobody is there to say no, and the wait of a client has no end.
"""

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

# What the server says of a statement or a lock that took too long comes well before we give up.
_GRACE_SECONDS = 5
_LOCK_SECONDS = 5
_CONNECT_SECONDS = 5


def arguments(statement_seconds: int) -> dict[str, Any]:
    """Return what a connection is opened with: the server's time-outs, and the line's own.

    Statements are not compiled to machine code (jit): ours are over in less time than that takes.
    A host that is gone without a word is found out by probes of the idle line, and by data that
    nobody confirms.
    """
    milliseconds = 1000 * statement_seconds
    return {
        "options": f"-c statement_timeout={milliseconds}"
        f" -c lock_timeout={min(1000 * _LOCK_SECONDS, milliseconds)} -c timezone=UTC -c jit=off",
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }  # fmt: skip


def bound(engine: Engine, statement_seconds: int) -> None:
    """Let every connection of the engine give up a little later than the server would."""
    seconds = float(statement_seconds + _GRACE_SECONDS)

    class Patient(psycopg.Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, seconds if timeout is None else timeout)
            except psycopg.OperationalError:
                # Still at work after all that time: nothing of its answer may meet another's.
                if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                    self.close()
                raise

    def connect(_dialect: object, _record: object, given: Any, named: Any) -> Any:
        return Patient.connect(*given, **named)

    event.listen(engine, "do_connect", connect)


def end_idle(engine: Engine, seconds: int) -> None:
    """Let PostgreSQL end a transaction in which nothing was asked for so many seconds.

    For processes that work under a lease: one that is stopped (a machine that is moved, a debugger)
    must not hold its rows when another takes its work over, nor store what it began on waking.
    """
    if engine.dialect.name != "postgresql":
        return

    def limit(connection: Any, _record: object) -> None:
        # In no transaction: what is set in one that is rolled back is not set.
        connection.autocommit = True
        connection.execute(f"SET idle_in_transaction_session_timeout = {1000 * seconds}")
        connection.autocommit = False

    event.listen(engine, "connect", limit)
    # Those that are open already were opened without.
    engine.dispose()
