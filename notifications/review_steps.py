"""Taking the steps for a child whose school is not settled: whom to alert, when it is late."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.clock import as_utc, at_london, london_date
from app.core.ids import new_id
from notifications.alerting import alert_officer
from notifications.free_officers import Family, free_officers
from notifications.lateness import HANDED_OVER
from notifications.models import ReviewStep, UnsettledChild
from notifications.review_ladder import HANDED_OVER_AT, next_hourly
from notifications.states import ReviewStepKind as Kind
from notifications.states import StepState
from notifications.unsettled import RESTRICTED, about, locked, stop_review_ladder
from schools.calendars import council_calendar
from schools.officers import Duty, OfficerContact
from schools.term_dates import is_working_day, next_working_day

_RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What a step has to know of the child; no name, no address.

    `council` is where the child lives, or its likeliest school lies. `claimed` says that a
    reviewer has it now, `settled` that a person chose the school and only the release of a
    protected child waits, `refused` that the council said "not ours" of this child. `hand_over`
    puts the child before a council's officer.
    """

    incident_id: UUID
    council: str | None
    named: bool
    protected: bool
    restricted: bool
    claimed: bool
    settled: bool
    hand_over: Callable[[str], None]
    declared: frozenset[str] = frozenset()
    refused: bool = False
    # The accounts that alone may know of a restricted incident; None for any other.
    only: frozenset[UUID] | None = None


_Wanted = tuple[Duty, str | None, frozenset[UUID]]


