"""Text messages: the second channel, for those who proved a mobile, before anybody is rung."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications import reported
from notifications.alerts import letterhead, telling_words
from notifications.channels.recording import RecordingChannel
from notifications.models import Alert, CallSheetLine, EscalationStep
from notifications.states import Channel, DeliveryStatus, Medium, StepKind, StepState
from schools.models import KeyAdult
from tests.factories.notifications import DUE, URN, NotifyingForce, minutes

ACTOR = "provider:test"


@pytest.fixture
def texting(wiring: Wiring) -> Wiring:
    head = letterhead(wiring.settings)
    text = RecordingChannel(head, wiring.cipher, name=Channel.RECORDING_TEXT)
    return replace(wiring, channels=(*wiring.channels, text))


@pytest.fixture
def force(texting: Wiring) -> NotifyingForce:
    made = NotifyingForce(texting).begin()
    made.key_adults = made.school(URN, "dsl@school.example.org", "deputy@school.example.org")
    return made


def texts(force: NotifyingForce) -> list[Alert]:
    return list(force.rows(Alert, medium=Medium.TEXT))


def send(force: NotifyingForce) -> list[str]:
    """Send what is due; return where text messages went."""
    Runner(force.wiring, PIPELINE, owner="test").run_step("send_due")
    channel = force.wiring.channels[-1]
    assert isinstance(channel, RecordingChannel)
    assert not any(telling_words(one.raw.decode()) for one in channel.sent)
    return [one.message.address for one in channel.sent]


@pytest.mark.feature("DL6")
def test_email_first_then_text_then_a_call(force: NotifyingForce, placed: UUID) -> None:
    first, second = force.key_adults
    force.mobile(first)
    force.at(DUE - minutes(120))
    force.chase()
    assert texts(force) == []
    force.at(DUE - minutes(75))
    force.chase()
    (text,) = texts(force)
    assert text.key_adult_id == first
    assert {one.key_adult_id for one in force.rows(Alert, medium=Medium.EMAIL)} == {first, second}
    assert send(force) == ["07700900123"]
    assert force.rows(CallSheetLine) == []
    force.at(DUE - minutes(60))
    force.chase()
    assert len(force.rows(CallSheetLine)) == 1
    assert len(texts(force)) == 1


@pytest.mark.feature("DL6")
def test_an_email_that_bounced_brings_the_text_forward(force: NotifyingForce, placed: UUID) -> None:
    first, second = force.key_adults
    force.mobile(first)
    force.mobile(second, "07700 900456")
    force.at(DUE - minutes(120))
    force.chase()
    send(force)
    (alert,) = force.rows(Alert)
    with force.database.write(PLATFORM) as session:
        reported.report(
            session, alert.id, DeliveryStatus.TEMPORARY_FAILURE, now=force.now, actor=ACTOR
        )
    force.chase()
    assert sorted(send(force)) == ["07700900123", "07700900456"]


@pytest.mark.feature("DL6")
def test_one_key_adult_alone_is_sent_a_text_where_there_is_no_second(
    force: NotifyingForce, placed: UUID
) -> None:
    force.mobile(force.key_adults[0])
    force.away(force.key_adults[1])
    force.at(DUE - minutes(120))
    force.chase()
    force.at(DUE - minutes(75))
    force.chase()
    assert len(texts(force)) == 1
    (step,) = force.rows(EscalationStep, kind=StepKind.SECOND_KEY_ADULT)
    assert step.state is StepState.DONE


def test_nobody_is_texted_at_a_number_that_was_not_proved(
    force: NotifyingForce, placed: UUID
) -> None:
    force.mobile(force.key_adults[0])
    with force.database.write(PLATFORM) as session:
        session.get_one(KeyAdult, force.key_adults[0]).mobile_digest = bytes(32)
    force.at(DUE - minutes(75))
    force.chase()
    assert texts(force) == []


def test_an_installation_without_a_text_provider_sends_none(
    force: NotifyingForce, placed: UUID, wiring: Wiring
) -> None:
    force.mobile(force.key_adults[0])
    force.wiring = wiring
    force.at(DUE - minutes(75))
    force.chase()
    assert texts(force) == []


@pytest.mark.feature("DL6")
def test_a_number_there_is_not_is_struck_out_and_the_address_kept(
    force: NotifyingForce, placed: UUID
) -> None:
    first, _ = force.key_adults
    force.mobile(first)
    force.at(DUE - minutes(120))
    force.chase()
    force.at(DUE - minutes(75))
    force.chase()
    send(force)
    (text,) = texts(force)
    with force.database.write(PLATFORM) as session:
        reported.report(
            session, text.id, DeliveryStatus.PERMANENT_FAILURE, now=force.now, actor=ACTOR
        )
    (adult,) = force.rows(KeyAdult, id=first)
    assert (adult.mobile_verified_at, adult.contact_verified_at is not None) == (None, True)
    assert len(force.rows(AuditEntry, event="register:key_adult:mobile_failed")) == 1
