"""Taking steps: the next person who can receive, the call sheet, late with its cause."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.ids import new_id
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Ladder, Policy
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications import receipts
from notifications.hastening import hasten
from notifications.ladder import due_notifications, take_due_steps
from notifications.models import (
    Alert,
    AlertCover,
    CallSheetLine,
    EscalationStep,
    Notification,
)
from notifications.states import AlertState, LateCause, NotificationState, StepKind, StepState
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match
from schools.models import KeyAdult
from tests.factories.notifications import (
    ACTOR,
    DUE,
    FORCE,
    LATER_URN,
    URN,
    NotifyingForce,
    minutes,
    morning,
)


def reasons(force: NotifyingForce) -> dict[str, str | None]:
    """Every settled step with the code of its skip."""
    return {
        step.kind.value: step.reason_code
        for step in force.rows(EscalationStep)
        if step.state is not StepState.PLANNED
    }


def alerted(force: NotifyingForce) -> list[UUID]:
    return [one.key_adult_id for one in sorted(force.rows(Alert), key=lambda one: one.planned_at)]


def whole_morning(force: NotifyingForce) -> None:
    """Tick at every step of the ladder until it has nothing left to plan."""
    for offset in (-120, -75, -60, -45, -10, 0, 15, 45):
        force.at(DUE + minutes(offset))
        force.chase()


@pytest.mark.feature("CA6")
@pytest.mark.feature("CA7")
def test_nothing_is_taken_before_its_time_and_everything_at_it(
    force: NotifyingForce, placed: UUID
) -> None:
    force.at(DUE - minutes(120) - timedelta(seconds=1))
    assert force.chase() == 0
    force.at(DUE - minutes(120))
    assert force.chase() == 1
    assert force.chase() == 0
    assert alerted(force) == force.key_adults[:1]


@pytest.mark.feature("ES1")
@pytest.mark.feature("ES2")
def test_the_whole_ladder_of_a_morning_nobody_answers(force: NotifyingForce, placed: UUID) -> None:
    whole_morning(force)
    first, second = force.key_adults
    assert alerted(force)[:2] == [first, second]
    assert reasons(force) == {kind.value: None for kind in StepKind}
    (line,) = force.rows(CallSheetLine)
    assert (line.opened_at, line.closed_at) == (DUE - minutes(60), None)
    late = force.read(placed)
    assert (late.late_at, late.told_at) == (DUE, None)
    taken = sorted(force.rows(AuditEntry, event="escalation:step:taken"), key=lambda row: row.seq)
    assert [row.detail["step"] for row in taken] == [kind.value for kind in StepKind]


@pytest.mark.feature("CA7")
@pytest.mark.feature("CA8")
def test_after_an_outage_all_overdue_steps_are_taken_once_and_it_is_still_pursued(
    force: NotifyingForce, placed: UUID
) -> None:
    force.at(DUE + minutes(5))
    assert force.chase() == 6
    assert force.chase() == 0
    late = force.read(placed)
    assert late.late_cause is LateCause.SERVICE_LATE
    assert {alert.state for alert in force.rows(Alert)} == {AlertState.PLANNED}
    assert len(force.rows(CallSheetLine)) == 1


@pytest.mark.feature("ES7")
def test_who_is_away_is_passed_over_and_the_next_is_asked(
    force: NotifyingForce, placed: UUID
) -> None:
    force.away(force.key_adults[0])
    force.at(DUE - minutes(75))
    force.chase()
    assert alerted(force) == force.key_adults[1:]
    assert reasons(force) == {"key_adult": None, "second_key_adult": "no_such_contact"}


@pytest.mark.feature("ES7")
def test_a_village_school_with_one_trained_head(wiring: Wiring) -> None:
    force = NotifyingForce(wiring).begin()
    (head,) = force.school(URN, "head@village.example.org")
    force.place()
    whole_morning(force)
    assert set(alerted(force)) == {head}
    assert reasons(force)["second_key_adult"] == "no_such_contact"
    assert reasons(force)["all_key_adults"] is None


@pytest.mark.feature("ES7")
@pytest.mark.parametrize(
    ("key_adults", "options", "reason"),
    [
        ([], {}, "no_such_contact"),
        (["untrained@school.example.org"], {"trained_on": None}, "contact_cannot_receive"),
        (["unverified@school.example.org"], {"contact_verified_at": None},
         "contact_cannot_receive"),
        (["expired@school.example.org"], {"training_expires_on": date(2026, 10, 1)},
         "contact_cannot_receive"),
        (["left@school.example.org"], {"left_on": date(2026, 11, 1)}, "no_such_contact"),
    ],
    ids=["nobody enrolled", "nobody trained", "unverified", "training expired", "left"],
)  # fmt: skip
def test_a_school_where_nobody_can_receive_is_rung(
    wiring: Wiring, key_adults: list[str], options: dict[str, Any], reason: str
) -> None:
    force = NotifyingForce(wiring).begin()
    force.school(URN, *key_adults, **options)
    placed = force.place()
    whole_morning(force)
    settled = reasons(force)
    assert settled["key_adult"] == settled["second_key_adult"] == reason
    assert settled["all_key_adults"] == reason
    assert settled["call_sheet"] is None
    assert force.rows(Alert) == []
    assert len(force.rows(CallSheetLine)) == 1
    assert force.read(placed).late_cause is LateCause.NO_KEY_ADULT
    skipped = force.rows(AuditEntry, event="escalation:step:skipped")
    assert {row.reason_code for row in skipped} == {reason}


@pytest.mark.feature("CO2")
def test_one_alert_stands_for_all_that_waits(force: NotifyingForce) -> None:
    first = force.place()
    second = force.place(force.order(due=morning(DUE - minutes(25))))
    force.at(DUE - minutes(120))
    force.chase()
    (alert,) = force.rows(Alert)
    assert alert.due_at == DUE - minutes(25)
    assert {cover.notification_id for cover in force.rows(AlertCover)} == {first, second}


def test_an_alert_goes_on_for_the_other_when_one_is_told(force: NotifyingForce) -> None:
    first, second = force.place(), force.place()
    force.at(DUE - minutes(120))
    force.chase()
    force.act(first, receipts.opened)
    assert [alert.state for alert in force.rows(Alert)] == [AlertState.PLANNED]
    force.act(second, receipts.opened)
    assert [alert.state for alert in force.rows(Alert)] == [AlertState.NOT_NEEDED]


@pytest.mark.feature("ES1")
def test_what_was_told_is_chased_no_more(force: NotifyingForce, placed: UUID) -> None:
    force.act(placed, receipts.opened)
    whole_morning(force)
    assert force.rows(Alert) == []
    assert force.rows(CallSheetLine) == []
    assert set(reasons(force).values()) == {"told"}
    with force.database.write(PLATFORM) as session:
        assert (
            take_due_steps(session, force.cipher, notification_id=placed, now=DUE, actor=ACTOR) == 0
        )


def test_while_a_school_says_not_ours_nobody_there_is_chased(
    force: NotifyingForce, placed: UUID
) -> None:
    force.act(placed, receipts.not_our_pupil)
    force.at(DUE)
    assert force.chase() == 1
    assert set(reasons(force)) == {"late"}
    assert force.rows(Alert) == []


def test_what_comes_back_is_chased_again(force: NotifyingForce, placed: UUID) -> None:
    force.at(DUE - minutes(121))
    force.act(placed, receipts.not_our_pupil)
    force.at(DUE - minutes(115))
    assert force.chase() == 0
    force.act(placed, receipts.undo_not_our_pupil)
    assert force.chase() == 1
    assert len(force.rows(Alert)) == 1


@pytest.mark.feature("ES2")
def test_the_ladder_is_the_policys(force: NotifyingForce) -> None:
    ladder = Ladder(call_sheet=-90)
    with force.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(ladder=ladder), valid_from=force.now,
            approved_by="account:lead", now=force.now,
        )  # fmt: skip
    force.place()
    (step,) = force.rows(EscalationStep, kind=StepKind.CALL_SHEET)
    assert step.planned_at == DUE - minutes(90)


def test_the_longest_due_come_first_and_no_more_than_asked(force: NotifyingForce) -> None:
    later = force.place(force.order(due=morning(DUE + minutes(5))))
    sooner = force.place()
    with force.database.read(PLATFORM) as session:
        assert due_notifications(session, now=DUE, limit=10) == [sooner, later]
        assert due_notifications(session, now=DUE, limit=1) == [sooner]


def test_a_refused_address_brings_the_next_contact_forward(
    force: NotifyingForce, placed: UUID
) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    for expected in (StepKind.SECOND_KEY_ADULT, StepKind.CALL_SHEET):
        with force.database.write(PLATFORM) as session:
            hasten(session, session.get_one(Notification, placed), now=force.now)
        assert force.chase() == 1
        (step,) = force.rows(EscalationStep, kind=expected)
        assert (step.state, step.settled_at) == (StepState.DONE, force.now)


@pytest.mark.feature("CA8")
@pytest.mark.parametrize(
    ("case", "cause"),
    [
        ("the record came late", LateCause.RECORD_RECEIVED_LATE),
        ("a person settled it after the deadline", LateCause.SETTLED_LATE),
        ("the service placed it after the deadline", LateCause.SERVICE_LATE),
        ("handed over and not opened", LateCause.NOT_OPENED),
        ("the mail was refused", LateCause.DELIVERY_FAILED),
        ("nobody sent it", LateCause.SERVICE_LATE),
    ],
)
def test_late_is_recorded_with_its_cause(
    force: NotifyingForce, case: str, cause: LateCause
) -> None:
    due = replace(morning(), late_record=case == "the record came late")
    happened = force.happened()
    if "after the deadline" in case:
        force.at(DUE + minutes(3))
    if "settled" in case:
        settle(force, happened.child_id)
    notification_id = force.place(force.order(happened, due=due))
    if "after the deadline" not in case:
        force.at(DUE - minutes(120))
        force.chase()
        pretend(force, case)
        force.at(DUE)
    force.chase()
    assert force.read(notification_id).late_cause is cause


def pretend(force: NotifyingForce, case: str) -> None:
    """Let the outbox have done this much; its own tests show how it does it."""
    outcomes: dict[str, dict[str, object]] = {
        "handed over and not opened": {
            "state": AlertState.HANDED_OVER, "handed_over_at": force.now, "attempts": 1,
        },
        "the mail was refused": {"state": AlertState.FAILED, "attempts": 1},
    }  # fmt: skip
    if case in outcomes:
        with force.database.write(PLATFORM) as session:
            session.execute(update(Alert).values(**outcomes[case]))


def settle(force: NotifyingForce, child_id: UUID) -> None:
    with force.database.write(PLATFORM) as session:
        session.add(
            Match(
                id=new_id(), force=FORCE, involved_child_id=child_id, band=Band.MATCHED, score=1.0,
                margin=1.0, urns=[URN], evidence=[], rules_version="test", input_digest=bytes(32),
                decided_by=DecidedBy.PERSON, actor="account:reviewer", reason="rang the school",
                decided_at=force.now,
            )
        )  # fmt: skip


def test_another_schools_key_adults_are_never_asked(force: NotifyingForce, placed: UUID) -> None:
    others = force.school(LATER_URN, "dsl@later.example.org")
    whole_morning(force)
    assert not set(alerted(force)) & set(others)


def test_a_council_without_an_address_is_rung(force: NotifyingForce) -> None:
    force.place(force.order(urn=None, recipient="council:999"))
    whole_morning(force)
    assert reasons(force)["key_adult"] == "no_such_contact"
    assert len(force.rows(CallSheetLine)) == 1
    assert {row.id for row in force.rows(KeyAdult)} == set(force.key_adults)
    assert [one.state for one in force.rows(Notification)] == [NotificationState.READY]