@dataclass(frozen=True, slots=True)
class _Taking:
    session: Session
    cipher: Cipher
    row: UnsettledChild
    child: Unsettled
    now: datetime
    actor: str
    # Who is free for a duty, asked once for all steps of one instant.
    free: dict[_Wanted, tuple[Sequence[OfficerContact], str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a step: whom it asked, or the coded reason why nobody."""

    asked: tuple[UUID, ...] = ()
    skipped: str | None = None


def take_review_steps(
    session: Session, cipher: Cipher, unsettled_id: UUID, *, child: Unsettled, now: datetime,
    actor: str,
) -> int:  # fmt: skip
    """Take all steps of one ladder that are due by now; return how many were settled.

    Every step ends as done or skipped with a code; the hourly one plans the next.
    """
    row = locked(session, unsettled_id)
    if row.closed_at is not None:
        return 0
    taking = _Taking(session, cipher, row, child, now, actor)
    steps = session.scalars(
        select(ReviewStep).where(
            ReviewStep.unsettled_id == row.id, ReviewStep.state == StepState.PLANNED,
            ReviewStep.planned_at <= now,
        )
    ).all()  # fmt: skip
    for step in sorted(steps, key=lambda step: (step.planned_at, _RANK[step.kind])):
        if step.state is not StepState.PLANNED:
            continue  # the one before it ended the ladder
        done = _TAKE[step.kind](taking)
        _settle(taking, step, done)
        if step.kind is Kind.COUNCIL_OFFICER and done.skipped is None:
            # Handed over: the officers of the council have the child from here.
            stop_review_ladder(
                session, row.involved_child_id, code=HANDED_OVER, now=now, actor=actor
            )
        if step.kind is Kind.HOURLY and row.closed_at is None:
            _plan(taking, Kind.HOURLY, next_hourly(step.planned_at, taking.now))
    session.flush()
    return len(steps)


def _settle(taking: _Taking, step: ReviewStep, done: _Done) -> None:
    step.state = StepState.DONE if done.skipped is None else StepState.SKIPPED
    step.reason_code, step.settled_at = done.skipped, taking.now
    step.officer_id = done.asked[0] if done.asked else None
    event = audit.Event.STEP_TAKEN if done.skipped is None else audit.Event.STEP_SKIPPED
    audit.record(
        taking.session, event=event, actor=taking.actor, force=taking.row.force,
        subject=f"involved_child:{taking.row.involved_child_id}", now=taking.now,
        reason_code=done.skipped,
        detail={"review_step": step.kind.value, "officers": [str(one) for one in done.asked]},
    )  # fmt: skip


def _plan(taking: _Taking, kind: Kind, planned_at: datetime) -> None:
    taking.session.add(
        ReviewStep(
            id=new_id(), force=taking.row.force, unsettled_id=taking.row.id, kind=kind,
            planned_at=planned_at, state=StepState.PLANNED,
        )
    )  # fmt: skip


def _reviewer(taking: _Taking) -> _Done:
    return _ask(taking, Duty.REVIEWER, first=True)


def _reviewer_again(taking: _Taking) -> _Done:
    if taking.child.claimed:
        return _Done(skipped="claimed")
    return _reviewer(taking)


def _second_reviewer(taking: _Taking) -> _Done:
    return _ask(taking, Duty.REVIEWER, but=_asked_before(taking), first=True)


def _council_lookup(taking: _Taking) -> _Done:
    """The council's contact rings the desk and answers with a school only.

    Not about a restricted child, of whom the desk that they ring knows nothing: a reviewer of the
    group rings them.
    """
    if taking.child.restricted:
        return _Done(skipped=RESTRICTED)
    if taking.child.council is None:
        return _Done(skipped="council_unknown")
    return _ask(taking, Duty.COUNCIL_LOOKUP, council=taking.child.council)


def _duty_officer(taking: _Taking) -> _Done:
    return _ask(taking, Duty.DUTY_OFFICER, release=True)


def _force_lead(taking: _Taking) -> _Done:
    return _ask(taking, Duty.FORCE_LEAD, release=True)


def _late(taking: _Taking) -> _Done:
    taking.row.late_at = taking.row.late_at or taking.now
    audit.record(
        taking.session, event=audit.Event.REVIEW_LATE, actor=taking.actor, force=taking.row.force,
        subject=f"involved_child:{taking.row.involved_child_id}", now=taking.now,
    )  # fmt: skip
    return _everybody(taking)


def _everybody(taking: _Taking) -> _Done:
    """Remind everybody named of the force: it is late, and somebody has to have it."""
    asked: list[UUID] = []
    for duty in (Duty.REVIEWER, Duty.DUTY_OFFICER, Duty.FORCE_LEAD):
        asked += _ask(taking, duty, release=duty is not Duty.REVIEWER).asked
    return _Done(tuple(asked)) if asked else _Done(skipped="no_such_officer")


def _council_officer(taking: _Taking) -> _Done:
    """Put the child before the named officer of its council, who is told like any recipient.

    Never a protected or restricted child, whom only a person of the force hands on, never one of
    whom no name is known, and never to a council that said "not ours". It is put off while a
    reviewer has the child, and to a day on which the council works.
    """
    child = taking.child
    for code, holds in (
        ("protected", child.protected), (RESTRICTED, child.restricted),
        ("no_name", not child.named), ("council_unknown", child.council is None),
        ("council_refused", child.refused),
    ):  # fmt: skip
        if holds:
            return _Done(skipped=code)
    later = _later(taking, child.council) if child.council is not None else None
    if later is not None:
        code, planned_at = later
        _plan(taking, Kind.COUNCIL_OFFICER, planned_at)
        return _Done(skipped=code)
    # One whose address is not proved is rung.
    officers, nobody = _free(taking, Duty.COUNCIL_OFFICER, child.council)
    if not officers or child.council is None:
        return _Done(skipped=nobody)
    taking.row.handed_to, taking.row.handed_at = officers[0].officer_id, taking.now
    child.hand_over(child.council)
    return _Done((officers[0].officer_id,))


def _later(taking: _Taking, council: str) -> tuple[str, datetime] | None:
    """Return why the council's officer does not have it now, and when that is looked at again."""
    if taking.child.claimed:
        return "claimed", next_hourly(taking.now, taking.now)
    calendar, today = council_calendar(taking.session, council), london_date(taking.now)
    if is_working_day(calendar, today):
        return None
    following = next_working_day(calendar, today)
    return "not_a_working_day", as_utc(at_london(following, HANDED_OVER_AT))


_TAKE: dict[Kind, Callable[[_Taking], _Done]] = {
    Kind.REVIEWER: _reviewer,
    Kind.REVIEWER_AGAIN: _reviewer_again,
    Kind.FORCE_LEAD: _force_lead,
    Kind.SECOND_REVIEWER: _second_reviewer,
    Kind.COUNCIL_LOOKUP: _council_lookup,
    Kind.DUTY_OFFICER: _duty_officer,
    Kind.LATE: _late,
    Kind.HOURLY: _everybody,
    Kind.COUNCIL_OFFICER: _council_officer,
}


def _ask(
    taking: _Taking, duty: Duty, *, council: str | None = None, first: bool = False,
    release: bool = False, but: frozenset[UUID] = frozenset(),
) -> _Done:  # fmt: skip
    """Alert those who have a duty, or the first of them; once a school is chosen, for a release."""
    if taking.child.settled and not release:
        return _Done(skipped="school_chosen")
    able, nobody = _able(taking, duty, council, but=but)
    asked = able[:1] if first else able
    for one in asked:
        alert_officer(
            taking.session, officer_id=one.officer_id, force=taking.row.force, council=council,
            about=about(taking.row), due_at=taking.row.due_at, now=taking.now,
        )  # fmt: skip
    return _Done(tuple(one.officer_id for one in asked), None if asked else nobody)


def _able(
    taking: _Taking, duty: Duty, council: str | None, *, but: frozenset[UUID] = frozenset()
) -> tuple[Sequence[OfficerContact], str]:
    """Return who can be alerted, in order, and the code for nobody."""
    free, nobody = _free(taking, duty, council, but=but)
    able = [one for one in free if one.can_receive]
    return able, "officer_cannot_receive" if free else nobody


def _free(
    taking: _Taking, duty: Duty, council: str | None, *, but: frozenset[UUID] = frozenset()
) -> tuple[Sequence[OfficerContact], str]:
    """Return who has a duty and is not tied to the family, and the code for nobody."""
    wanted = (duty, council, but)
    if wanted not in taking.free:
        taking.free[wanted] = _found_free(taking, duty, council, but=but)
    return taking.free[wanted]


def _found_free(
    taking: _Taking, duty: Duty, council: str | None, *, but: frozenset[UUID]
) -> tuple[Sequence[OfficerContact], str]:
    child = taking.child
    return free_officers(
        taking.session, taking.cipher, duty=duty, on=london_date(taking.now), but=but,
        owner=f"force:{taking.row.force}" if council is None else f"council:{council}",
        family=Family(
            frozenset({child.incident_id}), frozenset({taking.row.involved_child_id}),
            child.declared, child.only,
        ),
    )  # fmt: skip


def _asked_before(taking: _Taking) -> frozenset[UUID]:
    """Return whom the first reviewer's steps asked."""
    return frozenset(
        one
        for one in taking.session.scalars(
            select(ReviewStep.officer_id).where(
                ReviewStep.unsettled_id == taking.row.id,
                ReviewStep.kind.in_((Kind.REVIEWER, Kind.REVIEWER_AGAIN)),
            )
        )
        if one is not None
    )
