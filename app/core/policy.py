"""A force's policy: every choice the law leaves to the force, with the scheme's default.

Pure: the rules read this and nothing else. The rows that hold it are in `app.core.models`; a run
copies the body and its version, so a change never reaches into a morning under way.
"""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Minutes = Annotated[int, Field(ge=-720, le=720)]


class HolidayPolicy(StrEnum):
    """What happens to a notification made while the school is on holiday."""

    DELIVER = "deliver"
    HOLD = "hold"
    COUNCIL = "council"


class Part(BaseModel):
    """A closed, immutable part of a policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ladder(Part):
    """Steps in minutes relative to `due_at`; negative is before."""

    key_adult: Minutes = -120
    second_key_adult: Minutes = -75
    call_sheet: Minutes = -60
    all_key_adults: Minutes = -45
    duty_officer: Minutes = -10
    late: Minutes = 0
    duty_officer_again: Minutes = 15
    leads: Minutes = 45
    spread_gap: Annotated[int, Field(ge=1, le=60)] = 10


class ReviewLadder(Part):
    """Steps for a child whose school is not settled, in minutes relative to its `due_at`."""

    second_look: Minutes = -150
    council_contact: Minutes = -105
    duty_officer: Minutes = -60


class Timing(Part):
    """When a school must have been told; clock times are Europe/London."""

    minutes_before_doors: Annotated[int, Field(ge=0, le=120)] = 15
    due_when_doors_unknown: time = time(8, 30)
    latest_due: time = time(9, 0)
    council_due: time = time(9, 30)
    today_until: time = time(8, 0)
    in_hours_minutes: Annotated[int, Field(ge=10, le=240)] = 60
    pupils_leave_when_unknown: time = time(15, 15)
    register_close_when_unknown: time = time(9, 45)
    first_alert: time = time(6, 30)
    holiday: HolidayPolicy = HolidayPolicy.DELIVER


class Matching(Part):
    """What lets a match be sent without a person; thresholds are posterior probabilities."""

    auto_threshold: Annotated[float, Field(ge=0.9, le=1.0)] = 0.99
    auto_margin: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    told_school_alone: bool = True
    told_school_threshold: Annotated[float, Field(ge=0.5, le=1.0)] = 0.90
    told_school_margin: Annotated[float, Field(ge=0.0, le=1.0)] = 0.10
    # Where several schools fit, two people choose; for a desk of one the second looks afterwards.
    second_person_for_several: bool = False


class Content(Part):
    """Fields beyond the default allow-list; each needs a record of who approved it."""

    police_reference: bool = False
    demeanour: bool = False
    voice_words: bool = False


class Desk(Part):
    """The force's desk: the only number a notification gives."""

    name: str = "the force's safeguarding desk"
    telephone: str = ""
    hours: str = "every day, 6am to 6pm"
    staffed_until: str = "6pm"
    duty_officer: str = "the duty officer"
    helpline: str = "National Domestic Abuse Helpline"
    helpline_telephone: str = ""
    size: Annotated[int, Field(ge=1)] = 2


class KeyAdults(Part):
    """Who may receive."""

    lapsed_training_days: Annotated[int, Field(ge=0, le=365)] = 30
    # An address is proved each term; for so many days an older proof still counts.
    reverify_grace_days: Annotated[int, Field(ge=0, le=120)] = 30


class Retention(Part):
    """Days that content is kept; the trail without content is kept for years."""

    after_told_days: Annotated[int, Field(ge=30, le=365)] = 90
    after_due_days: Annotated[int, Field(ge=30, le=365)] = 365
    not_notified_days: Annotated[int, Field(ge=1, le=365)] = 30


class Patterns(Part):
    """How many incidents of one child within so many days are a pattern, this one counted."""

    in_90_days: Annotated[int, Field(ge=2, le=50)] = 3
    in_30_days: Annotated[int, Field(ge=2, le=50)] = 5


