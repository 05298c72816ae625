"""What the logs hold of a night with everything in it: codes, counts and identifiers, nobody."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from httpx2 import Response
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from pydantic import SecretStr

from app.access.clients import ALL_SCOPES, add_client
from app.access.permissions import Role
from app.api import metrics
from app.core import logs
from app.core.audit import Chain
from app.core.cipher import Cipher
from app.core.database import Database, WorkSession
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner, StepReport, Tick
from app.main import create_app
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.recording import RecordingChannel
from tests.factories.incidents import PoliceSystem, incident
from tests.factories.people import PASSWORD, Browser, add_person, signed_in
from tests.journeys.world import FORCE, World, at, child

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
    # Of what left the house: the address it went to, and nothing else of anybody.
    sent = b"".join(one.raw for one in channel.sent).decode()
    assert sent
    for canary in set(CANARIES) - {"primary.test", "example.org"}:
        assert canary.casefold() not in sent.casefold()
    said = capsys.readouterr()
    said_and_counted = said.err + said.out + _named(REGISTRY)
    lines = [json.loads(line) for line in said.err.splitlines() if line.startswith("{")]
    assert [line["error"] for line in lines if line["level"] == "error"] == ["RuntimeError"]
    assert all(set(line) <= logs.ALLOWED_FIELDS for line in lines)
    for canary in CANARIES:
        assert canary.casefold() not in said_and_counted.casefold()


METRICS = "only-who-measures-has-this"
# Whatever the service leans on, and what then breaks in it.
LEANED_ON = (
    (Database, "read"), (Database, "write"), (Database, "retrying"), (Cipher, "seal"),
    (Cipher, "open"), (Cipher, "digest"), (Chain, "_linked"), (WorkSession, "execute"),
    (WorkSession, "flush"), (WorkSession, "commit"),
)  # fmt: skip


@pytest.mark.feature("SE8")
@pytest.mark.usefixtures("log_as_before")
def test_whatever_breaks_says_nothing_of_what_it_held(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets, tokens, passwords, keys and names at every door, while what it leans on raises."""
    logs.configure("DEBUG")
    wiring = world.wiring
    desk = add_person(wiring, "desk@force.test", Role.FORCE_DESK, name="Quillbeth", force=FORCE)
    browser = signed_in(wiring, desk)
    form_token, cookie = browser.form_token("/account"), next(iter(browser.http.cookies.values()))
    with wiring.database.write(PLATFORM) as session:
        client, secret = add_client(
            session, force=FORCE, name="Asha", now=world.now, scopes=ALL_SCOPES
        )
    serving = replace(
        wiring, settings=wiring.settings.model_copy(update={"metrics_token": SecretStr(METRICS)})
    )
    with TestClient(create_app(serving), raise_server_exceptions=False) as http:
        http.cookies = browser.http.cookies
        headers = PoliceSystem(http, FORCE, str(client.id), secret).headers()
        secrets = {
            secret, headers["Authorization"].removeprefix("Bearer "), cookie, form_token,
            desk.secret, PASSWORD, METRICS, wiring.cipher.token_key().hex(),
            wiring.cipher.audit_key().hex(),
        }  # fmt: skip
        words = f"Key (name)=(Asha Example-Khan) {' '.join(secrets)} already exists"

        def breaks(*_: Any, **__: Any) -> Any:
            raise RuntimeError(words)

        answers: list[Response] = []
        for owner, name in LEANED_ON:
            with monkeypatch.context() as broken:
                broken.setattr(owner, name, breaks)
                answers += _every_door(http, headers, form_token, str(client.id), secret)
    assert sum(answer.status_code >= 500 for answer in answers) > 30
    said = capsys.readouterr()
    everything = said.err + said.out + _named(metrics.REGISTRY)
    for answer in answers:
        if answer.status_code >= 400:
            everything += answer.text + str(answer.headers)
    assert "RuntimeError" in everything
    for canary in secrets | set(CANARIES):
        assert canary.casefold() not in everything.casefold(), canary


def _named(registry: CollectorRegistry) -> str:
    """Return the metrics without their figures: those of a time can hold any row of digits."""
    return "\n".join(
        line if line.startswith("#") else line.rpartition(" ")[0]
        for line in generate_latest(registry).decode().splitlines()
    )


def _every_door(
    http: TestClient, headers: dict[str, str], form_token: str, client_id: str, secret: str
) -> list[Response]:
    push = incident("N-9", children=[child()])
    asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    typed = {"email": "desk@force.test", "password": PASSWORD, "form_token": form_token}
    return [
        http.post("/api/v1/incidents", json=push, headers=headers),
        http.post("/api/v1/incidents/batch", json=[push], headers=headers),
        http.get("/api/v1/incidents/N-9", headers=headers),
        http.post("/api/v1/token", data=asked),
        http.get("/health/ready"),
        http.get("/health/deadline", headers={"Authorization": f"Bearer {METRICS}"}),
        http.get("/morning"),
        http.get("/account"),
        http.post("/sign-in", data=typed),
    ]
