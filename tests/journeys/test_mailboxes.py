"""Mail that is refused, put off or comes back, from the push to the board, by a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from app.casework.provider_news import take_bounce
from app.core.scope import PLATFORM
from app.wiring import Wiring
from notifications.alerts import letterhead
from notifications.channels.sink import Fault, MailSink
from notifications.channels.smtp import SmtpChannel
from notifications.dsn import Kind
from notifications.reported import Heard
from tests.factories.bounces import delivery_report
from tests.journeys.mornings import FIRST, SECOND, adult_of, the_one, told_in_time
from tests.journeys.world import World, at, child

BOUNCES = "bounces@messages.example.org"


@pytest.fixture(autouse=True)
def night(world: World) -> None:
    """Ten past one; a school's deadline is 08:30 and its first alert at 06:30."""
    world.clock.move_to(at("2026-11-20", "01:10"))


@pytest.fixture
def sink(world: World, wiring: Wiring, tmp_path: Path) -> Iterator[MailSink]:
    """A real mail server that the service sends by, with a mailbox for what bounces."""
    with MailSink(tmp_path / "mail") as running:
        settings = wiring.settings.model_copy(
            update={
                "smtp_host": running.host, "smtp_port": running.port,
                "smtp_ca_file": running.ca_file, "bounce_mailbox": BOUNCES,
            }
        )  # fmt: skip
        channel = SmtpChannel(settings, head=letterhead(settings), cipher=wiring.cipher)
        world.wiring = replace(wiring, settings=settings, channels=(channel,))
        world.restart()
        yield running
        channel.close()


def mailed(sink: MailSink) -> list[str]:
    return [address for one in sink.messages for address in one.recipients]


def came_back(world: World, raw: bytes) -> Kind | Heard:
    with world.wiring.database.write(PLATFORM) as session:
        return take_bounce(session, world.wiring.cipher, raw=raw, now=world.now)


@pytest.mark.feature("DL8")
def test_where_the_mailbox_is_refused_the_next_person_is_asked_within_the_minute(
    world: World, sink: MailSink
) -> None:
    world.push("N-1", child())
    world.until(time(6, 29))
    sink.fail_next(Fault.MAILBOX_REFUSED)
    world.may_fail = {"send_due"}
    world.until(time(6, 31))
    assert mailed(sink) == [SECOND]
    assert adult_of(world, 1).contact_verified_at is None
    world.open(SECOND, the_one(world).id)
    world.until(time(9, 0))
    assert told_in_time(world)


@pytest.mark.feature("DL4")
def test_a_mailbox_that_says_later_all_morning_is_tried_again_while_the_next_person_is_asked(
    world: World, sink: MailSink
) -> None:
    world.may_fail = {"send_due"}
    world.push("N-1", child())
    world.until(time(6, 29))
    # At 06:30, 15 s, a minute, three and five minutes later, and again each five minutes.
    sink.fail_next(*[Fault.GREYLISTED] * 11)
    world.until(time(7, 10))
    assert mailed(sink) == []
    world.until(time(7, 20))
    assert SECOND in mailed(sink)
    assert adult_of(world, 1).contact_verified_at is not None
    world.open(SECOND, the_one(world).id)
    world.until(time(9, 0))
    assert told_in_time(world)


@pytest.mark.feature("DL8")
@pytest.mark.parametrize(("status", "kept"), [("5.2.2", False), ("4.2.2", True)])
def test_a_full_mailbox_that_is_reported_later_asks_the_next_person_then(
    world: World, sink: MailSink, status: str, kept: bool
) -> None:
    world.push("N-1", child())
    world.until(time(6, 36))
    assert mailed(sink) == [FIRST]
    report = delivery_report(sink.messages[0].sender, status=status)
    assert came_back(world, report) is Heard.MOVED
    world.until(time(6, 37))
    assert mailed(sink) == [FIRST, SECOND]
    assert (adult_of(world, 1).contact_verified_at is not None) is kept
    world.open(SECOND, the_one(world).id)
    world.until(time(9, 0))
    assert told_in_time(world)


@pytest.mark.feature("DL8")
def test_an_automatic_reply_changes_nothing(world: World, sink: MailSink) -> None:
    world.push("N-1", child())
    world.until(time(6, 31))
    (mail,) = sink.messages
    reply = (
        f"From: {FIRST}\r\nTo: {mail.sender}\r\nSubject: Out of office\r\n"
        "Auto-Submitted: auto-replied\r\n\r\nI am away until Monday.\r\n"
    )
    before = (adult_of(world, 1).contact_verified_at, world.steps(the_one(world).id))
    assert came_back(world, reply.encode()) is Kind.AUTOMATIC
    assert (adult_of(world, 1).contact_verified_at, world.steps(the_one(world).id)) == before
    world.until(time(7, 14))
    assert mailed(sink) == [FIRST]
    world.until(time(7, 15))
    assert mailed(sink) == [FIRST, SECOND]
    world.open(FIRST, the_one(world).id)
    world.until(time(9, 0))
    assert told_in_time(world)
