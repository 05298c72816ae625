"""The call sheet: one caller a school, and a line ends only with told."""

import threading
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.errors import NotFound
from app.core.scope import PLATFORM, of_force
from notifications import receipts
from notifications.channels.call_sheet import claim_line, open_line, open_lines, record_call
from notifications.errors import ClaimedByAnother, NotClaimed
from notifications.models import CallSheetLine, Notification, Receipt
from notifications.states import CallResult, ReceiptKind, ToldHow
from tests.factories.notifications import DUE, FORCE, NotifyingForce, minutes, morning


@pytest.fixture
def line(force: NotifyingForce, placed: UUID) -> UUID:
    return on_the_sheet(force, placed)


def on_the_sheet(force: NotifyingForce, notification_id: UUID) -> UUID:
    with force.database.write(PLATFORM) as session:
        notification = session.get_one(Notification, notification_id)
        assert open_line(session, notification, now=force.now)
        assert not open_line(session, notification, now=force.now)
    (row,) = force.rows(CallSheetLine, notification_id=notification_id)
    found: UUID = row.id
    return found


def claim(force: NotifyingForce, line: UUID, caller: UUID) -> CallSheetLine:
    with force.database.write(of_force(FORCE)) as session:
        return claim_line(session, line, account_id=caller, now=force.now)


def record(
    force: NotifyingForce, line: UUID, caller: UUID, result: CallResult, *, trained: bool = True
) -> CallSheetLine:
    with force.database.write(of_force(FORCE)) as session:
        return record_call(
            session, line, result=result, actor=f"account:{caller}", now=force.now,
            recipient_trained=trained,
        )  # fmt: skip


def test_one_caller_has_a_school_for_ten_minutes(force: NotifyingForce, line: UUID) -> None:
    first, second = force.account(), force.account()
    assert claim(force, line, first).claimed_by == first
    with pytest.raises(ClaimedByAnother):
        claim(force, line, second)
    assert claim(force, line, first).claimed_by == first
    force.later(10)
    assert claim(force, line, second).claimed_by == second


def test_two_who_claim_at_the_same_moment_do_not_both_ring(
    force: NotifyingForce, line: UUID
) -> None:
    callers = [force.account(), force.account()]
    together = threading.Barrier(2)
    refused: list[UUID] = []

    def ring(caller: UUID) -> None:
        together.wait()
        try:
            claim(force, line, caller)
        except ClaimedByAnother:
            refused.append(caller)

    threads = [threading.Thread(target=ring, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = force.rows(CallSheetLine)
    assert {row.claimed_by, *refused} == set(callers)


def test_a_caller_and_who_opens_it_take_their_locks_in_one_order(
    force: NotifyingForce, placed: UUID, line: UUID
) -> None:
    caller = force.account()
    claim(force, line, caller)
    failed: list[Exception] = []

    def tell() -> None:
        try:
            record(force, line, caller, CallResult.TOLD)
        except NotFound:
            pass  # told the other way a moment before
        except Exception as error:  # noqa: BLE001 (a deadlock is what must not come)
            failed.append(error)

    calling = threading.Thread(target=tell)
    with force.database.write(PLATFORM) as session:
        held = select(Notification).where(Notification.id == placed).with_for_update()
        session.scalars(held).one()
        calling.start()
        # Long enough for the caller to take what there is to take, and wait for the rest.
        calling.join(timeout=0.5)
        session.scalars(select(CallSheetLine).with_for_update()).one()
        receipts.opened(
            session, session.get_one(Notification, placed), actor="account:dsl", now=force.now
        )
    calling.join()
    assert failed == []
    assert force.read(placed).told_by == "account:dsl"


@pytest.mark.feature("AK9")
@pytest.mark.parametrize(
    ("trained", "how"), [(True, ToldHow.BY_PHONE), (False, ToldHow.BY_PHONE_UNTRAINED)]
)
def test_told_is_a_receipt_by_the_same_function_and_closes_the_line(
    force: NotifyingForce, placed: UUID, line: UUID, trained: bool, how: ToldHow
) -> None:
    caller = force.account()
    claim(force, line, caller)
    closed = record(force, line, caller, CallResult.TOLD, trained=trained)
    assert (closed.result, closed.closed_at, closed.attempts) == (CallResult.TOLD, force.now, 1)
    told = force.read(placed)
    assert (told.told_how, told.told_by) == (how, f"account:{caller}")
    (receipt,) = force.rows(Receipt)
    assert (receipt.kind, receipt.source) == (ReceiptKind.TOLD_BY_PHONE, "phone")
    (stored,) = force.rows(CallSheetLine)
    assert stored.result is CallResult.TOLD


@pytest.mark.parametrize(
    "result", [CallResult.NO_ANSWER, CallResult.RING_BACK, CallResult.WRONG_NUMBER]
)
def test_anything_else_leaves_the_line_open_for_the_next_caller(
    force: NotifyingForce, placed: UUID, line: UUID, result: CallResult
) -> None:
    first, second = force.account(), force.account()
    claim(force, line, first)
    tried = record(force, line, first, result)
    assert (tried.closed_at, tried.result, tried.attempts) == (None, result, 1)
    assert claim(force, line, second).claimed_by == second
    assert force.read(placed).told_at is None


def test_only_who_claimed_a_call_records_it(force: NotifyingForce, line: UUID) -> None:
    first, second = force.account(), force.account()
    with pytest.raises(NotClaimed):
        record(force, line, first, CallResult.TOLD)
    claim(force, line, first)
    with pytest.raises(NotClaimed):
        record(force, line, second, CallResult.TOLD)


def test_a_caller_cannot_stand_a_school_down(force: NotifyingForce, line: UUID) -> None:
    caller = force.account()
    claim(force, line, caller)
    with pytest.raises(NotClaimed):
        record(force, line, caller, CallResult.STOOD_DOWN)


def test_a_school_that_opened_needs_no_call_any_more(
    force: NotifyingForce, placed: UUID, line: UUID
) -> None:
    caller = force.account()
    claim(force, line, caller)
    force.act(placed, receipts.opened)
    with pytest.raises(NotFound):
        record(force, line, caller, CallResult.TOLD)
    with pytest.raises(NotFound):
        claim(force, line, caller)
    (row,) = force.rows(CallSheetLine)
    assert (row.result, row.claimed_by) == (CallResult.STOOD_DOWN, None)


def test_the_most_urgent_come_first_and_another_force_has_none(force: NotifyingForce) -> None:
    usual = force.place()
    sooner = force.place(force.order(due=morning(DUE - minutes(10))))
    going_home = force.place(force.order(priority=0, due=morning(DUE + minutes(5))))
    for notification_id in (usual, sooner, going_home):
        on_the_sheet(force, notification_id)
    with force.database.read(of_force(FORCE)) as session:
        lines = open_lines(session, force=FORCE)
    assert [line.notification_id for line in lines] == [going_home, sooner, usual]
    with force.database.read(of_force("98")) as session:
        assert open_lines(session, force="98") == open_lines(session, force=FORCE) == []