class Receipts(Part):
    """What is asked of a school after it was told, and what goes back to whom (domain.md §7)."""

    # How many people of a school must acknowledge; never more than the school has.
    acknowledgements: Annotated[int, Field(ge=1, le=3)] = 1
    acknowledge_minutes: Annotated[int, Field(ge=10, le=1440)] = 120
    attendance: bool = True
    attendance_answer_by: time = time(10, 30)
    # Codes alone, never words, and only by agreement with the schools.
    feedback_to_force: bool = False
    printing: bool = False


class SuspectPatterns(Part):
    """Whether a suspect is recognised in another family: off unless the DPO signed it off."""

    on: bool = False
    signed_off_by: Annotated[str, Field(max_length=100)] | None = None
    signed_off_on: date | None = None

    @model_validator(mode="after")
    def _signed_off(self) -> Self:
        if self.on and not (self.signed_off_by and self.signed_off_on):
            raise ValueError("name the data protection officer who signed this off, and the day")
        return self


class GroupDesk(Part):
    """Whom a school rings about a restricted incident: somebody of the group, and nobody else."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    telephone: Annotated[str, Field(min_length=5, max_length=30)]
    hours: Annotated[str, Field(max_length=100)] = "every day, 6am to 6pm"
    staffed_until: Annotated[str, Field(max_length=20)] = "6pm"


class Restricted(Part):
    """Incidents that only a named group of the force sees."""

    # None: the force's desk, whose people then hear from the school what they may not know of.
    desk: GroupDesk | None = None
    # How long somebody outside whom a second person let in sees one of them.
    break_glass_minutes: Annotated[int, Field(ge=10, le=240)] = 60


class Recalls(Part):
    """Taking messages back."""

    # So many in an hour by one person alone; for more a second one has to agree.
    alone_an_hour: Annotated[int, Field(ge=1, le=100)] = 10


class GoingLive(Part):
    """What a force reaches before a live system may push for it (features.md AD2)."""

    # Children of its own records tried, and the share whose school was found without a person.
    children: Annotated[int, Field(ge=1, le=100_000)] = 100
    matched: Annotated[float, Field(ge=0.5, le=1.0)] = 0.80
    # Shares of its schools: those that could receive tomorrow, and that answered a drill lately.
    ready: Annotated[float, Field(ge=0.5, le=1.0)] = 0.90
    drilled: Annotated[float, Field(ge=0.5, le=1.0)] = 0.80
    drill_days: Annotated[int, Field(ge=7, le=366)] = 120


class Policy(Part):
    """Everything a force may decide, in one typed record."""

    ladder: Ladder = Ladder()
    review_ladder: ReviewLadder = ReviewLadder()
    timing: Timing = Timing()
    matching: Matching = Matching()
    content: Content = Content()
    desk: Desk = Desk()
    key_adults: KeyAdults = KeyAdults()
    retention: Retention = Retention()
    patterns: Patterns = Patterns()
    suspects: SuspectPatterns = SuspectPatterns()
    receipts: Receipts = Receipts()
    restricted: Restricted = Restricted()
    recalls: Recalls = Recalls()
    going_live: GoingLive = GoingLive()
    follow_up_school_days: Annotated[int, Field(ge=1, le=30)] = 5
    early_years: bool = False
    # Once a week to each key adult an alert that nothing stands behind (reliability.md F79).
    weekly_cover: bool = False
    confirm_within_minutes: Annotated[int, Field(ge=1, le=60)] = 10

    def desk_for(self, *, restricted: bool) -> Desk:
        """Return the desk that stands in a message, by whether its incident is restricted."""
        own = self.restricted.desk if restricted else None
        return self.desk if own is None else self.desk.model_copy(update=own.model_dump())


def read_stored(body: Mapping[str, Any]) -> Policy:
    """Return a policy from a stored body, without what a later release added and this one lacks.

    The release before must work on what this one stored: a roll-back must not stop a morning.
    """
    return Policy.model_validate(_known(Policy, body))


def _known(part: type[Part], body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, held in part.model_fields.items():
        if name not in body:
            continue
        kind, value = held.annotation, body[name]
        if isinstance(kind, type) and issubclass(kind, Part) and isinstance(value, Mapping):
            value = _known(kind, value)
        found[name] = value
    return found
