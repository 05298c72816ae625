"""Keeping the register up to date: each official file is looked at once, and what became of it."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.ids import new_id
from schools.register import RegisterReport, WrongFile, import_register
from schools.register_folder import OfficialFile, digest_of, file_date
from schools.register_models import ImportState, RegisterImport

# More schools in use than this change in no night; the report of the command names them all.
_MOST_NAMED = 500
OLDER, UNREADABLE = "older_than_applied", "unreadable"


def bring_up_to_date(
    session: Session, file: OfficialFile, *, waiting: Collection[int] = (), now: datetime,
    actor: str,
) -> RegisterImport | None:  # fmt: skip
    """Apply an official file unless that was done, or it was refused and nobody said it is right.

    Returns the row of what happened, None where there was nothing to do. A refusal is a row, never
    an error: the register of yesterday goes on.
    """
    before = _last(session, file.digest)
    accepted = before is not None and before.accepted_at is not None
    if before is not None and not accepted:
        return None
    if not accepted and _is_older(session, file):
        return _record(session, file, ImportState.REFUSED, RegisterReport(), now=now, actor=actor,
                       reason_code=OLDER)  # fmt: skip
    try:
        report = import_register(
            session, file.path, links_path=file.links, now=now, actor=actor, waiting=waiting,
            accept_closures=accepted, accept_changes=accepted,
        )  # fmt: skip
    except WrongFile as wrong:
        return _record(session, file, ImportState.REFUSED, wrong.report, now=now, actor=actor,
                       reason_code=wrong.reason_code)  # fmt: skip
    except Refused:
        return _record(session, file, ImportState.REFUSED, RegisterReport(), now=now, actor=actor,
                       reason_code=UNREADABLE)  # fmt: skip
    return _record(session, file, ImportState.APPLIED, report, now=now, actor=actor)


def look_at(
    session: Session, file: OfficialFile, *, waiting: Collection[int] = (), now: datetime,
    actor: str,
) -> RegisterImport:  # fmt: skip
    """Say what a file would do, without doing it; raises `Refused` for one that cannot be read."""
    report = import_register(
        session, file.path, links_path=file.links, now=now, actor=actor, waiting=waiting,
        dry_run=True, accept_closures=True, accept_changes=True,
    )  # fmt: skip
    return _record(session, file, ImportState.DRY_RUN, report, now=now, actor=actor)


def note_applied(
    session: Session, path: Path, links: Path | None, report: RegisterReport, *, now: datetime,
    actor: str,
) -> RegisterImport:  # fmt: skip
    """Record that an operator applied a file by hand, so that the night does not do it again."""
    file = OfficialFile(path, links, file_date(path), digest_of(path, links))
    return _record(session, file, ImportState.APPLIED, report, now=now, actor=actor)


def accept(
    session: Session, import_id: UUID, *, now: datetime, actor: str
) -> RegisterImport | None:
    """Say that a refused file is right; the next night applies it. None where it is not refused.

    A file that cannot be read stays refused, whatever anybody says.
    """
    row = session.get(RegisterImport, import_id)
    if row is None or row.state is not ImportState.REFUSED or row.reason_code == UNREADABLE:
        return None
    if row.accepted_at is None:
        row.accepted_at, row.accepted_by = now, actor
        session.flush()
    return row


def imports(session: Session, *, limit: int = 30) -> list[RegisterImport]:
    """Return what became of the newest files, the last first."""
    newest = select(RegisterImport).order_by(RegisterImport.at.desc(), RegisterImport.id)
    return list(session.scalars(newest.limit(limit)))


def _last(session: Session, digest: bytes) -> RegisterImport | None:
    return session.scalars(
        select(RegisterImport)
        .where(
            RegisterImport.file_digest == digest, RegisterImport.state != ImportState.DRY_RUN
        )
        .order_by(RegisterImport.at.desc())
        .limit(1)
    ).first()  # fmt: skip


def _is_older(session: Session, file: OfficialFile) -> bool:
    newest = session.scalar(
        select(func.max(RegisterImport.file_on)).where(RegisterImport.state == ImportState.APPLIED)
    )
    return newest is not None and file.on < newest


def _record(
    session: Session, file: OfficialFile, state: ImportState, report: RegisterReport, *,
    now: datetime, actor: str, reason_code: str | None = None,
) -> RegisterImport:  # fmt: skip
    row = RegisterImport(
        id=new_id(), file_digest=file.digest, file_name=file.path.name[:200], file_on=file.on,
        state=state, counts=_counts(report), reason_code=reason_code, at=now, by=actor,
        touched=[asdict(one) for one in report.touched[:_MOST_NAMED]],
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _counts(report: RegisterReport) -> dict[str, Any]:
    return {
        **report.kinds, "unchanged": report.unchanged, "rejected": len(report.rejected),
        "links": report.links, "former_names": report.former_names,
        "touched": len(report.touched),
    }  # fmt: skip
