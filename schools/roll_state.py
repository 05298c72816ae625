"""What rolls are held, until when each is used, and how many keys are too wide to tell anything."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import london_date
from schools.matching import rules
from schools.roll_dates import USED_DAYS, school_year_began
from schools.roll_models import PupilKey, Roll, RollState


@dataclass(frozen=True, slots=True)
class HeldRoll:
    """One roll; `used_until` is the last London date on which it leads to a school."""

    owner: str
    pupils: int
    imported_at: datetime
    used_until: date


@dataclass(frozen=True, slots=True)
class RollsHeld:
    """The rolls in use, and how many block keys more pupils than `cap` share."""

    rolls: tuple[HeldRoll, ...]
    wide_blocks: int
    cap: int


def rolls_held(session: Session, *, on: date) -> RollsHeld:
    """Return the rolls that are used on a London date, and the keys over the cap."""
    rolls = session.scalars(
        select(Roll).where(Roll.state == RollState.CURRENT).order_by(Roll.owner)
    )
    held = (
        HeldRoll(roll.owner, roll.pupils, roll.imported_at, _used_until(roll.imported_at))
        for roll in rolls
    )
    used = tuple(one for one in held if one.used_until >= on)
    return RollsHeld(used, wide_blocks(session), rules.BLOCK_CAP)


def wide_blocks(session: Session) -> int:
    """Return how many block keys more pupils share than are ever opened for one child."""
    wide = (
        select(PupilKey.block)
        .group_by(PupilKey.block)
        .having(func.count() > rules.BLOCK_CAP)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(wide)) or 0


def _used_until(imported_at: datetime) -> date:
    supplied = london_date(imported_at)
    began = school_year_began(supplied)
    last_of_year = date(began.year + 1, 8, 30)
    return min(supplied + timedelta(days=USED_DAYS), last_of_year)
