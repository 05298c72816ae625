"""GOV.UK Notify against its shipped stand-in: what every answer means for the next try."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

import httpx
import pytest

from app.core.clock import HandClock
from app.core.errors import Refused
from app.core.settings import Environment, Settings
from notifications.alerts import letterhead
from notifications.channels import whole_requests
from notifications.channels.base import AlertMessage, ChannelError, ErrorKind
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import STATUSES, Account, NotifyChannel, status_of
from notifications.states import DeliveryStatus, Medium

AT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
MESSAGE = AlertMessage(
    alert_id=UUID("0d9a2f3e-7c53-4c6b-8a53-0b3a8f2f7c11"), address="dsl@school.example.org",
    template="message_waiting", welsh=False, planned_at=AT,
)  # fmt: skip
TEXT = replace(MESSAGE, address="07700 900123")
TEMPLATES = {
    "message_waiting": "t-waiting", "message_waiting.cy": "t-waiting-cy", "code": "t-code",
    "code.cy": "t-code-cy", "invitation": "t-link", "invitation.cy": "t-link",
}  # fmt: skip
HELD = {
    "t-waiting": "A message is waiting.", "t-waiting-cy": "Mae neges yn aros.",
    "t-code": "Your code is ((code))", "t-code-cy": "Eich cod yw ((code))", "t-link": "((link))",
}  # fmt: skip


@pytest.fixture
def hand() -> HandClock:
    return HandClock(AT)


@pytest.fixture
def fake(hand: HandClock) -> Iterator[FakeNotify]:
    with FakeNotify(hand, HELD) as running:
        yield running


def channel_to(
    url: str, clock: HandClock, medium: Medium = Medium.EMAIL, key: str = API_KEY,
    request_seconds: float = 10.0,
) -> NotifyChannel:  # fmt: skip
    settings = Settings(environment=Environment.TEST, base_url="https://messages.example.org")
    return NotifyChannel(
        Account.of(url, key), medium=medium, templates=TEMPLATES, head=letterhead(settings),
        clock=clock, per_minute=2500, timeout=httpx.Timeout(3.0), request_seconds=request_seconds,
    )  # fmt: skip


@pytest.fixture
def notify(fake: FakeNotify, hand: HandClock) -> Iterator[NotifyChannel]:
    made = channel_to(fake.url, hand)
    yield made
    made.close()


def failure(channel: NotifyChannel, message: AlertMessage = MESSAGE) -> ChannelError:
    with pytest.raises(ChannelError) as failed:
        channel.send(message)
    return failed.value


@pytest.mark.feature("IG4")
def test_an_alert_is_a_template_a_reference_and_one_address(
    notify: NotifyChannel, fake: FakeNotify
) -> None:
    sent = notify.send(MESSAGE)
    (taken,) = fake.taken
    assert (taken.id, taken.kind, taken.to) == (sent.reference, "email", MESSAGE.address)
    assert taken.template_id == "t-waiting"
    assert taken.reference == str(MESSAGE.alert_id)
    assert taken.personalisation == {}


@pytest.mark.feature("IG4")
def test_a_welsh_school_gets_the_template_in_both_languages(
    notify: NotifyChannel, fake: FakeNotify
) -> None:
    notify.send(replace(MESSAGE, welsh=True))
    assert fake.taken[0].template_id == "t-waiting-cy"


@pytest.mark.feature("IG4")
def test_a_code_goes_by_text_to_a_mobile(fake: FakeNotify, hand: HandClock) -> None:
    text = channel_to(fake.url, hand, Medium.TEXT)
    text.send(replace(TEXT, template="code", extra={"code": "402 177"}))
    text.close()
    (taken,) = fake.taken
    assert (taken.kind, taken.to) == ("sms", "07700 900123")
    assert taken.personalisation == {"code": "402 177"}


def test_a_path_becomes_a_whole_link(notify: NotifyChannel, fake: FakeNotify) -> None:
    notify.send(replace(MESSAGE, template="invitation", extra={"path": "/invitation/b8k7q2"}))
    link = "https://messages.example.org/invitation/b8k7q2"
    assert fake.taken[0].personalisation == {"link": link}


@pytest.mark.feature("CO2")
def test_what_would_tell_is_not_sent(notify: NotifyChannel, fake: FakeNotify) -> None:
    with pytest.raises(ValueError, match="would tell"):
        notify.send(replace(MESSAGE, template="code", extra={"code": "police"}))
    assert fake.taken == ()


def test_it_carries_what_is_mapped_in_both_languages(notify: NotifyChannel) -> None:
    assert notify.carries("message_waiting")
    assert not notify.carries("drill")


@pytest.mark.feature("DL12", "IG4")
@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        (NotifyFault.RATE_LIMIT, (ErrorKind.BUSY, "rate_limit", 60)),
        (NotifyFault.DAILY_LIMIT, (ErrorKind.BUSY, "daily_limit", 3600)),
        (NotifyFault.KEY_REVOKED, (ErrorKind.REFUSED, "key_refused", 900)),
        (NotifyFault.TRIAL_MODE, (ErrorKind.BROKEN, "request_400", None)),
        (NotifyFault.ERROR_NOT_STORED, (ErrorKind.UNKNOWN, "http_500", None)),
        (NotifyFault.ERROR_BUT_STORED, (ErrorKind.UNKNOWN, "http_500", None)),
        (NotifyFault.LOST_BUT_STORED, (ErrorKind.UNKNOWN, "lost_at_answer", None)),
        (NotifyFault.LOST_NOT_STORED, (ErrorKind.UNKNOWN, "lost_at_answer", None)),
        (NotifyFault.SILENT_BUT_STORED, (ErrorKind.UNKNOWN, "timeout_at_answer", None)),
    ],
)
def test_every_answer_says_what_the_next_try_may_do(
    notify: NotifyChannel, fake: FakeNotify, fault: NotifyFault, meaning: tuple[object, ...]
) -> None:
    fake.fail_next(fault)
    failed = failure(notify)
    assert (failed.kind, failed.code, failed.seconds) == meaning
    assert len(fake.taken) == fault.endswith("but_stored")


@pytest.mark.feature("IG4")
def test_an_address_that_cannot_be_is_the_only_permanent_refusal(
    notify: NotifyChannel, fake: FakeNotify, hand: HandClock
) -> None:
    failed = failure(notify, replace(MESSAGE, address="nobody"))
    assert (failed.kind, failed.code) == (ErrorKind.PERMANENT, "recipient_400")
    text = channel_to(fake.url, hand, Medium.TEXT)
    failed = failure(text, replace(TEXT, address="01632 960123"))
    text.close()
    assert (failed.kind, failed.code) == (ErrorKind.PERMANENT, "recipient_400")


def test_a_template_that_is_not_there_is_the_alerts_own_trouble(
    notify: NotifyChannel, fake: FakeNotify
) -> None:
    fake.templates.clear()
    assert failure(notify).kind is ErrorKind.BROKEN


@pytest.mark.feature("IG4")
@pytest.mark.parametrize("apart", [timedelta(seconds=45), timedelta(seconds=-45)])
def test_a_clock_that_is_45_seconds_off_stops_the_provider_not_the_alert(
    fake: FakeNotify, apart: timedelta
) -> None:
    wrong = channel_to(fake.url, HandClock(AT + apart))
    failed = failure(wrong)
    wrong.close()
    assert (failed.kind, failed.code) == (ErrorKind.REFUSED, "clock_refused")


def test_another_key_is_refused(fake: FakeNotify, hand: HandClock) -> None:
    wrong = channel_to(fake.url, hand, key=API_KEY[:-1] + "1")
    failed = failure(wrong)
    wrong.close()
    assert (failed.kind, failed.code) == (ErrorKind.REFUSED, "key_refused")


def test_nobody_listening_is_a_fault_of_the_channel(hand: HandClock) -> None:
    with FakeNotify(hand, HELD) as gone:
        url = gone.url
    channel = channel_to(url, hand)
    failed = failure(channel)
    assert (failed.kind, failed.code) == (ErrorKind.CONNECTION, "failed_at_connecting")
    with pytest.raises(ChannelError) as unasked:
        channel.find(MESSAGE.alert_id)
    channel.close()
    assert unasked.value.kind is ErrorKind.CONNECTION


@pytest.mark.feature("DL3")
@pytest.mark.parametrize(
    ("fault", "there"),
    [
        (NotifyFault.ERROR_BUT_STORED, True),
        (NotifyFault.LOST_BUT_STORED, True),
        (NotifyFault.SILENT_BUT_STORED, True),
        (NotifyFault.ERROR_NOT_STORED, False),
        (NotifyFault.LOST_NOT_STORED, False),
    ],
)
def test_asked_by_reference_it_says_whether_a_try_arrived(
    notify: NotifyChannel, fake: FakeNotify, fault: NotifyFault, there: bool
) -> None:
    fake.fail_next(fault)
    failure(notify)
    found = notify.find(MESSAGE.alert_id)
    assert (found is not None) is there


@pytest.mark.feature("DL12", "IG4")
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "fault", [NotifyFault.TRICKLES_HEAD_BUT_STORED, NotifyFault.TRICKLES_BODY_BUT_STORED]
)
def test_an_answer_that_trickles_is_none_once_the_time_of_its_request_is_over(
    fake: FakeNotify, hand: HandClock, fault: NotifyFault
) -> None:
    channel = channel_to(fake.url, hand, request_seconds=0.5)
    fake.fail_next(fault)
    fake.fail_asking(fault)
    began = monotonic()
    failed = failure(channel)
    assert (failed.kind, failed.code) == (ErrorKind.UNKNOWN, "timeout_at_answer")
    with pytest.raises(ChannelError) as unasked:
        channel.find(MESSAGE.alert_id)
    assert unasked.value.kind is ErrorKind.CONNECTION
    assert monotonic() - began < 3.0
    assert channel.find(MESSAGE.alert_id) is not None
    channel.close()


def test_every_request_has_a_time_of_its_own(
    fake: FakeNotify, hand: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]
    monkeypatch.setattr(whole_requests, "monotonic", lambda: monotonic() + passed[0])
    channel = channel_to(fake.url, hand)
    for _ in range(3):
        channel.send(MESSAGE)
        passed[0] += 60.0
    channel.close()
    assert len(fake.taken) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (NotifyFault.ERROR_NOT_STORED, ErrorKind.CONNECTION),
        (NotifyFault.LOST_NOT_STORED, ErrorKind.CONNECTION),
        (NotifyFault.RATE_LIMIT, ErrorKind.BUSY),
        (NotifyFault.KEY_REVOKED, ErrorKind.REFUSED),
    ],
)
def test_a_question_that_fails_is_no_answer(
    notify: NotifyChannel, fake: FakeNotify, fault: NotifyFault, kind: ErrorKind
) -> None:
    fake.fail_asking(fault)
    with pytest.raises(ChannelError) as failed:
        notify.find(MESSAGE.alert_id)
    assert failed.value.kind is kind


@pytest.mark.feature("IG4")
@pytest.mark.parametrize("word", sorted(STATUSES))
def test_every_status_has_a_meaning_of_its_own(
    notify: NotifyChannel, fake: FakeNotify, word: str
) -> None:
    notify.send(MESSAGE)
    fake.becomes(str(MESSAGE.alert_id), word)
    found = notify.find(MESSAGE.alert_id)
    if STATUSES[word] is DeliveryStatus.TECHNICAL_FAILURE:
        assert found is None
    else:
        assert found is not None
        assert found.status is STATUSES[word]


def test_a_word_nobody_knows_is_not_an_end() -> None:
    assert status_of("teleported") is DeliveryStatus.SENDING


@pytest.mark.parametrize("key", ["", "name", "name-26785a09-ab16-4eb0-8407-a37497a57506"])
def test_what_is_no_key_of_notify_is_refused(key: str) -> None:
    with pytest.raises(Refused):
        Account.of("https://api.example.org", key)


def test_a_name_with_dashes_in_front_of_the_key_is_fine() -> None:
    account = Account.of("https://api.example.org/", f"our-own-{API_KEY}")
    assert (account.url, account.issuer) == (
        "https://api.example.org", "26785a09-ab16-4eb0-8407-a37497a57506",
    )  # fmt: skip
