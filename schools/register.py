"""Importing the national register and its links: the whole file checked first, then applied."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.core.errors import Refused
from schools.imports import RowError
from schools.models import Establishment, EstablishmentLink, Status
from schools.queries import OPEN_STATUSES, single_successors
from schools.register_file import Values, read_establishments, read_links

# More closures than this share is a wrong file, not a busy summer.
MOST_CLOSED = 0.10
_BATCH = 1_000
# What a row says where the file has no such column and the register no such row yet.
_BLANK = {"la_code": "000", "la_name": "", "type_code": 0, "type_name": "", "statutory": True}

Item = TypeVar("Item")
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """What an import did, or with `dry_run` would have done.

    `closed` counts the open schools that the file closes, `successors` those of them with a single
    open successor; `missing` the open schools that the file does not hold: they stay as they are.
    """

    added: int = 0
    changed: int = 0
    closed: int = 0
    unchanged: int = 0
    rejected: list[RowError] = field(default_factory=list)
    links: int = 0
    links_unchanged: int = 0
    successors: int = 0
    missing: int = 0
    dry_run: bool = False


@dataclass(slots=True)
class _Survey:
    """What the file would do to the register, row by row."""

    stored: dict[int, tuple[bytes, Status]]
    seen: set[int] = field(default_factory=set)
    added: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    rejected: list[RowError] = field(default_factory=list)

    def look_at(self, values: Values) -> None:
        urn: int = values["urn"]
        self.seen.add(urn)
        digest, status = self.stored.get(urn, (None, None))
        if digest is None:
            self.added.add(urn)
        elif digest != values["row_digest"]:
            self.changed.add(urn)
            if status in OPEN_STATUSES and values["status"] is Status.CLOSED:
                self.closed.add(urn)

    @property
    def open_before(self) -> set[int]:
        return {urn for urn, (_, status) in self.stored.items() if status in OPEN_STATUSES}


def import_register(
    session: Session, source_path: Path | str, *, links_path: Path | str | None = None,
    now: datetime, dry_run: bool = False, accept_closures: bool = False,
    progress: Progress | None = None,
) -> RegisterReport:  # fmt: skip
    """Bring the register up to the official file; the same file again changes nothing.

    A bad row is reported and left out. `progress` is called with the number of rows done since
    the last call; a school counts twice, once checked and once applied. Raises `Refused`, before
    anything is written, for a wrong file or one that would close more than a tenth of the open
    schools (unless `accept_closures`).
    """
    path, advance = Path(source_path), progress or _silent
    survey = _surveyed(session, path, advance)
    if not accept_closures:
        _refuse_closures(survey)
    if not dry_run:
        _apply(session, path, survey, now, advance)
    report = RegisterReport(
        added=len(survey.added), changed=len(survey.changed) - len(survey.closed),
        closed=len(survey.closed),
        unchanged=len(survey.seen) - len(survey.added) - len(survey.changed),
        rejected=survey.rejected, missing=len(survey.open_before - survey.seen), dry_run=dry_run,
    )  # fmt: skip
    if links_path is not None:
        report = _with_links(session, Path(links_path), report, advance)
    heirs = single_successors(session, survey.closed) if survey.closed else {}
    return replace(report, successors=len(heirs))


def _surveyed(session: Session, path: Path, advance: Progress) -> _Survey:
    rows = session.execute(
        select(Establishment.urn, Establishment.row_digest, Establishment.status)
    )
    survey = _Survey({urn: (digest, status) for urn, digest, status in rows})
    for batch in _batches(read_establishments(path, survey.rejected), _BATCH):
        for values in batch:
            survey.look_at(values)
        advance(len(batch))
    if not survey.seen:
        raise Refused(
            "No row of the file could be read as a school: check that it is the right one."
        )
    return survey


def _refuse_closures(survey: _Survey) -> None:
    open_before = len(survey.open_before)
    if survey.closed and len(survey.closed) > MOST_CLOSED * open_before:
        raise Refused(
            f"The file would close {len(survey.closed)} of {open_before} open schools: check that "
            "it is the right file, then repeat with --accept-closures."
        )


def _apply(session: Session, path: Path, survey: _Survey, now: datetime, advance: Progress) -> None:
    """Read the file once more and write only what differs, so that memory stays small."""
    if not survey.added and not survey.changed:
        advance(len(survey.seen))
        return
    for batch in _batches(read_establishments(path, []), _BATCH):
        added = [
            {**_BLANK, **row, "imported_at": now} for row in batch if row["urn"] in survey.added
        ]
        changed = [{**row, "imported_at": now} for row in batch if row["urn"] in survey.changed]
        if added:
            session.execute(insert(Establishment), added)
        if changed:
            session.execute(update(Establishment), changed)
        advance(len(batch))


def _with_links(
    session: Session, path: Path, report: RegisterReport, advance: Progress
) -> RegisterReport:
    link = EstablishmentLink
    rows = session.execute(
        select(link.urn, link.link_urn, link.link_type, link.link_name, link.established_on)
    )
    stored = {(urn, heir, kind): (name, since) for urn, heir, kind, name, since in rows}
    written = unchanged = 0
    rejected = list(report.rejected)
    for batch in _batches(read_links(path, rejected), _BATCH):
        added, changed = [], []
        for row in batch:
            held = stored.get((row["urn"], row["link_urn"], row["link_type"]))
            if held is None:
                added.append(row)
            elif held != (row["link_name"], row["established_on"]):
                changed.append(row)
        if added and not report.dry_run:
            session.execute(insert(EstablishmentLink), added)
        if changed and not report.dry_run:
            session.execute(update(EstablishmentLink), changed)
        written += len(added) + len(changed)
        unchanged += len(batch) - len(added) - len(changed)
        advance(len(batch))
    return replace(report, links=written, links_unchanged=unchanged, rejected=rejected)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    held = iter(items)
    while batch := list(islice(held, size)):
        yield batch


def _silent(_done: int) -> None:
    """Tell nobody."""
