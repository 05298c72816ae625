"""The call sheet as an encrypted file: from six to noon, each quarter and when a line opens.

Written beside the service and, where the operator names a folder or an address, copied off the host
each time, so that the newest copy elsewhere is never older than the moment the last call was put on
the sheet. A place that does not take it is tried again each minute and rings: the sheet beside the
service is written and stored all the same, before anything leaves the host.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import time, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import forces
from app.core import audit, logs
from app.core.clock import at_london, london_date, london_time
from app.core.in_time import in_time
from app.core.models import Lease
from app.core.paper import Label, group_keys, public_keys, seal_file
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.jobs.runner import StepReport, Tick
from app.reports.paper_sheet import PaperLine, paper_lines
from notifications.channels.put_file import UNANSWERED, put_file
from notifications.models import CallSheetLine

log = logs.get(__name__)

ACTOR = "job:write_call_sheets"
FROM, UNTIL = time(6, 0), time(12, 0)
EVERY = timedelta(minutes=15)
SUFFIX = ".sheet"
# Of each force when its sheet was last written; the watchdog reads it.
FILE_MARK = "call_sheet_file:"
# And when it was last taken off the host, or tried; `last_error` says why it was not.
PUSH_MARK = "call_sheet_push:"
PUSH_AGAIN = timedelta(minutes=1)
FOLDER_REFUSED = "folder_not_written"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One encrypted file and its name."""

    name: str
    data: bytes


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
        codes = forces.codes(session)
        due = [code for code in codes if tick.force in {None, code} and _due(session, code, tick)]
    fresh: dict[str, Sheet] = {}

    def one(session: Session, force: str) -> None:
        sheet = write(session, tick, force, folder, keys)
        if sheet is not None:
            fresh[force] = sheet

    report = tick.each(due, one)
    if _goes_elsewhere(settings):
        report.failed += push(tick, fresh)
    return report


def write(
    session: Session, tick: Tick, force: str, folder: Path, keys_folder: Path
) -> Sheet | None:
    """Write the sheet of one force as it stands now; return it, or None where nobody has a key."""
    now = tick.now
    keys, group = in_time(
        keys_folder, lambda: (public_keys(keys_folder, force), group_keys(keys_folder, force))
    )
    if not keys and not group:
        log.warning("no key for the call sheet", job=tick.step, force=force)
        return None
    lines = paper_lines(session, tick.wiring.cipher, force=force, now=now)
    label = Label(force, now, at_london(london_date(now), UNTIL))
    everybodys = _sheet([one for one in lines if not one.restricted])
    plain = [(key, everybodys) for key in keys] + [(key, _sheet(lines)) for key in group]
    data, name = seal_file(plain, label), f"{force}-{london_date(now)}{SUFFIX}"
    in_time(folder, lambda: _put(folder / name, data))
    session.merge(Lease(name=_mark(force), fence=0, started_at=now, finished_at=now))
    audit.record(
        session, event=audit.Event.CALL_SHEET_WRITTEN, actor=ACTOR, force=force,
        subject=f"run:{london_date(now)}", now=now,
        detail={"lines": len(lines), "keys": len(plain)},
    )  # fmt: skip
    return Sheet(name, data)


def _sheet(lines: Sequence[PaperLine]) -> bytes:
    return json.dumps([asdict(one) for one in lines], default=_plain, ensure_ascii=False).encode()


def push(tick: Tick, sheets: Mapping[str, Sheet]) -> int:
    """Put sheets off the host, no transaction open meanwhile; return how many failed.

    An address that gives no answer is not asked again for the other forces of this tick.
    """
    settings, failed, asked = tick.wiring.settings, 0, None
    for force, sheet in sheets.items():
        copied = _copy(settings, sheet)
        if asked != UNANSWERED:
            asked = _send(settings, sheet)
        error = asked or copied
        with tick.wiring.database.write(PLATFORM) as session:
            mark = session.get(Lease, f"{PUSH_MARK}{force}") or Lease(name=f"{PUSH_MARK}{force}")
            mark.started_at, mark.last_error = tick.now, error
            mark.finished_at = mark.finished_at if error else tick.now
            session.add(mark)
        if error is not None:
            log.error("call sheet not pushed", job=tick.step, force=force, error=error)
            failed += 1
    return failed


def _goes_elsewhere(settings: Settings) -> bool:
    return settings.call_sheet_push_dir is not None or settings.call_sheet_push_url is not None


def _copy(settings: Settings, sheet: Sheet) -> str | None:
    """Copy a sheet into the operator's folder; return the code of why not, None where it is there.

    Such a folder may be a mount of another host that is gone, or slow.
    """
    folder = settings.call_sheet_push_dir
    if folder is None:
        return None
    try:
        in_time(folder, lambda: _put(folder / sheet.name, sheet.data))
    except TimeoutError:
        return UNANSWERED
    except OSError:
        return FOLDER_REFUSED
    return None


def _send(settings: Settings, sheet: Sheet) -> str | None:
    """Put a sheet at the operator's address; return the code of why not, None where it is there."""
    if settings.call_sheet_push_url is None:
        return None
    return put_file(
        settings.call_sheet_push_url, sheet.name, sheet.data,
        token=settings.call_sheet_push_token, ca_file=settings.call_sheet_push_ca_file,
    )  # fmt: skip


def _due(session: Session, force: str, tick: Tick) -> bool:
    """Return whether a quarter began, a line opened or a push failed since the last writing."""
    mark = session.get(Lease, _mark(force))
    if mark is None or mark.finished_at is None or _not_pushed(session, force, tick):
        return True
    start = at_london(london_date(tick.now), FROM)
    slot = start + (tick.now - start) // EVERY * EVERY
    opened = session.scalar(
        select(func.max(CallSheetLine.opened_at)).where(CallSheetLine.force == force)
    )
    return mark.finished_at < slot or (opened is not None and mark.finished_at < opened)


def _not_pushed(session: Session, force: str, tick: Tick) -> bool:
    """Return whether the last sheet was not taken elsewhere a minute ago, or never tried there."""
    if not _goes_elsewhere(tick.wiring.settings):
        return False
    wrote, mark = session.get(Lease, _mark(force)), session.get(Lease, f"{PUSH_MARK}{force}")
    if mark is None or mark.started_at is None:
        return True
    # The process ended between writing and pushing.
    if wrote is not None and wrote.finished_at is not None and mark.started_at < wrote.finished_at:
        return True
    return mark.last_error is not None and mark.started_at <= tick.now - PUSH_AGAIN


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
            in_time(folder, partial(_empty, folder))


def _empty(folder: Path) -> None:
    for path in folder.glob(f"*{SUFFIX}"):
        path.unlink(missing_ok=True)


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
