"""The outbox: leases, fences, retries, and real concurrency on both databases."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, update

from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from notifications import receipts
from notifications.attempts import AlertResult, ClaimedAlert, ResultKind
from notifications.models import Alert, EscalationStep, Notification, Receipt
from notifications.outbox import claim, record
from notifications.recall import recall_notifications
from notifications.states import AlertState, NotificationState, ReceiptKind, StepKind
from schools.models import KeyAdult
from schools.term_dates import Nation
from tests.factories.notifications import (
    DUE,
    URN,
    WELSH_URN,
    NotifyingForce,
    minutes,
    morning,
)


@pytest.fixture
def planned(force: NotifyingForce, placed: UUID) -> UUID:
    """One planned alert to the first key adult, at 06:55."""
    force.at(DUE - minutes(120))
    force.chase()
    (alert,) = force.rows(Alert)
    found: UUID = alert.id
    return found


def take(force: NotifyingForce, owner: str = "one", limit: int = 200) -> list[ClaimedAlert]:
    with force.database.write(PLATFORM) as session:
        return claim(session, force.cipher, owner=owner, now=force.now, limit=limit)


def settle(force: NotifyingForce, *results: AlertResult) -> int:
    with force.database.write(PLATFORM) as session:
        return record(session, results, now=force.now)


def result(claimed: ClaimedAlert, kind: ResultKind, code: str | None = None) -> AlertResult:
    return AlertResult(
        claimed.alert_id, claimed.fence, kind, channel="recording", code=code, reference="<id@x>"
    )


def the_alert(force: NotifyingForce) -> Alert:
    (alert,) = force.rows(Alert)
    assert isinstance(alert, Alert)
    return alert


@contextmanager
def counting(force: NotifyingForce) -> Iterator[list[str]]:
    """Yield the statements that are asked meanwhile."""
    asked: list[str] = []

    def keep(_connection: object, _cursor: object, said: str, *_: object) -> None:
        asked.append(said)

    event.listen(force.database.engine, "before_cursor_execute", keep)
    yield asked
    event.remove(force.database.engine, "before_cursor_execute", keep)


def try_once(force: NotifyingForce, kind: ResultKind, code: str | None = None) -> Alert:
    """Claim, get this result, record it."""
    (claimed,) = take(force)
    assert settle(force, result(claimed, kind, code)) == 1
    return the_alert(force)


@pytest.mark.feature("DL2")
def test_a_claim_is_a_lease_and_holds_all_that_sending_needs(
    force: NotifyingForce, planned: UUID
) -> None:
    (claimed,) = take(force)
    assert claimed.alert_id == planned
    assert (claimed.address, claimed.welsh) == ("dsl@school.example.org", False)
    assert "dsl@" not in repr(claimed)
    held = the_alert(force)
    assert (held.state, held.fence, held.attempts) == (AlertState.ATTEMPTING, 1, 1)
    assert held.lease_until == force.now + timedelta(seconds=60)
    assert take(force, "two") == []


@pytest.mark.feature("DL2")
@pytest.mark.feature("AK1")
def test_handed_over_is_a_receipt_for_each_notification_it_stands_for(
    force: NotifyingForce,
) -> None:
    both = {force.place(), force.place()}
    force.at(DUE - minutes(120))
    force.chase()
    handed = try_once(force, ResultKind.HANDED_OVER)
    assert (handed.state, handed.handed_over_at) == (AlertState.HANDED_OVER, force.now)
    assert (handed.lease_until, handed.lease_owner) == (None, None)
    assert handed.provider_reference == "<id@x>"
    assert {one.notification_id for one in force.rows(Receipt)} == both
    assert {one.kind for one in force.rows(Receipt)} == {ReceiptKind.HANDED_OVER}
    assert {one.alert_id for one in force.rows(Receipt)} == {handed.id}
    assert all(one.told_at is None for one in force.rows(Notification))
    assert len(force.rows(AuditEntry, event="alert:delivery:handed_over")) == 1
    assert take(force) == []


@pytest.mark.feature("DL4")
@pytest.mark.parametrize("kind", [ResultKind.TEMPORARY, ResultKind.CONNECTION])
def test_it_is_tried_again_soon_then_every_five_minutes_and_never_given_up(
    force: NotifyingForce, planned: UUID, kind: ResultKind
) -> None:
    for seconds in (15, 60, 180, 300, 300, 300, 300):
        tried = try_once(force, kind, "recipient_451")
        assert (tried.state, tried.last_code) == (AlertState.PLANNED, "recipient_451")
        assert tried.next_attempt_at == force.now + timedelta(seconds=seconds)
        assert take(force) == []
        force.at(tried.next_attempt_at)
    handed = try_once(force, ResultKind.HANDED_OVER)
    assert (handed.state, handed.own_failures) == (AlertState.HANDED_OVER, 0)


@pytest.mark.feature("DL4")
@pytest.mark.parametrize("kind", [ResultKind.BROKEN, ResultKind.UNKNOWN])
def test_five_failures_of_its_own_set_an_alert_aside(
    force: NotifyingForce, planned: UUID, kind: ResultKind
) -> None:
    for _ in range(4):
        tried = try_once(force, kind, "ValueError")
        assert tried.state in {AlertState.PLANNED, AlertState.UNKNOWN}
        force.at(tried.next_attempt_at)
    aside = try_once(force, kind, "ValueError")
    assert (aside.state, aside.own_failures) == (AlertState.SET_ASIDE, 5)
    (row,) = force.rows(AuditEntry, event="alert:delivery:set_aside")
    assert row.reason_code == "ValueError"
    force.later(60)
    assert take(force) == []


@pytest.mark.feature("DL4")
def test_a_refused_mailbox_is_flagged_and_the_next_contact_is_asked_now(
    force: NotifyingForce, planned: UUID
) -> None:
    failed = try_once(force, ResultKind.PERMANENT, "recipient_550")
    assert (failed.state, failed.last_code) == (AlertState.FAILED, "recipient_550")
    first, second = force.key_adults
    (flagged,) = force.rows(KeyAdult, id=first)
    assert flagged.contact_verified_at is None
    assert len(force.rows(AuditEntry, event="register:key_adult:unverified")) == 1
    (step,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert step.planned_at == force.now
    force.chase()
    assert {one.key_adult_id for one in force.rows(Alert, state=AlertState.PLANNED)} == {second}


def test_content_refused_after_the_final_dot_flags_no_address(
    force: NotifyingForce, planned: UUID
) -> None:
    try_once(force, ResultKind.PERMANENT, "final_dot_554")
    assert all(one.contact_verified_at for one in force.rows(KeyAdult))


@pytest.mark.feature("DL3")
def test_what_is_unknown_is_repeated_with_the_same_identity(
    force: NotifyingForce, planned: UUID
) -> None:
    (first,) = take(force)
    settle(force, result(first, ResultKind.UNKNOWN, "lost_at_final_dot"))
    unknown = the_alert(force)
    assert unknown.state is AlertState.UNKNOWN
    force.at(unknown.next_attempt_at)
    (again,) = take(force)
    assert (again.alert_id, again.planned_at) == (first.alert_id, first.planned_at)
    assert again.fence == first.fence + 1


@pytest.mark.feature("DL2")
@pytest.mark.feature("DL3")
def test_a_lease_that_ran_out_is_taken_over_and_the_old_holder_changes_nothing(
    force: NotifyingForce, planned: UUID
) -> None:
    (paused,) = take(force, "paused")
    force.at(force.now + timedelta(seconds=60))
    (taken,) = take(force, "other")
    assert taken.fence == paused.fence + 1
    assert settle(force, result(paused, ResultKind.HANDED_OVER)) == 0
    held = the_alert(force)
    assert (held.state, held.lease_owner) == (AlertState.ATTEMPTING, "other")
    assert force.rows(Receipt) == []
    (late_fact,) = force.rows(AuditEntry, reason_code="stale_result")
    assert late_fact.event == "alert:delivery:handed_over"
    assert settle(force, result(taken, ResultKind.HANDED_OVER)) == 1
    assert settle(force, result(taken, ResultKind.HANDED_OVER)) == 0
    assert len(force.rows(Receipt)) == 1


def test_a_claim_that_never_answers_is_given_up_after_five(
    force: NotifyingForce, planned: UUID
) -> None:
    for _ in range(5):
        assert len(take(force)) == 1
        force.at(force.now + timedelta(seconds=60))
    assert take(force) == []
    aside = the_alert(force)
    assert (aside.state, aside.last_code) == (AlertState.SET_ASIDE, "no_result")


@pytest.mark.feature("ES1")
@pytest.mark.feature("ES6")
def test_what_was_told_meanwhile_is_not_sent(force: NotifyingForce, planned: UUID) -> None:
    (notification,) = force.rows(Notification)
    (claimed,) = take(force)
    force.act(notification.id, receipts.opened)
    settle(force, result(claimed, ResultKind.CONNECTION, "channel_down"))
    assert the_alert(force).state is AlertState.NOT_NEEDED


def test_what_was_recalled_meanwhile_is_not_tried_again(
    force: NotifyingForce, placed: UUID, planned: UUID
) -> None:
    (claimed,) = take(force)
    with force.database.write(PLATFORM) as session:
        recall_notifications(
            session, [placed], reason_code="withdrawn", actor="client:x", now=force.now
        )
    settle(force, result(claimed, ResultKind.TEMPORARY, "recipient_451"))
    assert the_alert(force).state is AlertState.NOT_NEEDED


def test_while_it_is_held_its_alert_waits(
    force: NotifyingForce, placed: UUID, planned: UUID
) -> None:
    force.act(placed, receipts.not_our_pupil)
    assert take(force) == []
    force.act(placed, receipts.undo_not_our_pupil)
    assert len(take(force)) == 1


def test_a_claim_that_ran_out_after_its_matter_ended_is_let_go(
    force: NotifyingForce, placed: UUID, planned: UUID
) -> None:
    take(force)
    force.act(placed, receipts.opened)
    force.later(2)
    assert take(force) == []
    assert the_alert(force).state is AlertState.NOT_NEEDED


def test_a_claim_that_ran_out_while_its_matter_is_held_is_kept(
    force: NotifyingForce, placed: UUID, planned: UUID
) -> None:
    take(force)
    force.act(placed, receipts.not_our_pupil)
    force.later(2)
    assert take(force) == []
    assert the_alert(force).state is AlertState.ATTEMPTING
    force.act(placed, receipts.undo_not_our_pupil)
    assert len(take(force)) == 1


def test_an_alert_not_begun_goes_back_as_if_it_had_not_been_claimed(
    force: NotifyingForce, planned: UUID
) -> None:
    back = try_once(force, ResultKind.NOT_TRIED, "block_over")
    assert (back.state, back.attempts) == (AlertState.PLANNED, 0)
    assert take(force) == []
    force.at(force.now + timedelta(seconds=1))
    assert len(take(force)) == 1


def test_least_time_left_goes_first(force: NotifyingForce) -> None:
    force.school(WELSH_URN, "dsp@ysgol.example.org", nation=Nation.WALES)
    force.place()
    force.place(force.order(urn=WELSH_URN, due=morning(DUE - minutes(30))))
    force.at(DUE - minutes(120))
    force.chase()
    (first,) = take(force, limit=1)
    assert (first.address, first.welsh) == ("dsp@ysgol.example.org", True)
    (second,) = take(force, limit=1)
    assert (second.address, second.welsh) == ("dsl@school.example.org", False)


def test_many_that_nobody_waits_for_hold_up_nobody(force: NotifyingForce) -> None:
    sooner = []
    for number in range(6):
        force.school(URN + 100 + number, f"dsl{number}@school.example.org")
        order = force.order(urn=URN + 100 + number, due=morning(DUE - minutes(30)))
        sooner.append(force.place(order))
    force.place()
    force.at(DUE - minutes(120))
    force.chase()
    with force.database.write(PLATFORM) as session:
        session.execute(
            update(Notification)
            .where(Notification.id.in_(sooner))
            .values(state=NotificationState.RECALLED)
        )
    assert len(force.rows(Alert, state=AlertState.PLANNED)) == 7
    (claimed,) = take(force, limit=2)
    assert claimed.address == "dsl@school.example.org"


def test_a_claim_asks_no_more_where_many_wait_for_nobody(force: NotifyingForce) -> None:
    """A provider tried again is given one: who stands before that in vain costs nothing."""
    asked: dict[int, int] = {}
    for many in (3, 9):
        ended = []
        for number in range(many):
            urn = URN + 100 * many + number
            force.school(urn, f"dsl{urn}@school.example.org")
            ended.append(force.place(force.order(urn=urn, due=morning(DUE - minutes(30)))))
        force.school(URN + 100 * many - 1, f"last{many}@school.example.org")
        force.place(force.order(urn=URN + 100 * many - 1))
        force.at(DUE - minutes(120))
        force.chase()
        with force.database.write(PLATFORM) as session:
            session.execute(
                update(Notification)
                .where(Notification.id.in_(ended))
                .values(state=NotificationState.RECALLED)
            )
        with counting(force) as statements:
            (claimed,) = take(force, limit=1)
        asked[many] = len(statements)
        assert claimed.address == f"last{many}@school.example.org"
    assert len(set(asked.values())) == 1


def test_each_alert_of_a_block_keeps_its_own_reference(force: NotifyingForce) -> None:
    for number in range(3):
        force.school(URN + 100 + number, f"dsl{number}@school.example.org")
        force.place(force.order(urn=URN + 100 + number))
    force.at(DUE - minutes(120))
    force.chase()
    block = take(force)
    references = dict(
        zip((one.alert_id for one in block), ('<"it\'s"@x>', None, "<ô\\n@x>"), strict=True)
    )
    settle(
        force,
        *(
            AlertResult(
                one.alert_id, one.fence, ResultKind.HANDED_OVER, channel="recording",
                reference=references[one.alert_id],
            )
            for one in block
        ),
    )  # fmt: skip
    kept = {alert.id: alert.provider_reference for alert in force.rows(Alert)}
    assert kept == references


def test_a_record_that_does_not_open_fails_alone(force: NotifyingForce, planned: UUID) -> None:
    with force.database.write(PLATFORM) as session:
        session.get_one(KeyAdult, force.key_adults[0]).sealed = b"not sealed by us" * 4
    (claimed,) = take(force)
    assert claimed.address == ""


@pytest.mark.feature("DL2")
@pytest.mark.feature("CA7")
def test_four_claimers_at_once_take_every_alert_exactly_once(force: NotifyingForce) -> None:
    many = 60
    for number in range(many):
        urn = URN + 100 + number
        force.school(urn, f"dsl{number}@school.example.org")
        force.place(force.order(urn=urn))
    force.at(DUE - minutes(120))
    force.chase()
    taken: list[UUID] = []
    together = threading.Barrier(4)

    def work(owner: str) -> None:
        together.wait()
        while claimed := force.database.retrying(
            lambda session: claim(session, force.cipher, owner=owner, now=force.now, limit=7),
            PLATFORM,
        ):
            taken.extend(one.alert_id for one in claimed)

    threads = [threading.Thread(target=work, args=(f"owner {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == many
    assert {alert.fence for alert in force.rows(Alert)} == {1}


@pytest.mark.feature("DL2")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_rows_that_another_is_taking_are_passed_over_not_waited_for(
    force: NotifyingForce,
) -> None:
    for number in range(4):
        force.school(URN + 100 + number, f"dsl{number}@school.example.org")
        force.place(force.order(urn=URN + 100 + number))
    force.at(DUE - minutes(120))
    force.chase()
    with force.database.write(PLATFORM) as open_session:
        mine = claim(open_session, force.cipher, owner="slow", now=force.now, limit=2)
        theirs = take(force, "quick")
    assert len(mine) == len(theirs) == 2
    assert not {one.alert_id for one in mine} & {one.alert_id for one in theirs}


@pytest.mark.feature("DL2")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_is_told_while_the_claim_is_looking_is_not_alerted(
    force: NotifyingForce, planned: UUID
) -> None:
    """Whether somebody waits is asked first, and the alert is locked after: a person is between."""
    (notification,) = force.rows(Notification)
    told: list[bool] = []

    def tell(_connection: object, _cursor: object, said: str, *_: object) -> None:
        if "alert.id = ANY" in said and "SKIP LOCKED" in said and not told:
            told.append(True)
            force.act(notification.id, receipts.opened)

    event.listen(force.database.engine, "before_cursor_execute", tell)
    assert take(force) == []
    event.remove(force.database.engine, "before_cursor_execute", tell)
    assert told
    alert = the_alert(force)
    assert (alert.state, alert.fence) == (AlertState.NOT_NEEDED, 0)
