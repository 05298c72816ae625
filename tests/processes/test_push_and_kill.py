"""A thousand incidents from two clients, everything sent twice, also through a kill -9."""

import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.access.clients import add_client
from app.access.models import Force
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.intake.models import Incident, InvolvedChild
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.reports.balance import balance
from app.wiring import Wiring, build
from tests.processes.server import Server

INCIDENTS = 1000
CLIENTS = 2


def incident(number: int) -> dict[str, Any]:
    return {
        "reference": f"KILL-{number:05}",
        "version": 1,
        "occurred_from": "2026-11-19T22:40:00+00:00",
        "children": [
            {
                "ref": "c1",
                "forename": "Asha",
                "surname": f"Example-{number}",
                "date_of_birth": "2016-03-02",
                "education": {"school_name": "Exampleton Primary School", "town": "Exampleton"},
            }
        ],
    }


@pytest.fixture
def force_client(settings: Settings) -> tuple[Wiring, str, str]:
    """The wiring beside the server (same database, same keys) and one police client."""
    wired = build(settings)
    now = wired.clock.now()
    with wired.database.write(PLATFORM) as session:
        session.add(Force(code="99", name="Exampleshire Police", added_at=now))
        session.flush()
        client, secret = add_client(session, force="99", name="Control room", now=now)
    return wired, str(client.id), secret


class Pusher:
    """One control room: sends each incident twice and again until it is answered for certain."""

    def __init__(self, server: Server, client_id: str, secret: str) -> None:
        self.server = server
        self.credentials = {
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret,
        }  # fmt: skip
        self.statuses: list[int] = []
        self.lost = 0

    def push(self, numbers: range) -> None:
        with httpx.Client(base_url=self.server.url, timeout=20) as http:
            headers = self.sign_in(http)
            for number in numbers:
                for _ in range(2):
                    self.statuses.append(self.send(http, headers, number))

    def send(self, http: httpx.Client, headers: dict[str, str], number: int) -> int:
        while True:
            try:
                answer = http.post("/api/v1/incidents", json=incident(number), headers=headers)
            except httpx.TransportError:
                self.lost += 1
                self.wait_for_server()
                continue
            return answer.status_code

    def sign_in(self, http: httpx.Client) -> dict[str, str]:
        token = http.post("/api/v1/token", data=self.credentials).raise_for_status().json()
        return {"Authorization": f"Bearer {token['access_token']}"}

    def wait_for_server(self) -> None:
        transport = httpx.HTTPTransport(retries=10)
        with httpx.Client(transport=transport) as patient:
            try:
                patient.get(f"{self.server.url}/health/live")
            except httpx.TransportError:
                return


def push_all(pushers: list[Pusher]) -> list[threading.Thread]:
    share = INCIDENTS // len(pushers)
    threads = [
        threading.Thread(target=pusher.push, args=(range(place * share, (place + 1) * share),))
        for place, pusher in enumerate(pushers)
    ]
    for thread in threads:
        thread.start()
    return threads


def stored(wired: Wiring) -> tuple[int, int]:
    with wired.database.read(PLATFORM) as session:
        incidents = session.scalar(select(func.count()).select_from(Incident)) or 0
        children = session.scalar(select(func.count()).select_from(InvolvedChild)) or 0
    return incidents, children


def imbalances(wired: Wiring) -> list[Any]:
    runner = Runner(wired, PIPELINE, owner="after")
    while runner.run_step("match_children").done:
        pass
    while runner.run_step("compose_notifications").done:
        pass
    with wired.database.read(PLATFORM) as session:
        return list(balance(session, now=wired.clock.now()))


@pytest.mark.feature("IN2")
@pytest.mark.feature("IN3")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kill", [False, True], ids=["undisturbed", "killed in the middle"])
def test_everything_sent_twice_is_stored_once(
    settings: Settings, force_client: tuple[Wiring, str, str], kill: bool
) -> None:
    wired, client_id, secret = force_client
    with Server(settings.database_url, settings.data_dir) as server:
        pushers = [Pusher(server, client_id, secret) for _ in range(CLIENTS)]
        threads = push_all(pushers)
        if kill:
            while stored(wired)[0] < INCIDENTS // 3:
                threads[0].join(0.05)
            server.end(signal.SIGKILL)
            server.start()
        for thread in threads:
            thread.join()
        statuses = [status for pusher in pushers for status in pusher.statuses]
        assert len(statuses) == 2 * INCIDENTS
        assert set(statuses) == {200, 201}
        assert stored(wired) == (INCIDENTS, INCIDENTS)
        if kill:
            assert sum(pusher.lost for pusher in pushers) > 0
        else:
            assert statuses.count(201) == INCIDENTS
        assert server.end(signal.SIGTERM) == 0, server.log
    assert imbalances(wired) == []
    wired.database.engine.dispose()


def test_what_is_in_hand_when_the_server_is_asked_to_stop_is_still_answered(
    settings: Settings, force_client: tuple[Wiring, str, str], tmp_path: Path
) -> None:
    wired, client_id, secret = force_client
    with Server(settings.database_url, settings.data_dir) as server:
        pusher = Pusher(server, client_id, secret)
        answered: list[int] = []

        def push_until_refused() -> None:
            with httpx.Client(base_url=server.url, timeout=20) as http:
                headers = pusher.sign_in(http)
                for number in range(INCIDENTS):
                    try:
                        answer = http.post(
                            "/api/v1/incidents", json=incident(number), headers=headers
                        )
                    except httpx.TransportError:
                        return
                    if answer.status_code == 201:
                        answered.append(number)

        thread = threading.Thread(target=push_until_refused)
        thread.start()
        while len(answered) < 20:
            thread.join(0.02)
        assert server.end(signal.SIGTERM) == 0, server.log
        thread.join()
    # Every 201 is stored; at most the one in hand was stored without its answer being read.
    assert 0 <= stored(wired)[0] - len(answered) <= 1
    wired.database.engine.dispose()
