"""The ladder of one notification: its steps counted back from the deadline. Pure.

Source: domain.md §6. The steps are frozen when a notification is placed; what they do is decided
when they are taken (`notifications.ladder`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.core.clock import as_utc, at_london, london_date
from app.core.policy import Ladder
from notifications.states import StepKind
from notifications.timing import LEAD, Due

_FIRST = StepKind.KEY_ADULT
_BEFORE_DUE = (
    StepKind.SECOND_KEY_ADULT, StepKind.CALL_SHEET, StepKind.ALL_KEY_ADULTS,
    StepKind.DUTY_OFFICER,
)  # fmt: skip
_FROM_DUE = (StepKind.LATE, StepKind.DUTY_OFFICER_AGAIN, StepKind.LEADS)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One rung and its instant, UTC."""

    kind: StepKind
    planned_at: datetime


def plan(
    due: Due, *, placed_at: datetime, ladder: Ladder, first_alert: time
) -> tuple[PlannedStep, ...]:
    """Return all steps in order, none before it was placed and no morning step before 06:30.

    With less time left than the ladder is long, the steps before the deadline are spread over what
    is left, at least `ladder.spread_gap` minutes apart, and those that do not fit start together
    with the first. What was placed after its deadline starts all at once.
    """
    placed_at = as_utc(placed_at)
    start = _start(due, placed_at, ladder, first_alert)
    if due.due_at - start < -_offset(ladder, _FIRST):
        before = _spread(due.due_at, start, ladder)
    else:
        not_before = max(start, at_london(london_date(due.due_at), first_alert))
        before = [
            PlannedStep(kind, max(due.due_at + _offset(ladder, kind), not_before))
            for kind in _BEFORE_DUE
        ]
    after = [
        PlannedStep(kind, max(due.due_at + _offset(ladder, kind), start)) for kind in _FROM_DUE
    ]
    steps = [PlannedStep(_FIRST, start), *before, *after]
    return tuple(sorted(steps, key=lambda step: step.planned_at))


def _start(due: Due, placed_at: datetime, ladder: Ladder, first_alert: time) -> datetime:
    """Return when the first key adult is alerted; nobody is woken before 06:30.

    "At once" is for what is placed while school is still near: settled hours later, the first
    alert waits for the morning like any other.
    """
    if due.at_once and placed_at - due.alerts_from <= LEAD:
        return max(due.alerts_from, placed_at)
    start = max(due.due_at + _offset(ladder, _FIRST), placed_at)
    return max(start, at_london(london_date(start), first_alert))


def _spread(due_at: datetime, start: datetime, ladder: Ladder) -> list[PlannedStep]:
    kinds = sorted(_BEFORE_DUE, key=lambda kind: _offset(ladder, kind))
    wanted = [-int(getattr(ladder, kind.value)) for kind in kinds]
    at = spread(wanted, due_at=due_at, start=start, gap=ladder.spread_gap, whole=-ladder.key_adult)
    return [PlannedStep(kind, planned) for kind, planned in zip(kinds, at, strict=True)]


def spread(
    wanted: Sequence[int], *, due_at: datetime, start: datetime, gap: int, whole: int | None = None
) -> list[datetime]:
    """Shrink a ladder to the time left, then push steps apart, counting back from the deadline.

    `wanted` are minutes before it, the longest first, of a ladder `whole` minutes long (as long as
    its first step, unless given). Whole minutes, so that a step is never a few seconds short of its
    gap; those that do not fit start together with the first.
    """
    left = int((due_at - start) / timedelta(minutes=1))
    long = whole if whole is not None else wanted[0]
    found: list[datetime] = []
    until = 0
    for minutes in reversed(wanted):
        until = max(minutes * left // max(1, long), until + gap)
        fits = until <= left - gap
        found.append(due_at - timedelta(minutes=until) if fits else start)
    return found[::-1]


def _offset(ladder: Ladder, kind: StepKind) -> timedelta:
    minutes: int = getattr(ladder, kind.value)
    return timedelta(minutes=minutes)
