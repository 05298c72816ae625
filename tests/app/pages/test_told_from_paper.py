"""Calls made from the encrypted sheet while the service was away, entered later by their caller."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import Force
from app.access.permissions import Role
from app.core.clock import at_london, london_date, london_time
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from notifications.models import CallSheetLine, NotificationContent, Receipt
from notifications.states import CallResult, ReceiptKind, ToldHow
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE, FORCE, URN
from tests.factories.people import Browser, Person, add_person, move, signed_in
from tests.factories.restricted import name_group

TOLD = {"told_time": "08:25", "told_whom": "told_key_adult"}


@pytest.fixture
def desk(morning: Morning) -> Person:
    return add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)


@pytest.fixture
def line_id(morning: Morning) -> UUID:
    """One message on the call sheet, five minutes before its deadline; ready since the night."""
    morning.notification()
    (child,) = morning.force.rows(InvolvedChild)
    morning.child_becomes(child.id, child.outcome, due_at=DUE)
    move(morning.wiring, minutes=86)
    morning.force.chase()
    (line,) = morning.force.rows(CallSheetLine)
    move(morning.wiring, minutes=53)
    assert isinstance(line.id, UUID)
    return line.id


def enter(browser: Browser, line_id: UUID, **form: str) -> Any:
    return browser.press(f"/morning/calls/{line_id}/told-from-paper", {**TOLD, **form})


def claimed(morning: Morning, person: Person, line_id: UUID) -> Browser:
    browser = signed_in(morning.wiring, person)
    assert browser.press(f"/morning/calls/{line_id}/claim").status_code == 303
    return browser


def clock(morning: Morning, **by: int) -> str:
    """The London time of day now, moved."""
    return f"{london_time(morning.wiring.clock.now() + timedelta(**by)):%H:%M}"


@pytest.mark.feature("OP8")
@pytest.mark.parametrize(
    ("whom", "how"),
    [("told_key_adult", ToldHow.BY_PHONE), ("told_other", ToldHow.BY_PHONE_UNTRAINED)],
)
def test_a_call_from_paper_counts_from_its_time_and_is_on_the_trail_as_entered_later(
    morning: Morning, desk: Person, line_id: UUID, whom: str, how: ToldHow
) -> None:
    browser = claimed(morning, desk, line_id)
    now = morning.wiring.clock.now()
    earlier = at_london(
        london_date(now), london_time(now - timedelta(minutes=20)).replace(second=0)
    )
    assert "from the paper sheet" in browser.get(f"/morning/calls/{line_id}").text
    answer = enter(browser, line_id, told_time=clock(morning, minutes=-20), told_whom=whom)
    assert answer.status_code == 303
    (line,) = morning.force.rows(CallSheetLine)
    told = morning.read(line.notification_id)
    assert (told.told_at, told.told_how, told.told_by) == (earlier, how, desk.actor)
    assert (line.result, line.attempts, line.closed_at) == (CallResult.TOLD, 1, now)
    (receipt,) = morning.force.rows(Receipt, kind=ReceiptKind.TOLD_BY_PHONE)
    assert (receipt.at, receipt.source, receipt.actor) == (earlier, "paper", desk.actor)
    with morning.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry).where(
                AuditEntry.event.in_(
                    ("notification:receipt:told_by_phone", "call_sheet:call:recorded")
                )
            )
        ).all()
    assert [row.at for row in rows] == [now, now]
    for row in rows:
        assert row.detail == {"entered_later": True, "told_at": earlier.isoformat()}
    assert "All children told" in browser.get("/morning").text


@pytest.mark.parametrize("told_time", ["", "soon", "25:10", "23:59", "00:01"])
def test_a_time_that_cannot_be_is_asked_again(
    morning: Morning, desk: Person, line_id: UUID, told_time: str
) -> None:
    """Not to come, and not before the message was ready (the night's second hour)."""
    browser = claimed(morning, desk, line_id)
    answer = enter(browser, line_id, told_time=told_time)
    assert answer.status_code == 400
    assert "after the message was ready and not to come" in answer.text
    (line,) = morning.force.rows(CallSheetLine)
    assert (line.attempts, line.closed_at) == (0, None)
    assert morning.read(line.notification_id).told_at is None


def test_whom_somebody_told_is_asked(morning: Morning, desk: Person, line_id: UUID) -> None:
    browser = claimed(morning, desk, line_id)
    for whom in ("", "no_answer"):
        answer = enter(browser, line_id, told_whom=whom)
        assert answer.status_code == 400
        assert "Choose whom you told" in answer.text


def test_what_changed_after_the_call_has_to_be_told_again(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    browser = claimed(morning, desk, line_id)
    with morning.wiring.database.write(PLATFORM) as session:
        (content,) = session.scalars(select(NotificationContent))
        content.composed_at = morning.wiring.clock.now() - timedelta(minutes=10)
    assert enter(browser, line_id, told_time=clock(morning, minutes=-20)).status_code == 409
    (line,) = morning.force.rows(CallSheetLine)
    assert line.closed_at is None
    assert enter(browser, line_id, told_time=clock(morning, minutes=-5)).status_code == 303


@pytest.mark.parametrize("of", ["incident", "child"])
def test_a_child_who_was_on_no_paper_was_not_told_from_it(
    morning: Morning, desk: Person, line_id: UUID, of: str
) -> None:
    # of the group that sees a restricted incident: for anybody else it does not exist
    name_group(morning.wiring, [desk])
    with morning.wiring.database.write(PLATFORM) as session:
        if of == "incident":
            session.scalars(select(Incident)).one().restricted_access = True
        else:
            session.scalars(select(InvolvedChild)).one().protected = True
    browser = claimed(morning, desk, line_id)
    assert enter(browser, line_id, told_time=clock(morning, minutes=-20)).status_code == 409
    (line,) = morning.force.rows(CallSheetLine)
    assert morning.read(line.notification_id).told_at is None


def test_only_the_caller_who_claimed_the_line_enters_it(
    morning: Morning, desk: Person, line_id: UUID
) -> None:
    """The right one, a colleague of the same desk, and strangers."""
    claimed(morning, desk, line_id)
    when = clock(morning, minutes=-20)
    colleague = add_person(morning.wiring, "al@example.org", Role.FORCE_DESK, force=FORCE)
    assert enter(signed_in(morning.wiring, colleague), line_id, told_time=when).status_code == 409
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherby Police", added_at=morning.wiring.clock.now()))
    strangers: list[tuple[Role, dict[str, Any]]] = [
        (Role.LEAD, {"force": FORCE}), (Role.REVIEWER, {"force": FORCE}),
        (Role.KEY_ADULT, {"urn": URN}), (Role.COUNCIL_OFFICER, {"council": "999"}),
        (Role.FORCE_DESK, {"force": "98"}),
    ]  # fmt: skip
    for role, relation in strangers:
        email = f"{role.value}-{relation.get('force', 'x')}@example.org"
        person = add_person(morning.wiring, email, role, **relation)
        assert enter(signed_in(morning.wiring, person), line_id, told_time=when).status_code == 404
    (line,) = morning.force.rows(CallSheetLine)
    assert morning.read(line.notification_id).told_at is None
    assert enter(signed_in(morning.wiring, desk), line_id, told_time=when).status_code == 303
