"""What would happen if an incident came tonight about a pupil of one school: by when, and who.

Nothing is stored: the same functions as on a real night are asked about a night that has not been.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from app.access.permissions import Action
from app.casework.acting import Acting
from app.casework.school_reach import may_at, on_behalf_of_school, policy_at, school_reached
from app.core.clock import at_london, london_date
from app.core.policy import HolidayPolicy, Policy
from notifications.escalation import plan
from notifications.recipients import Recipient, people_of
from notifications.states import StepKind
from notifications.timing import Due, due_for_council, due_for_school, returns_at
from schools.calendars import calendar_of, council_calendar
from schools.holiday_contacts import holiday_contacts
from schools.models import Establishment

# An incident late in the evening, recorded before the control room sends its night.
_HAPPENS, _ARRIVES = time(22, 0), time(3, 0)


@dataclass(frozen=True, slots=True)
class Person:
    """One person in the order asked; `reason_code` is why nothing would reach them that day.

    Without a name for whoever may not see it: the place in the order stands for it.
    """

    number: int
    is_officer: bool
    name: str | None
    reason_code: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One rung at its instant, and whom it would reach, where that is a key adult."""

    kind: StepKind
    at: datetime
    people: tuple[Person, ...]

    @property
    def on(self) -> date:
        """Its London date."""
        return london_date(self.at)


@dataclass(frozen=True, slots=True)
class Tonight:
    """The school, the deadline, its people on that day and the ladder until somebody has opened."""

    place: Establishment
    due: Due
    # What the force chose for holidays, where the school would be away.
    holiday: HolidayPolicy | None
    people: tuple[Person, ...]
    steps: tuple[Step, ...]

    @property
    def reaches(self) -> bool:
        """Whether an alert would reach anybody at the school."""
        return any(one.reason_code is None for one in self.people)


def tonight(session: Session, acting: Acting, *, urn: int) -> Tonight:
    """Return what the coming night would be for one school; raise `Denied` out of one's reach.

    Whoever may not see to the school's people sees their places in the order, and no name.
    """
    place = school_reached(session, acting, Action.SEE_REGISTER, urn)
    named = may_at(session, acting.actor, Action.MANAGE_KEY_ADULTS, place)
    with on_behalf_of_school(session, urn):
        policy = policy_at(session, place.la_code, at=acting.now)
        due, arrives, way = _coming(session, acting.now, place, policy)
        asked = _asked(session, acting, place, due.told_day, way=way, policy=policy)
    shown = [
        Person(
            number, one.is_officer, one.name if named else None,
            None if one.can_receive else one.reason_code,
        )
        for number, one in enumerate(asked, start=1)
    ]  # fmt: skip
    able = [one for one in shown if one.reason_code is None]
    steps = plan(
        due, placed_at=arrives, ladder=policy.ladder, first_alert=policy.timing.first_alert
    )
    return Tonight(
        place, due, way, tuple(shown),
        tuple(Step(one.kind, one.planned_at, _reached(one.kind, able)) for one in steps),
    )  # fmt: skip


def _coming(
    session: Session, now: datetime, place: Establishment, policy: Policy
) -> tuple[Due, datetime, HolidayPolicy | None]:
    """Return the deadline of an incident of the coming night, and when it would be placed.

    And the force's choice for holidays, where the school would be away.
    """
    evening = london_date(now)
    arrives, began = at_london(evening + timedelta(days=1), _ARRIVES), at_london(evening, _HAPPENS)
    due = due_for_school(
        calendar_of(session, place.urn), accepted_at=arrives, incident_at=began,
        timing=policy.timing,
    )  # fmt: skip
    if due.return_on is None:
        return due, arrives, None
    way = policy.timing.holiday
    if way is HolidayPolicy.COUNCIL:
        due = due_for_council(
            council_calendar(session, place.la_code), accepted_at=arrives, incident_at=began,
            timing=policy.timing,
        )  # fmt: skip
    if way is HolidayPolicy.HOLD:
        arrives = returns_at(due.told_day)
    return due, arrives, way


def _asked(
    session: Session, acting: Acting, place: Establishment, on: date, *,
    way: HolidayPolicy | None, policy: Policy,
) -> list[Recipient]:  # fmt: skip
    """Return who is asked in turn, as `notifications.recipients` has it of a real message."""
    cipher = acting.cipher
    school = people_of(session, cipher, urn=place.urn, council=None, on=on, policy=policy)
    if way is None or way is HolidayPolicy.HOLD:
        return school
    officers = people_of(session, cipher, urn=None, council=place.la_code, on=on, policy=policy)
    if way is HolidayPolicy.COUNCIL:
        return officers
    covering = holiday_contacts(session, [place.urn], on=on)
    return [*sorted(school, key=lambda one: one.id not in covering), *officers]


def _reached(kind: StepKind, able: list[Person]) -> tuple[Person, ...]:
    """Return whom a rung alerts if nobody has opened by then: the first, the next, everybody."""
    if kind is StepKind.KEY_ADULT:
        return tuple(able[:1])
    if kind is StepKind.SECOND_KEY_ADULT:
        return tuple(able[1:2])
    return tuple(able) if kind is StepKind.ALL_KEY_ADULTS else ()
