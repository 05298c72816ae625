"""What people said of a child at a school: remembered across incidents, taken back with history.

A `no` survives every new score: that child is not matched to that school again without a person.
Children are known here by keyed digests that the caller brings, never by who they are.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from app.core.clock import london_date
from app.core.ids import new_id
from schools.matching.details import Judged, Verdict
from schools.matching.models import Judgement, JudgementSource


def remember(
    session: Session, *, force: str, person_digest: bytes | None, involved_child_id: UUID | None,
    urn: int | None, verdict: Verdict, source: JudgementSource, actor: str, now: datetime,
    area_digest: bytes | None = None, reason_code: str | None = None,
    match_id: UUID | None = None,
) -> Judgement:  # fmt: skip
    """Store one word of one person; the same word of the same person again adds nothing.

    `area_digest` says where the child lived (authority and postcode): a key adult's yes holds as
    long as that is the same.
    """
    before = of_person(session, force, person_digest, involved_child_id=involved_child_id)
    newest = next((one for one in reversed(before) if one.urn == urn), None)
    word = (verdict, source, actor, match_id, area_digest)
    if newest is not None and word == (
        newest.verdict, newest.source, newest.actor, newest.match_id, newest.area_digest
    ):  # fmt: skip
        return newest
    row = Judgement(
        id=new_id(), force=force, person_digest=person_digest,
        involved_child_id=involved_child_id, match_id=match_id, urn=urn, verdict=verdict,
        source=source, area_digest=area_digest, school_year=school_year(london_date(now)),
        actor=actor, reason_code=reason_code, made_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def undo(session: Session, judgement_id: UUID, *, actor: str, now: datetime) -> bool:
    """Take one word back; it stays as a record. Return False where it was taken back before."""
    return _undo(session, Judgement.id == judgement_id, actor=actor, now=now) == 1


def undo_of_match(session: Session, match_id: UUID, *, actor: str, now: datetime) -> int:
    """Take back everything that was said with one decision; return how many words that were."""
    return _undo(session, Judgement.match_id == match_id, actor=actor, now=now)


def undo_said(
    session: Session, *, involved_child_ids: Sequence[UUID], urn: int | None,
    source: JudgementSource, actor: str, now: datetime,
) -> int:  # fmt: skip
    """Take back what one source said of these children at one school."""
    said = (
        Judgement.involved_child_id.in_(involved_child_ids)
        & (Judgement.urn == urn)
        & (Judgement.source == source)
    )
    return _undo(session, said, actor=actor, now=now)


def forget_people(session: Session, involved_child_ids: Sequence[UUID]) -> None:
    """Erase by whom and where these children would be known again; what was said stays."""
    session.execute(
        update(Judgement)
        .where(Judgement.involved_child_id.in_(involved_child_ids))
        .values(person_digest=None, area_digest=None)
        .execution_options(synchronize_session=False)
    )


def of_person(
    session: Session, force: str, person_digest: bytes | None, *,
    involved_child_id: UUID | None = None, at: datetime | None = None,
    earlier_rows: Collection[UUID] = (),
) -> list[Judgement]:  # fmt: skip
    """Return what is said of one person of one force, oldest first, as it stood before `at`.

    A child without a digest (no name, no date of birth) is known by its own row, and by its rows in
    the versions before (`earlier_rows`).
    """
    whose: list[ColumnElement[bool]] = []
    if person_digest is not None:
        whose.append(Judgement.person_digest == person_digest)
    if involved_child_id is not None:
        whose.append(Judgement.involved_child_id.in_({involved_child_id, *earlier_rows}))
    if not whose:
        return []
    wanted = select(Judgement).where(Judgement.force == force, or_(*whose))
    if at is None:
        wanted = wanted.where(Judgement.undone_at.is_(None))
    else:
        still = or_(Judgement.undone_at.is_(None), Judgement.undone_at >= at)
        wanted = wanted.where(Judgement.made_at < at, still)
    return list(session.scalars(wanted.order_by(Judgement.made_at, Judgement.id)))


def judged(
    rows: Iterable[Judgement], *, on: date, area_digest: bytes | None,
    earlier_rows: Collection[UUID] = (),
) -> tuple[Judged, ...]:  # fmt: skip
    """Return the newest word on each school, for the rules; an unsure one changes nothing.

    `on` is the London date of the incident, `area_digest` where the child lives now: a link is of
    the same school year and place, and a later no ends it. What was said of a row of an earlier
    version (`earlier_rows`) bars and never links: the force may have meant somebody else.
    """
    newest: dict[int, Judgement] = {}
    linked: set[int] = set()
    for row in rows:
        if row.urn is None or row.verdict is Verdict.UNSURE:
            continue
        newest[row.urn] = row
        if row.verdict is Verdict.NO:
            linked.discard(row.urn)
        elif row.involved_child_id in earlier_rows:
            continue
        elif _links(row, on=on, area_digest=area_digest):
            linked.add(row.urn)
    return tuple(
        Judged(urn, row.verdict, london_date(row.made_at), urn in linked)
        for urn, row in sorted(newest.items())
    )


def school_year(on: date) -> int:
    """Return the year in which the school year of a date began: 1 September is a new one."""
    return on.year if (on.month, on.day) >= (9, 1) else on.year - 1


def _links(row: Judgement, *, on: date, area_digest: bytes | None) -> bool:
    return (
        row.source is JudgementSource.KEY_ADULT
        and row.school_year == school_year(on)
        and area_digest is not None
        and row.area_digest == area_digest
    )


def _undo(session: Session, condition: ColumnElement[bool], *, actor: str, now: datetime) -> int:
    undone = session.execute(
        update(Judgement)
        .where(condition, Judgement.undone_at.is_(None))
        .values(undone_at=now, undone_by=actor)
        .returning(Judgement.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(undone)
