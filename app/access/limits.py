"""How often each police system calls, by the minute and for all processes, and how often it may.

A limit holds back a system that runs wild, so that it cannot starve the others; it is far above
any night. Where it cannot be looked up it holds nobody back: a push refused by mistake is a child
nobody was told of. Every push that is refused is counted, and the desk is told of it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.access.models import ClientUse, Door, PoliceClient, Verdict
from app.core import logs
from app.core.errors import TooMany

log = logs.get(__name__)
Found = TypeVar("Found")

# Calls a minute. A hundred ordinary nights of a mean force are 8,600 incidents; a batch call holds
# 5,000. Tokens are not limited: whoever names a system without its secret could shut it out.
USUAL: Mapping[Door, int] = {Door.PUSH: 12_000, Door.BATCH: 120, Door.READ: 3_000}
KEPT = timedelta(days=7)
_MINUTE = timedelta(minutes=1)

Call = tuple[UUID, Door, Verdict]


def limit_of(client: PoliceClient, door: Door) -> int:
    """Return how many calls a minute a system may make at a door."""
    own = {
        Door.PUSH: client.push_limit, Door.BATCH: client.batch_limit, Door.READ: client.read_limit,
    }[door]  # fmt: skip
    return USUAL[door] if own is None else own


def room(
    session: Session, clients: Iterable[PoliceClient], door: Door, *, now: datetime
) -> dict[UUID, int]:
    """Return how many calls of this minute each system has left at a door; raises as `count`."""
    asked = {client.id: limit_of(client, door) for client in clients}

    def work() -> dict[UUID, int]:
        rows = session.execute(
            select(ClientUse.client_id, ClientUse.times).where(
                ClientUse.client_id.in_(list(asked)), ClientUse.minute_at == _minute(now),
                ClientUse.door == door, ClientUse.verdict == Verdict.TAKEN,
            )
        )  # fmt: skip
        taken = {row.client_id: row.times for row in rows}
        return {each: limit - taken.get(each, 0) for each, limit in asked.items()}

    return _openly(session, work, asked)


def count(session: Session, calls: Mapping[Call, int], *, now: datetime) -> None:
    """Add to the counts of this minute; raises only where the database is gone.

    In the order of the key, so that two writers wait for each other in one direction only; late in
    a transaction, because the rows stay locked until its end.
    """
    rows = [
        {"client_id": client, "minute_at": _minute(now), "door": door, "verdict": verdict,
         "times": times}
        for (client, door, verdict), times in sorted(calls.items())
    ]  # fmt: skip
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    adding = dialect.insert(ClientUse)
    adding = adding.on_conflict_do_update(
        index_elements=["client_id", "minute_at", "door", "verdict"],
        set_={"times": ClientUse.times + adding.excluded.times},
    )
    _openly(session, lambda: session.execute(adding, rows), None)


def take(session: Session, client: PoliceClient, door: Door, *, now: datetime) -> None:
    """Count one call that nothing hangs on; raise `TooMany` where the minute is full."""
    if room(session, [client], door, now=now)[client.id] < 1:
        raise too_many(now)
    count(session, {(client.id, door, Verdict.TAKEN): 1}, now=now)


def too_many(now: datetime) -> TooMany:
    """Return the refusal of a call over the limit; the next minute has room again."""
    wait = int((_minute(now) + _MINUTE - now).total_seconds()) + 1
    return TooMany(
        "This police system calls more often than it may: send it again after `Retry-After`.",
        retry_after_seconds=wait,
    )


def forget_use(session: Session, *, now: datetime) -> None:
    """Forget the counts of minutes that nobody asks about any more."""
    session.execute(delete(ClientUse).where(ClientUse.minute_at < now - KEPT))


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _openly(session: Session, work: Callable[[], Found], otherwise: Found) -> Found:
    """Do what must hold nobody back: where the database refuses it, go on without.

    A savepoint of its own, because PostgreSQL gives up the whole transaction otherwise. Of the
    connection, because nothing that the session holds is touched. Where there is no connection any
    more, nothing can go on: what else the session did is lost with it.
    """
    session.flush()
    try:
        with session.connection().begin_nested():
            return work()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        log.error("limit not looked up", error=logs.error_kind(error))
        return otherwise
