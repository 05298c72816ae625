"""Which schools are in use here: somebody relies on their number as it is."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from schools.models import CalendarDay, KeyAdult, SchoolHours, Term
from schools.register_diff import Use
from schools.roll_models import Pupil, Roll, RollState


def uses(session: Session, *, waiting: Collection[int] = ()) -> dict[int, tuple[Use, ...]]:
    """Return why each active school is active.

    It has key adults, pupils of a current roll, a calendar of its own, or is one of `waiting`: the
    schools with messages that are not settled, which this room knows nothing of.
    """
    current = select(Roll.id).where(Roll.state == RollState.CURRENT)
    with_roll = set(session.scalars(select(Pupil.urn).where(Pupil.roll_id.in_(current)).distinct()))
    with_people = set(
        session.scalars(select(KeyAdult.urn).where(KeyAdult.left_on.is_(None)).distinct())
    )
    found: dict[int, list[Use]] = {}
    for use, urns in (
        (Use.KEY_ADULTS, with_people),
        (Use.ROLL, with_roll),
        (Use.CALENDAR, _with_calendar(session)),
        (Use.MESSAGES, set(waiting)),
    ):
        for urn in urns:
            found.setdefault(urn, []).append(use)
    return {urn: tuple(some) for urn, some in found.items()}


def _with_calendar(session: Session) -> set[int]:
    own = "urn:%"
    owners = set(session.scalars(select(Term.owner).where(Term.owner.like(own)).distinct()))
    owners |= set(
        session.scalars(select(CalendarDay.owner).where(CalendarDay.owner.like(own)).distinct())
    )
    hours = session.scalars(
        select(SchoolHours.urn).where(
            or_(
                SchoolHours.doors_open.is_not(None), SchoolHours.register_close.is_not(None),
                SchoolHours.pupils_leave.is_not(None),
            )
        )
    )  # fmt: skip
    return {int(owner.partition(":")[2]) for owner in owners} | set(hours)
