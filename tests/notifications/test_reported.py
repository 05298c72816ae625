"""What becomes of an alert after it was handed over: only upwards, in whatever order."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.casework import provider_news
from app.core.ids import new_id
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from notifications import reported
from notifications.attempts import AlertResult, ResultKind
from notifications.dsn import Kind
from notifications.models import Alert, EscalationStep, Receipt
from notifications.outbox import claim, record
from notifications.provider_models import ParkedNotice
from notifications.reported import Heard
from notifications.states import AlertState, DeliveryStatus, ReceiptKind, StepKind
from notifications.verp import return_address
from schools.models import KeyAdult
from tests.factories.bounces import delivery_report
from tests.factories.notifications import DUE, NotifyingForce, minutes

ACTOR = "provider:test"


@pytest.fixture
def planned(force: NotifyingForce, placed: UUID) -> UUID:
    force.at(DUE - minutes(120))
    force.chase()
    return the_alert(force).id


@pytest.fixture
def handed(force: NotifyingForce, planned: UUID) -> UUID:
    """An alert that GOV.UK Notify has taken, at 06:55."""
    settle(force, attempt(force))
    return planned


def attempt(force: NotifyingForce) -> AlertResult:
    with force.database.write(PLATFORM) as session:
        (claimed,) = claim(session, force.cipher, owner="one", now=force.now)
    return AlertResult(
        claimed.alert_id, claimed.fence, ResultKind.HANDED_OVER, channel="govuk_notify",
        reference="n1",
    )  # fmt: skip


def settle(force: NotifyingForce, result: AlertResult) -> None:
    with force.database.write(PLATFORM) as session:
        assert record(session, [result], now=force.now) == 1


def the_alert(force: NotifyingForce) -> Alert:
    (alert,) = force.rows(Alert)
    assert isinstance(alert, Alert)
    return alert


def say(force: NotifyingForce, alert_id: UUID, status: DeliveryStatus) -> Heard:
    with force.database.write(PLATFORM) as session:
        return reported.report(session, alert_id, status, now=force.now, actor=ACTOR)


def silent_at(force: NotifyingForce, at: datetime) -> list[UUID]:
    with force.database.read(PLATFORM) as session:
        return reported.silent_alerts(session, now=at)


def kinds(force: NotifyingForce) -> list[ReceiptKind]:
    return sorted(one.kind for one in force.rows(Receipt))


@pytest.mark.feature("AK1")
@pytest.mark.feature("DL8")
def test_delivered_is_a_rung_of_its_own(force: NotifyingForce, handed: UUID) -> None:
    assert say(force, handed, DeliveryStatus.DELIVERED) is Heard.MOVED
    assert the_alert(force).state is AlertState.REACHED_MAILBOX
    assert kinds(force) == [ReceiptKind.HANDED_OVER, ReceiptKind.REACHED_MAILBOX]
    (row,) = force.rows(AuditEntry, event="alert:delivery:reached_mailbox")
    assert row.actor == ACTOR


@pytest.mark.feature("DL8")
def test_a_bounce_flags_the_address_and_asks_the_next(force: NotifyingForce, handed: UUID) -> None:
    say(force, handed, DeliveryStatus.PERMANENT_FAILURE)
    assert the_alert(force).state is AlertState.BOUNCED
    (flagged,) = force.rows(KeyAdult, id=force.key_adults[0])
    assert flagged.contact_verified_at is None
    (step,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert step.planned_at == force.now


@pytest.mark.parametrize(
    "status", [DeliveryStatus.TEMPORARY_FAILURE, DeliveryStatus.TECHNICAL_FAILURE]
)
def test_a_full_mailbox_asks_the_next_and_flags_nobody(
    force: NotifyingForce, handed: UUID, status: DeliveryStatus
) -> None:
    say(force, handed, status)
    assert the_alert(force).state is AlertState.BOUNCED
    assert all(one.contact_verified_at for one in force.rows(KeyAdult))
    (step,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert step.planned_at == force.now


def test_still_sending_is_no_news(force: NotifyingForce, handed: UUID) -> None:
    assert say(force, handed, DeliveryStatus.SENDING) is Heard.NOTHING_NEW
    assert the_alert(force).state is AlertState.HANDED_OVER


@pytest.mark.feature("DL8")
def test_a_thousand_orders_of_the_same_news_never_lead_down(
    force: NotifyingForce, planned: UUID
) -> None:
    # Five hundred on each database, and not the same.
    result, order = attempt(force), random.Random(force.database.engine.dialect.name)
    for _ in range(500):
        news = [*DeliveryStatus, *order.choices([*DeliveryStatus], k=2)]
        order.shuffle(news)
        first = next(one for one in news if one is not DeliveryStatus.SENDING)
        # Our own record comes first, last or in between: what was heard before it is parked.
        ours = order.randrange(len(news) + 1)
        # Nothing of it stays: a read is rolled back.
        with force.database.read(PLATFORM) as session:
            for seconds, status in enumerate(news):
                now = force.now + timedelta(seconds=seconds)
                if seconds == ours:
                    own_record(session, result, now)
                reported.report(session, planned, status, now=now, actor=ACTOR)
            if ours == len(news):
                own_record(session, result, force.now + timedelta(seconds=ours))
            alert = session.get_one(Alert, planned)
            reached = first is DeliveryStatus.DELIVERED
            assert alert.state is (AlertState.REACHED_MAILBOX if reached else AlertState.BOUNCED)
            assert alert.delivery_status is first


def own_record(session: Session, result: AlertResult, now: datetime) -> None:
    """Write down that it was handed over, and look again at what was parked until then."""
    assert record(session, [result], now=now) == 1
    reported.replay_parked(session, now=now, actor=ACTOR)


@pytest.mark.feature("DL8")
def test_news_before_our_own_record_waits_for_it(force: NotifyingForce, planned: UUID) -> None:
    result = attempt(force)
    assert say(force, planned, DeliveryStatus.DELIVERED) is Heard.PARKED
    settle(force, result)
    with force.database.write(PLATFORM) as session:
        assert reported.replay_parked(session, now=force.now, actor=ACTOR) == 1
    assert the_alert(force).state is AlertState.REACHED_MAILBOX
    assert kinds(force) == [ReceiptKind.HANDED_OVER, ReceiptKind.REACHED_MAILBOX]
    assert force.rows(ParkedNotice) == []


@pytest.mark.feature("DL8")
def test_news_of_an_alert_there_is_not_is_parked_for_five_minutes_and_gone(
    force: NotifyingForce,
) -> None:
    assert say(force, new_id(), DeliveryStatus.DELIVERED) is Heard.PARKED
    for later, left in ((4, 1), (1, 0)):
        force.later(later)
        with force.database.write(PLATFORM) as session:
            reported.replay_parked(session, now=force.now, actor=ACTOR)
        assert len(force.rows(ParkedNotice)) == left


@pytest.mark.feature("DL3")
def test_delivered_settles_what_was_unknown_without_asking(
    force: NotifyingForce, planned: UUID
) -> None:
    result = attempt(force)
    settle(
        force,
        AlertResult(
            result.alert_id, result.fence, ResultKind.UNKNOWN, channel="govuk_notify",
            code="timeout_at_answer",
        ),
    )  # fmt: skip
    say(force, planned, DeliveryStatus.DELIVERED)
    assert the_alert(force).state is AlertState.REACHED_MAILBOX
    assert kinds(force) == [ReceiptKind.HANDED_OVER, ReceiptKind.REACHED_MAILBOX]


@pytest.mark.feature("DL8")
def test_its_provider_is_asked_after_2_5_10_and_20_minutes_then_people_take_over(
    force: NotifyingForce, handed: UUID
) -> None:
    began, asked = force.now, []
    for _ in range(30):
        force.later(1)
        with force.database.write(PLATFORM) as session:
            found = reported.to_ask_about(session, now=force.now)
            asked += [(force.now - began, one.last) for one in found]
            last = [one.alert_id for one in found if one.last]
            reported.unheard_of(session, last, now=force.now, actor=ACTOR)
    assert asked == [(minutes(2), False), (minutes(5), False), (minutes(10), False),
                     (minutes(20), True)]  # fmt: skip
    assert len(force.rows(AuditEntry, event="alert:delivery:unheard_of")) == 1
    (step,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert step.planned_at == began + minutes(20)
    assert the_alert(force).state is AlertState.HANDED_OVER


def test_a_last_question_whose_process_died_is_asked_again_and_then_people_take_over(
    force: NotifyingForce, handed: UUID
) -> None:
    found: list[reported.Asking] = []
    for wait in (2, 3, 5, 10):
        force.later(wait)
        with force.database.write(PLATFORM) as session:
            found = reported.to_ask_about(session, now=force.now)
    assert [one.last for one in found] == [True]
    # Nobody writes down what came of it: the process died while it asked.
    with force.database.write(PLATFORM) as session:
        assert reported.to_ask_about(session, now=force.now) == []
    force.later(5)
    with force.database.write(PLATFORM) as session:
        (again,) = reported.to_ask_about(session, now=force.now)
        assert again.last
        reported.unheard_of(session, [again.alert_id], now=force.now, actor=ACTOR)
    (step,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert step.planned_at == force.now
    force.later(60)
    with force.database.write(PLATFORM) as session:
        assert reported.to_ask_about(session, now=force.now) == []
    assert len(force.rows(AuditEntry, event="alert:delivery:unheard_of")) == 1


def test_nobody_asks_about_what_reached_the_mailbox(force: NotifyingForce, handed: UUID) -> None:
    say(force, handed, DeliveryStatus.DELIVERED)
    force.later(3)
    with force.database.write(PLATFORM) as session:
        assert reported.to_ask_about(session, now=force.now) == []


@pytest.mark.feature("DL9")
def test_silence_shows_after_a_quarter_of_an_hour(force: NotifyingForce, handed: UUID) -> None:
    assert silent_at(force, force.now + minutes(14)) == []
    assert silent_at(force, force.now + minutes(15)) == [handed]
    say(force, handed, DeliveryStatus.DELIVERED)
    assert silent_at(force, force.now + minutes(15)) == []


@pytest.mark.feature("DL9")
def test_five_minutes_before_nine_any_silence_shows(force: NotifyingForce, placed: UUID) -> None:
    force.at(DUE - minutes(120))
    force.chase()
    force.at(DUE - minutes(5))
    settle(force, attempt(force))
    assert silent_at(force, DUE - minutes(1)) == []
    assert silent_at(force, DUE) == [the_alert(force).id]


@pytest.mark.feature("DL8")
def test_a_bounce_by_mail_is_believed_for_the_alert_whose_return_address_it_has(
    force: NotifyingForce, handed: UUID
) -> None:
    def take(raw: bytes) -> Kind | Heard:
        with force.database.write(PLATFORM) as session:
            return provider_news.take_bounce(session, force.cipher, raw=raw, now=force.now)

    address = return_address("bounces@messages.example.org", handed, force.cipher)
    assert take(delivery_report("bounces@messages.example.org")) is Kind.OTHER
    assert take(b"To: " + address.encode() + b"\r\nAuto-Submitted: auto-replied\r\n\r\nAway") is (
        Kind.AUTOMATIC
    )
    assert the_alert(force).state is AlertState.HANDED_OVER
    assert take(delivery_report(address)) is Heard.MOVED
    assert take(delivery_report(address)) is Heard.NOTHING_NEW
    assert the_alert(force).state is AlertState.BOUNCED
    (flagged,) = force.rows(KeyAdult, id=force.key_adults[0])
    assert flagged.contact_verified_at is None
