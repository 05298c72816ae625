"""What the logs hold of a night with everything in it: codes, counts and identifiers, nobody."""

import json
import logging
from collections.abc import Iterator
from datetime import time

import pytest
import structlog
from prometheus_client import generate_latest

from app.core import logs
from app.jobs import PIPELINE
from app.jobs.runner import Runner, StepReport, Tick
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from tests.factories.people import Browser
from tests.journeys.world import World, at, child

# Everything that a person could be known by, as it is written anywhere in this night.
CANARIES = (
    "Asha", "Example-Khan", "Bela", "2018-03-02", "ZZ99", "3VZ", "Quillbeth", "Secret-Surname",
    "07700", "primary.test", "example.org", "Key Adult", "Nowhere Academy", "under the bed",
)  # fmt: skip


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """The log is set up anew in the test; afterwards it is as the other tests expect it."""
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    yield
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers


def leaks(_tick: Tick) -> StepReport:
    """A step whose error holds a name, as a driver's message holds values."""
    raise RuntimeError("Key (name)=(Asha Example-Khan) already exists")


@pytest.mark.feature("CO6")
@pytest.mark.usefixtures("log_as_before")
def test_a_night_of_every_kind_leaves_nobody_in_the_logs(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clear child, one nobody finds, one withheld, a provider that fails, and a wrong sign-in."""
    logs.configure("DEBUG")
    channel = world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    world.clock.move_to(at("2026-11-20", "01:10"))
    voice = {"spoken_with": "officer_alone", "words": "I hid under the bed"}
    world.push("N-1", child(voice=voice))
    world.push("N-2", child(forename="Bela", education={"school_name": "Nowhere Academy"}))
    world.push("N-3", child(forename="Bela"))
    world.push("N-3", child(forename="Bela"), version=2, restricted_access=True)
    adult = {"forename": "Quillbeth", "surname": "Secret-Surname", "phone": "07700 900333"}
    named = child(connected_at_school=["Quillbeth Secret-Surname"])
    world.push("N-4", named, involved_adults=[adult])
    channel.fail_next(
        ChannelError(ErrorKind.PERMANENT, "550"), ChannelError(ErrorKind.TEMPORARY, "450"),
        ChannelError(ErrorKind.CONNECTION, "refused"),
    )  # fmt: skip
    world.may_fail = {name for name, _ in PIPELINE}
    world.until(time(9, 30))
    Runner(world.wiring, [("match_children", leaks)], owner="journey").run_pipeline()
    browser = Browser(world.wiring)
    typed = {"email": "first@primary.test", "password": "Asha Example-Khan", "code": "123456"}
    browser.press("/sign-in?name=Asha", typed, page="/sign-in?email=first@primary.test")
    browser.get("/notifications/Asha/ZZ99")
    said = capsys.readouterr()
    said_and_counted = said.err + said.out + generate_latest().decode()
    lines = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
    assert [line["error"] for line in lines if line["level"] == "error"] == ["RuntimeError"]
    assert all(set(line) <= logs.ALLOWED_FIELDS for line in lines)
    for canary in CANARIES:
        assert canary.casefold() not in said_and_counted.casefold()
