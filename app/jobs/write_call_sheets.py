"""The call sheet as an encrypted file: from six to noon, each quarter and when a line opens.

Written beside the service and, where the operator names a place, copied off the host each time, so
that the newest copy elsewhere is never older than the moment the last call was put on the sheet.
"""

import json
from dataclasses import asdict
from datetime import time, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access.models import Force
from app.core import audit, logs
from app.core.clock import at_london, london_date, london_time
from app.core.models import Lease
from app.core.paper import Label, public_keys, seal_file
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.jobs.runner import StepReport, Tick
from app.reports.paper_sheet import paper_lines
from notifications.models import CallSheetLine

log = logs.get(__name__)

ACTOR = "job:write_call_sheets"
FROM, UNTIL = time(6, 0), time(12, 0)
EVERY = timedelta(minutes=15)
SUFFIX = ".sheet"
# Of each force when its sheet was last written; the watchdog reads it.
FILE_MARK = "call_sheet_file:"


def write_call_sheets(tick: Tick) -> StepReport:
    """Write what is due of each force; after noon remove what is left."""
    settings = tick.wiring.settings
    folder, keys = settings.call_sheet_dir, settings.call_sheet_keys
    if folder is None or keys is None:
        return StepReport(tick.step)
    if not FROM <= london_time(tick.now) < UNTIL:
        _remove(settings)
        return StepReport(tick.step)
    with tick.wiring.database.read(PLATFORM) as session:
        codes = session.scalars(select(Force.code).order_by(Force.code)).all()
        due = [code for code in codes if tick.force in {None, code} and _due(session, code, tick)]
    return tick.each(due, lambda session, force: write(session, tick, force, folder, keys))


def write(session: Session, tick: Tick, force: str, folder: Path, keys_folder: Path) -> None:
    """Write, and copy off the host, the sheet of one force as it stands now."""
    settings, now = tick.wiring.settings, tick.now
    keys = public_keys(keys_folder, force)
    if not keys:
        log.warning("no key for the call sheet", job=tick.step, force=force)
        return
    lines = paper_lines(session, tick.wiring.cipher, force=force, now=now)
    label = Label(force, now, at_london(london_date(now), UNTIL))
    plain = json.dumps([asdict(one) for one in lines], default=_plain, ensure_ascii=False).encode()
    data, name = seal_file(plain, label, keys), f"{force}-{london_date(now)}{SUFFIX}"
    for place in (folder, settings.call_sheet_push_dir):
        if place is not None:
            _put(place / name, data)
    session.merge(Lease(name=_mark(force), fence=0, started_at=now, finished_at=now))
    audit.record(
        session, event=audit.Event.CALL_SHEET_WRITTEN, actor=ACTOR, force=force,
        subject=f"run:{london_date(now)}", now=now,
        detail={"lines": len(lines), "keys": len(keys)},
    )  # fmt: skip


def _due(session: Session, force: str, tick: Tick) -> bool:
    """Return whether a quarter of an hour began, or a line opened, since the last writing."""
    mark = session.get(Lease, _mark(force))
    if mark is None or mark.finished_at is None:
        return True
    start = at_london(london_date(tick.now), FROM)
    slot = start + (tick.now - start) // EVERY * EVERY
    opened = session.scalar(
        select(func.max(CallSheetLine.opened_at)).where(CallSheetLine.force == force)
    )
    return mark.finished_at < slot or (opened is not None and mark.finished_at < opened)


def _mark(force: str) -> str:
    return f"{FILE_MARK}{force}"


def _put(path: Path, data: bytes) -> None:
    """Put a file in its place whole or not at all, readable by its owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(data)
    fresh.replace(path)


def _remove(settings: Settings) -> None:
    for folder in (settings.call_sheet_dir, settings.call_sheet_push_dir):
        if folder is not None:
            for path in folder.glob(f"*{SUFFIX}"):
                path.unlink(missing_ok=True)


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
