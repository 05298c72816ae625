"""What `encompass check` asks of each force: its area, its duty officer and its desk's number."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access import forces
from app.access.forces import councils_of
from app.access.restricted import members_of
from app.core.clock import london_date
from app.core.policies import current_policy
from schools.officers import Duty, Officer


class State(StrEnum):
    """How a line of the check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


def cover(session: Session, now: datetime) -> tuple[State, str]:
    """Say what a force lacks so that its schools are known and somebody can be rung."""
    codes = forces.codes(session)
    lacking = [text for code in codes for text in _lacking(session, code, now)]
    if lacking:
        return State.WARN, "; ".join(lacking)
    return State.OK, f"{len(codes)} with area, duty officer and the desk's number"


def _lacking(session: Session, code: str, now: datetime) -> Iterator[str]:
    if not councils_of(session, code):
        yield f"{code} has no area: encompass force area {code} COUNCIL"
    on_duty = select(Officer.id).where(
        Officer.owner == f"force:{code}", Officer.duty == Duty.DUTY_OFFICER,
        or_(Officer.left_on.is_(None), Officer.left_on > london_date(now)),
    )  # fmt: skip
    if session.scalars(on_duty.limit(1)).first() is None:
        yield f"{code} has no duty officer: encompass officers add force:{code} duty_officer"
    _, policy = current_policy(session, code, at=now)
    if not policy.desk.telephone.strip():
        yield f"{code} has no number of its desk: encompass force policy {code} FILE"
    if members_of(session, code) and policy.restricted.desk is None:
        yield (
            f"{code} has a group for restricted incidents and no number of its own: schools ring "
            f"the ordinary desk about them (restricted.desk in encompass force policy {code} FILE)"
        )
