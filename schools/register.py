"""Importing the national register and its links: the whole file checked first, then applied."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from app.core.errors import Refused
from schools.models import Establishment, EstablishmentLink
from schools.names_of_schools import keep_former
from schools.queries import single_successors
from schools.register_diff import ChangeKind, Followed, followed, named
from schools.register_file import holds_links, read_establishments, read_links
from schools.register_survey import (
    RegisterReport,
    Survey,
    WrongFile,
    refuse_changes,
    refuse_closures,
)
from schools.uses import uses

__all__ = ["RegisterReport", "WrongFile", "import_register"]

_BATCH = 1_000
# A first import adds thousands: then only what somebody has to look at is named.
_MOST_NAMED = 2_000
_PLAIN = frozenset({ChangeKind.ADDED, ChangeKind.CHANGED})
# What a row says where the file has no such column and the register no such row yet.
_BLANK = {"la_code": "000", "la_name": "", "type_code": 0, "type_name": "", "statutory": True}

Item = TypeVar("Item")
Progress = Callable[[int], None]


def import_register(
    session: Session, source_path: Path | str, *, links_path: Path | str | None = None,
    now: datetime, actor: str = "operator", dry_run: bool = False, accept_closures: bool = False,
    accept_changes: bool = False, waiting: Collection[int] = (), progress: Progress | None = None,
) -> RegisterReport:  # fmt: skip
    """Bring the register up to the official file; the same file again changes nothing.

    A bad row is reported and left out. The links may be in the same zip. `waiting` are the schools
    with messages that are not settled. `progress` is called with the number of rows done since the
    last call; a school counts twice, once checked and once applied. Raises `Refused`, before
    anything is written, for a file that cannot be read, and `WrongFile` for one that would close
    more than a tenth of the open schools (unless `accept_closures`) or change more than a quarter
    of all (unless `accept_changes`).
    """
    path, advance = Path(source_path), progress or _silent
    links = Path(links_path) if links_path is not None else path if holds_links(path) else None
    survey = _surveyed(session, path, advance)
    report = _reported(session, survey, links, waiting=waiting, dry_run=dry_run)
    if not accept_closures:
        refuse_closures(survey, report)
    if not accept_changes:
        refuse_changes(survey, report)
    apply = _tried if dry_run else _apply
    kept = apply(session, path, survey, now=now, actor=actor, advance=advance)
    report = replace(report, former_names=kept)
    if links is not None:
        report = _with_links(session, links, report, advance)
    heirs = single_successors(session, survey.closed) if survey.closed else {}
    return replace(report, successors=len(heirs))


def _reported(
    session: Session, survey: Survey, links: Path | None, *, waiting: Collection[int],
    dry_run: bool,
) -> RegisterReport:  # fmt: skip
    changes = named(
        survey.kinds, survey.names, links=_links_of(session, survey.closed, links),
        uses=uses(session, waiting=waiting) if survey.kinds else {},
    )  # fmt: skip
    kinds: dict[str, int] = {}
    for change in changes:
        kinds[change.change.value] = kinds.get(change.change.value, 0) + 1
    if len(changes) > _MOST_NAMED:
        changes = tuple(one for one in changes if one.uses or one.change not in _PLAIN)
    return RegisterReport(
        added=len(survey.added), changed=len(survey.changed) - len(survey.closed),
        closed=len(survey.closed),
        unchanged=len(survey.seen) - len(survey.added) - len(survey.changed),
        rejected=survey.rejected, missing=len(survey.open_before - survey.seen), kinds=kinds,
        named=changes, dry_run=dry_run,
    )  # fmt: skip


def _links_of(session: Session, closed: Collection[int], links: Path | None) -> list[Followed]:
    """Return who came after each school that closes, by the register and by the new links.

    The links are read whole, so that a file that cannot be read is refused before anything is
    written.
    """
    link = EstablishmentLink
    stored = session.execute(
        select(link.urn, link.link_urn, link.link_type).where(
            or_(link.urn.in_(closed), link.link_urn.in_(closed))
        )
    )
    rows = [(urn, link_urn, kind) for urn, link_urn, kind in stored] if closed else []
    if links is not None:
        rows += [
            (row["urn"], row["link_urn"], row["link_type"])
            for row in read_links(links, [])
            if row["urn"] in closed or row["link_urn"] in closed
        ]
    found = {followed(*row) for row in rows}
    return [one for one in found if one is not None and one.urn in closed]


def _surveyed(session: Session, path: Path, advance: Progress) -> Survey:
    school = Establishment
    rows = session.execute(select(school.urn, school.row_digest, school.status, school.name))
    survey = Survey({urn: (digest, status, name) for urn, digest, status, name in rows})
    for batch in _batches(read_establishments(path, survey.rejected), _BATCH):
        for values in batch:
            survey.look_at(values)
        advance(len(batch))
    if not survey.seen:
        raise Refused(
            "No row of the file could be read as a school: check that it is the right one."
        )
    survey.finish()
    return survey


def _apply(
    session: Session, path: Path, survey: Survey, *, now: datetime, actor: str, advance: Progress
) -> int:
    """Read the file once more and write only what differs, so that memory stays small.

    Returns how many former names were kept.
    """
    added_urns, changed_urns = survey.added, survey.changed
    if not added_urns and not changed_urns:
        advance(len(survey.seen))
        return 0
    before = {urn: survey.names[urn] for urn in changed_urns}
    kept = 0
    for batch in _batches(read_establishments(path, []), _BATCH):
        added = [{**_BLANK, **row, "imported_at": now} for row in batch if row["urn"] in added_urns]
        changed = [{**row, "imported_at": now} for row in batch if row["urn"] in changed_urns]
        if added:
            session.execute(insert(Establishment), added)
        if changed:
            session.execute(update(Establishment), changed)
            renamed = [(row["urn"], row["name"]) for row in changed]
            kept += keep_former(session, before, renamed, now=now, actor=actor)
        advance(len(batch))
    return kept


def _tried(
    session: Session, path: Path, survey: Survey, *, now: datetime, actor: str, advance: Progress
) -> int:
    """Return how many former names `_apply` would keep; write nothing."""
    before = {urn: survey.names[urn] for urn in survey.changed}
    kept = 0
    for batch in _batches(read_establishments(path, []) if before else (), _BATCH):
        renamed = [(row["urn"], row["name"]) for row in batch if row["urn"] in before]
        kept += keep_former(session, before, renamed, now=now, actor=actor, dry_run=True)
        advance(len(batch))
    return kept


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
