"""The ladder of a child whose school is not settled: counted back from its deadline. Pure.

Source: domain.md §3. A reviewer at once and again, the second reviewer and the council's look-up
contact, the duty officer's list; late at the deadline and then every hour; at 15:00 the council's
officer has it by name.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.core.clock import as_utc, at_london, london_date
from app.core.policy import ReviewLadder
from notifications.escalation import spread
from notifications.states import ReviewStepKind as Kind

HANDED_OVER_AT = time(15, 0)
EVERY = timedelta(hours=1)
# The reviewer again, the second reviewer, the duty officer.
_RUNGS_TO_SPREAD = 3


@dataclass(frozen=True, slots=True)
class PlannedReviewStep:
    """One rung and its instant, UTC."""

    kind: Kind
    planned_at: datetime


def plan_review(
    *,
    due_at: datetime,
    opened_at: datetime,
    ladder: ReviewLadder,
    gap: int,
    protected: bool = False,
) -> tuple[PlannedReviewStep, ...]:
    """Return all steps in order, none before it was opened; instants are UTC.

    With less time left than the ladder is long, the rungs before the deadline are spread over what
    is left, at least `gap` minutes apart; those that do not fit start together with the first. A
    protected child's release is confirmed by the force lead, who is asked at once. What is opened
    too late for its rungs has a whole ladder first, and goes to the council at 15:00 after that.
    """
    opened_at, due_at = as_utc(opened_at), as_utc(due_at)
    again, second, duty = _rungs(due_at, opened_at, ladder, gap)
    handed = _handed(due_at, opened_at, ladder, gap)
    late = max(due_at, opened_at)
    steps = [
        PlannedReviewStep(Kind.REVIEWER, opened_at),
        PlannedReviewStep(Kind.REVIEWER_AGAIN, again),
        *([PlannedReviewStep(Kind.FORCE_LEAD, opened_at)] if protected else []),
        PlannedReviewStep(Kind.SECOND_REVIEWER, second),
        PlannedReviewStep(Kind.COUNCIL_LOOKUP, second),
        PlannedReviewStep(Kind.DUTY_OFFICER, duty),
        PlannedReviewStep(Kind.LATE, late),
        PlannedReviewStep(Kind.HOURLY, late + EVERY),
        PlannedReviewStep(Kind.COUNCIL_OFFICER, handed),
    ]
    return tuple(sorted(steps, key=lambda step: step.planned_at))


def next_hourly(planned_at: datetime, now: datetime) -> datetime:
    """Return when the people named are reminded next: on the hour grid, after `now`."""
    missed = max(0, int((as_utc(now) - as_utc(planned_at)) / EVERY))
    return as_utc(planned_at) + (missed + 1) * EVERY


def handed_over_from(earliest: datetime) -> datetime:
    """Return the first 15:00 in London that is not before `earliest`."""
    on = london_date(earliest)
    today = at_london(on, HANDED_OVER_AT)
    return today if today >= earliest else at_london(on + timedelta(days=1), HANDED_OVER_AT)


def _handed(due_at: datetime, opened_at: datetime, ladder: ReviewLadder, gap: int) -> datetime:
    """Return when the council's officer has it: never before the reviewers had their time."""
    handed = max(at_london(london_date(due_at), HANDED_OVER_AT), due_at)
    if due_at - opened_at >= timedelta(minutes=_RUNGS_TO_SPREAD * gap):
        return handed
    had_time = opened_at + timedelta(minutes=-ladder.second_look)
    return handed if handed >= had_time else handed_over_from(had_time)


def _rungs(
    due_at: datetime, opened_at: datetime, ladder: ReviewLadder, gap: int
) -> tuple[datetime, datetime, datetime]:
    wanted = (-ladder.second_look, -ladder.council_contact, -ladder.duty_officer)
    if due_at - opened_at >= timedelta(minutes=wanted[0]):
        again, second, duty = (due_at - timedelta(minutes=one) for one in wanted)
    else:
        again, second, duty = spread(wanted, due_at=due_at, start=opened_at, gap=gap)
    return again, second, duty
