"""Drills: beginning one, answering one at a school, and seeing how long the schools took."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.forces import councils_of
from app.access.permissions import Action, Relation, Role, may, may_at_all
from app.casework.acting import Acting, require
from app.casework.school_reach import mailing_force
from app.core import audit
from app.core.errors import Conflict, NotFound
from app.core.scope import acting_for
from schools import drills, queries
from schools.drills import Drill, DrillSchool

_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


@dataclass(frozen=True, slots=True)
class Result:
    """One school in a drill: unasked, asked, answered, or why it could not be asked."""

    urn: int
    name: str
    asked_at: datetime | None
    answered_at: datetime | None
    minutes: int | None
    reason_code: str | None


@dataclass(frozen=True, slots=True)
class DrillView:
    """One drill as far as this person may see it; `median_minutes` of those that answered."""

    drill: Drill
    results: tuple[Result, ...]
    open: bool

    @property
    def asked(self) -> int:
        return sum(one.asked_at is not None for one in self.results)

    @property
    def answered(self) -> int:
        return sum(one.answered_at is not None for one in self.results)

    @property
    def nobody(self) -> int:
        return sum(one.reason_code is not None for one in self.results)

    @property
    def median_minutes(self) -> int | None:
        taken = [one.minutes for one in self.results if one.minutes is not None]
        return int(median(taken)) if taken else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A drill that waits for an answer at one of this person's schools."""

    id: UUID
    school: str
    asked_at: datetime


def begin_for_force(session: Session, acting: Acting, *, force: str) -> Drill:
    """Begin a drill of every open school in the area that a force polices."""
    require(acting, Action.BEGIN_DRILL, Relation(force=force))
    area = councils_of(session, force)
    if not area:
        raise Conflict(
            "Nobody has said which councils this force polices: `encompass force area` does."
        )
    return _begin(session, acting, force=force, councils=area, council=None)


def begin_for_council(session: Session, acting: Acting, *, council: str) -> Drill:
    """Begin a drill of one council's open schools; the alerts leave by its force's mail."""
    require(acting, Action.BEGIN_DRILL, Relation(council=council))
    force = mailing_force(session, council)
    with acting_for(session, force):
        return _begin(session, acting, force=force, councils=frozenset({council}), council=council)


def waiting(session: Session, acting: Acting) -> list[Waiting]:
    """Return what waits at this person's schools; nothing for somebody without a school."""
    urns = acting.actor.urns(Role.KEY_ADULT)
    rows = drills.waiting_at(session, urns, now=acting.now) if urns else []
    names = queries.establishments(session, {row.urn for row in rows if row.urn is not None})
    return [
        Waiting(row.id, names[row.urn].name, row.asked_at)
        for row in rows
        if row.urn is not None and row.asked_at is not None
    ]


def answer(session: Session, acting: Acting, *, drill_school_id: UUID) -> bool:
    """Answer a drill for a school, as one would open a message; the first answer counts."""
    row = session.get(DrillSchool, drill_school_id)
    if row is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, Action.ANSWER_DRILL, Relation(urn=row.urn))
    force = row.force
    first = drills.acknowledge(session, row, actor=acting.actor.id, now=acting.now)
    with acting_for(session, force):
        audit.record(
            session, event=audit.Event.DRILL_ANSWERED, actor=acting.actor.id, force=force,
            subject=f"drill_school:{drill_school_id}", now=acting.now,
            reason_code=None if first else "answered_already",
        )  # fmt: skip
    return first


def all_drills(session: Session, acting: Acting) -> list[DrillView]:
    """Return the drills of this person's forces and councils, newest first."""
    if not may_at_all(acting.actor, Action.SEE_DRILLS):
        raise NotFound(_NOTHING_HERE)
    found = drills.drills(
        session, forces=acting.actor.forces(Role.LEAD), councils=acting.actor.councils(Role.LEAD)
    )
    return [_view(session, acting, one) for one in found]


def one_drill(session: Session, acting: Acting, *, drill_id: UUID) -> DrillView:
    """Return one drill with its schools; a council's lead sees the own council's alone."""
    for view in all_drills(session, acting):
        if view.drill.id == drill_id:
            return view
    raise NotFound(_NOTHING_HERE)


def _begin(
    session: Session, acting: Acting, *, force: str, councils: frozenset[str], council: str | None
) -> Drill:
    drill = drills.begin(
        session, force=force, schools=queries.places_of_councils(session, councils),
        council=council, actor=acting.actor.id, now=acting.now,
    )  # fmt: skip
    audit.record(
        session, event=audit.Event.DRILL_BEGUN, actor=acting.actor.id, force=force,
        subject=f"drill:{drill.id}", now=acting.now,
    )  # fmt: skip
    return drill


def _view(session: Session, acting: Acting, drill: Drill) -> DrillView:
    rows = [
        row for row in drills.schools_of(session, drill.id)
        if may(acting.actor, Action.SEE_DRILLS, Relation(force=row.force, council=row.council))
    ]  # fmt: skip
    names = queries.establishments(session, {row.urn for row in rows if row.urn is not None})
    results = tuple(
        Result(
            row.urn, names[row.urn].name, row.asked_at, row.acknowledged_at, row.minutes,
            row.reason_code,
        )
        for row in rows
        if row.urn is not None
    )  # fmt: skip
    return DrillView(drill, results, open=drill.ends_at > acting.now)
