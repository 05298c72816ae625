"""Whether a policy can be followed: steps in an order in which each still has somebody to reach.

Pure. Asked when a policy is stored and again every evening (features.md ES8). A stored body is
never refused when it is read: a morning under way has to go on with what it has.
"""

from collections.abc import Iterator
from datetime import time

from app.core.errors import FieldError
from app.core.policy import Ladder, Policy, ReviewLadder, Timing

CODE = "cannot_be_followed"
# With less time than its gaps need, steps before the deadline start together (domain.md §6).
_STEPS_BEFORE_DUE = 4


def wrong_with(policy: Policy) -> tuple[FieldError, ...]:
    """Return each place at which a policy asks for what cannot happen; none where all can."""
    found = (
        *_ladder(policy.ladder),
        *_review_ladder(policy.review_ladder),
        *_timing(policy.timing, policy.ladder),
        *_attendance(policy),
    )
    return tuple(FieldError(loc, CODE, message) for loc, message in found)


def _ladder(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """The person first, then the people, then who commands them; all of it before the deadline."""
    before = ("second_key_adult", "call_sheet", "all_key_adults", "duty_officer")
    for name in before:
        if getattr(ladder, name) < ladder.key_adult:
            yield f"ladder.{name}", "the first key adult must be asked before or with this step"
    for name in ("key_adult", *before):
        if getattr(ladder, name) >= 0:
            yield f"ladder.{name}", "this step must come before the deadline: a number below 0"
    if ladder.all_key_adults < ladder.second_key_adult:
        yield "ladder.all_key_adults", "the second key adult must be asked before or with all"
    if ladder.duty_officer < ladder.call_sheet:
        yield "ladder.duty_officer", "the call sheet must open before or with this step"
    if ladder.late < 0:
        yield "ladder.late", "nothing is late before its deadline: 0 or more"
    if ladder.duty_officer_again <= ladder.duty_officer:
        yield "ladder.duty_officer_again", "this step must come after the duty officer's first"
    if ladder.leads < ladder.duty_officer_again:
        yield "ladder.leads", "the duty officer must be asked again before or with the leads"


def _review_ladder(ladder: ReviewLadder) -> Iterator[tuple[str, str]]:
    if ladder.duty_officer >= 0:
        yield "review_ladder.duty_officer", "this step must come before the deadline: below 0"
    if ladder.council_contact > ladder.duty_officer:
        yield (
            "review_ladder.council_contact",
            "this must come before or with the duty officer's",
        )
    if ladder.second_look > ladder.council_contact:
        yield (
            "review_ladder.second_look",
            "this must come before or with the council's contact",
        )


def _timing(timing: Timing, ladder: Ladder) -> Iterator[tuple[str, str]]:
    """A clock time that is kept must leave room for the steps that wait for it."""
    due = min(timing.due_when_doors_unknown, timing.latest_due)
    room = _STEPS_BEFORE_DUE * ladder.spread_gap
    if _minutes(timing.first_alert) > _minutes(due) - room:
        yield (
            "timing.first_alert",
            f"this leaves under {room} minutes for the steps before a deadline: make it earlier",
        )
    if timing.due_when_doors_unknown > timing.latest_due:
        yield "timing.due_when_doors_unknown", "this must not be after latest_due"
    if timing.today_until > timing.latest_due:
        yield "timing.today_until", "what is due today must come in before latest_due"
    if timing.pupils_leave_when_unknown <= timing.latest_due:
        yield "timing.pupils_leave_when_unknown", "pupils must leave after latest_due"


def _attendance(policy: Policy) -> Iterator[tuple[str, str]]:
    close, answer_by = (
        policy.timing.register_close_when_unknown, policy.receipts.attendance_answer_by,
    )  # fmt: skip
    if policy.receipts.attendance and answer_by <= close:
        yield "receipts.attendance_answer_by", "the answer must be due after the register closes"


def _minutes(clock_time: time) -> int:
    return clock_time.hour * 60 + clock_time.minute
