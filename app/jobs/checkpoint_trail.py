"""Every five minutes: each chain is held to its last checkpoint, and a new one is kept elsewhere.

What was added since is verified link by link, and with it a twelfth of the whole chain, so that
each hour all of it is. A chain that is shorter than its checkpoint, or another one, gets no new
checkpoint: the last good one stays the last, and it rings until a person has looked.
Source: reliability.md 4.8; Data Protection Act 2018 s.66(2)(b) to (d).
"""

from datetime import timedelta
from math import ceil
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import checkpoints, logs
from app.core.chain_links import hash_at
from app.core.checkpoints import MARK, Checkpoint, Line, Signer
from app.core.errors import Refused
from app.core.in_time import in_time
from app.core.models import AuditHead, Lease
from app.core.scope import PLATFORM
from app.jobs.runner import StepReport, Tick

log = logs.get(__name__)

EVERY = timedelta(minutes=5)
# Nothing new in a chain for so long: a line all the same, which shows that somebody looked.
AT_LEAST = timedelta(hours=1)
_PARTS_AN_HOUR = 12
# Of a very long chain no more than this at once: the scheduler has children to see to.
_ROWS_AT_ONCE = 50_000

PLACE_REFUSED = "place_refused"
LAST_LINE_WRONG = "last_line_wrong"
WENT_BACK = "went_back"
CHANGED = "changed"


class Wrong(Refused):
    """A chain is not what it was, or its checkpoint is not."""

    def __init__(self, code: str) -> None:
        super().__init__("The audit trail is not what its checkpoint says: see its code.")
        self.why = code


def checkpoint_trail(tick: Tick) -> StepReport:
    """Look at every chain that is due; nothing where no second place is named."""
    report = StepReport(tick.step)
    folder = tick.wiring.settings.checkpoint_dir
    if folder is None:
        return report
    with tick.wiring.database.read(PLATFORM) as session:
        marks = {
            mark.name: mark.started_at
            for mark in session.scalars(select(Lease).where(Lease.name.startswith(MARK)))
        }
        chains = session.scalars(select(AuditHead.chain).order_by(AuditHead.chain)).all()
    for chain in chains:
        looked = marks.get(f"{MARK}{chain}")
        if looked is not None and abs(tick.now - looked) < EVERY:
            continue
        why = _look(tick, chain, folder)
        report.done += why is None
        report.failed += why is not None
    return report


def _look(tick: Tick, chain: str, folder: Path) -> str | None:
    """Look at one chain, and leave a mark of what came of it; return the code of what is wrong."""
    why = None
    try:
        with tick.wiring.database.read(PLATFORM) as session:
            _checkpoint(session, tick, chain, folder)
    except Wrong as error:
        why = error.why
    except OSError:
        why = PLACE_REFUSED
    if why is not None:
        log.error("no checkpoint", job=tick.step, force=chain, error=why)
    with tick.wiring.database.write(PLATFORM) as session:
        mark = session.get(Lease, f"{MARK}{chain}") or Lease(name=f"{MARK}{chain}", fence=0)
        mark.started_at, mark.last_error = tick.now, why
        mark.finished_at = mark.finished_at if why else tick.now
        session.add(mark)
    return why


def _checkpoint(session: Session, tick: Tick, chain: str, folder: Path) -> None:
    path, signer = checkpoints.path_of(folder, chain), Signer(tick.wiring.cipher)
    before = in_time(folder, lambda: checkpoints.last(path, signer.public))
    head = session.get_one(AuditHead, chain)
    _hold(session, tick, head, before)
    known = before.checkpoint if before else None
    if known and known.seq == head.seq and abs(tick.now - known.at) < AT_LEAST:
        return
    fresh = Checkpoint(chain, head.seq, head.hash, tick.now, checkpoints.follows(before))
    line = signer.line(fresh)
    in_time(folder, lambda: checkpoints.append(path, line))


def _hold(session: Session, tick: Tick, head: AuditHead, before: Line | None) -> None:
    """Raise `Wrong` where a chain does not hold, or is not the one of its last checkpoint."""
    known = before.checkpoint if before else None
    if before is not None and (known is None or known.chain != head.chain):
        raise Wrong(LAST_LINE_WRONG)
    seq = known.seq if known else 0
    if seq > head.seq:
        raise Wrong(WENT_BACK)
    if known is not None and hash_at(session, head.chain, seq) != known.hash:
        raise Wrong(CHANGED)
    chain = tick.wiring.chain
    if hash_at(session, head.chain, head.seq) != head.hash:
        raise Wrong(CHANGED)
    for first, until in ((seq + 1, head.seq), part(head.seq, tick.now.timestamp())):
        if chain.verify_part(session, head.chain, first, until) is not None:
            raise Wrong(CHANGED)


def part(rows: int, timestamp: float) -> tuple[int, int]:
    """Return the first and last row of the part that is looked at in these five minutes.

    Twelve parts one after the other are the whole chain; of a chain of more than 600,000 rows they
    are more, and the whole takes longer than an hour.
    """
    parts = max(_PARTS_AN_HOUR, ceil(rows / _ROWS_AT_ONCE))
    place = int(timestamp // EVERY.total_seconds()) % parts
    return rows * place // parts + 1, rows * (place + 1) // parts
