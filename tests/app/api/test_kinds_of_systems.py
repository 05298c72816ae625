"""Test and live systems, where they may call from, and how often: what is turned away rings."""

from datetime import timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import NullPool, create_engine, event, func, select, text
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.access.clients import Change, ClientScope, change_client, known_client
from app.access.models import ClientUse, Door
from app.access.permissions import Role
from app.cli.serve import server_options
from app.core.clock import HandClock, london_date
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild, NightClose, TrialIncident
from app.jobs import PIPELINE
from app.jobs.purge_expired import purge_expired
from app.jobs.runner import Runner
from app.reports.feed import feed_of, refused_pushes
from app.reports.night_feed import Feed
from app.wiring import Wiring
from tests.factories.incidents import FORCE, PoliceSystem, add_tester, child, incident
from tests.factories.people import add_person, signed_in
from tests.postgres import POSTGRES_ONLY

INCIDENTS = "/api/v1/incidents"
BATCH = f"{INCIDENTS}/batch"
TRIAL: dict[str, Any] = {"test": True}


@pytest.fixture
def tester(wiring: Wiring, police: PoliceSystem) -> PoliceSystem:
    """The test system of the force of `police`."""
    return add_tester(wiring, police.http)


def change(wiring: Wiring, police: PoliceSystem, wanted: Change) -> None:
    with wiring.database.write(PLATFORM) as session:
        client = known_client(session, UUID(police.client_id))
        change_client(session, client, wanted, actor="job:test", now=wiring.clock.now())


def rows(wiring: Wiring, table: type) -> int:
    with wiring.database.read(PLATFORM) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def refused(wiring: Wiring) -> int:
    with wiring.database.read(PLATFORM) as session:
        found = refused_pushes(session, FORCE, now=wiring.clock.now())
    return found.count if found else 0


def board(wiring: Wiring) -> str:
    return signed_in(
        wiring,
        add_person(wiring, "desk@example.org", Role.FORCE_DESK, name="Sam Ward", force=FORCE),
    ).get("/morning").text  # fmt: skip


@pytest.mark.feature("SE4")
def test_what_a_test_system_pushes_is_answered_and_reaches_nobody(
    http: TestClient, tester: PoliceSystem, wiring: Wiring
) -> None:
    """The whole way of a vendor: push, again, correct, read, list, take back, close."""
    headers = tester.headers()
    body = incident(**TRIAL, children=[child(), child("c2", is_it="x")])
    assert http.post(INCIDENTS, json=body, headers=headers).status_code == 422
    body["children"] = [child(), child("c2", upn="wrong")]
    first = http.post(INCIDENTS, json=body, headers=headers)
    assert (first.status_code, first.json()["test"]) == (201, True)
    assert first.json()["children"][1]["warnings"]
    assert http.post(INCIDENTS, json=body, headers=headers).status_code == 200
    other = http.post(INCIDENTS, json=incident(**TRIAL), headers=headers)
    assert other.status_code == 409
    second = http.post(INCIDENTS, json=incident(version=2, **TRIAL), headers=headers)
    assert second.status_code == 201
    many = [incident(f"T-{number}", **TRIAL) for number in range(3)]
    assert http.post(BATCH, json=many, headers=headers).json()["accepted"] == 3
    read = http.get(f"{INCIDENTS}/99-2026-0000001", headers=headers).json()
    assert (read["version"], read["test"], read["children"][0]["told"]) == (2, True, "not_told")
    page = http.get(f"{INCIDENTS}?limit=2", headers=headers).json()
    following = http.get(f"{INCIDENTS}?limit=9&cursor={page['next']}", headers=headers).json()
    assert (len(page["items"]), len(following["items"]), following["next"]) == (2, 3, None)
    why = {"reason_code": "recorded_in_error"}
    for _ in range(2):
        taken = http.post(f"{INCIDENTS}/T-1/withdrawal", json=why, headers=headers).json()
        assert (taken["children"], taken["recalled"]) == (1, 0)
    assert http.get(f"{INCIDENTS}/T-1", headers=headers).json()["state"] == "withdrawn"
    assert http.get(f"{INCIDENTS}/T-9", headers=headers).status_code == 404
    Runner(wiring, PIPELINE, owner="test").run_pipeline()
    assert (rows(wiring, Incident), rows(wiring, InvolvedChild)) == (0, 0)
    assert rows(wiring, TrialIncident) == 5
    assert "A test system pushed 5 incidents" in (page_of := board(wiring))
    assert "All children told" in page_of


@pytest.mark.feature("SE4")
def test_a_test_system_does_not_see_what_is_real_nor_close_the_night(
    http: TestClient, police: PoliceSystem, tester: PoliceSystem, wiring: Wiring, clock: HandClock
) -> None:
    live, trial = police.headers(), tester.headers()
    assert http.post(INCIDENTS, json=incident(), headers=live).status_code == 201
    assert http.get(f"{INCIDENTS}/99-2026-0000001", headers=trial).status_code == 404
    assert http.get(INCIDENTS, headers=trial).json()["items"] == []
    assert http.post(INCIDENTS, json=incident(**TRIAL), headers=trial).status_code == 201
    assert len(http.get(INCIDENTS, headers=live).json()["items"]) == 1
    today = london_date(clock.now())
    totals = {"incidents": 1, "incidents_with_children": 1, "children": 1}
    closed = http.post(f"/api/v1/nights/{today}/close", json=totals, headers=trial).json()
    assert (closed["equal"], closed["test"]) == (True, True)
    assert rows(wiring, NightClose) == 0
    closed = http.post(f"/api/v1/nights/{today}/close", json=totals, headers=live).json()
    assert (closed["equal"], closed["test"]) == (True, False)


@pytest.mark.feature("SE4")
def test_neither_kind_is_taken_for_the_other_and_the_desk_hears_of_it(
    http: TestClient, police: PoliceSystem, tester: PoliceSystem, wiring: Wiring
) -> None:
    """A night under the wrong credentials must not vanish into the trials."""
    real = http.post(INCIDENTS, json=incident(), headers=tester.headers())
    assert (real.status_code, real.json()["errors"][0]["code"]) == (422, "test_missing")
    marked = http.post(INCIDENTS, json=incident(**TRIAL), headers=police.headers())
    assert (marked.status_code, marked.json()["errors"][0]["code"]) == (422, "test_refused")
    mixed = http.post(BATCH, json=[incident(), incident("T-2", **TRIAL)], headers=police.headers())
    assert [row["status"] for row in mixed.json()["rows"]] == [201, 422]
    assert refused(wiring) == 3
    page = board(wiring)
    assert "3 pushes of incidents were turned away" in page
    assert "control room, vendor&#39;s test" in page
    assert "All children told" not in page


@pytest.mark.feature("SE4")
def test_a_force_with_a_test_system_alone_is_not_waited_for(
    tester: PoliceSystem, police: PoliceSystem, wiring: Wiring, clock: HandClock
) -> None:
    with wiring.database.write(PLATFORM) as session:
        known_client(session, UUID(police.client_id)).revoked_at = clock.now()
    clock.advance(timedelta(days=2))
    with wiring.database.read(PLATFORM) as session:
        night = feed_of(session, FORCE, on=london_date(clock.now()), now=clock.now())
    assert night.state is Feed.WAITING


@pytest.mark.feature("SE5")
@pytest.mark.feature("SE4")
def test_a_limit_says_when_there_is_room_again_and_is_rung_until_totals_agree(
    http: TestClient, police: PoliceSystem, wiring: Wiring, clock: HandClock
) -> None:
    headers = police.headers()
    change(wiring, police, Change(limits={Door.PUSH: 2, Door.BATCH: 1, Door.READ: 1}))
    answers = [
        http.post(INCIDENTS, json=incident(f"L-{number}"), headers=headers) for number in range(3)
    ]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    # A batch has a limit of its own, and is refused as a whole or not at all.
    many = [incident(f"B-{number}") for number in range(50)]
    assert http.post(BATCH, json=many, headers=headers).json()["accepted"] == 50
    assert http.post(BATCH, json=[incident("B-99")], headers=headers).status_code == 429
    assert [http.get(INCIDENTS, headers=headers).status_code for _ in range(2)] == [200, 429]
    # Taking back never waits.
    why = {"reason_code": "recorded_in_error"}
    withdrawn = http.post(f"{INCIDENTS}/L-0/withdrawal", json=why, headers=headers)
    assert withdrawn.status_code == 200
    assert refused(wiring) == 2
    clock.advance(timedelta(seconds=int(answers[-1].headers["retry-after"])))
    headers = police.headers()
    assert http.post(INCIDENTS, json=incident("L-2"), headers=headers).status_code == 201
    assert refused(wiring) == 2
    totals = {"incidents": 53, "incidents_with_children": 53, "children": 53}
    clock.advance(timedelta(minutes=1))
    today = london_date(clock.now())
    closed = http.post(f"/api/v1/nights/{today}/close", json=totals, headers=police.headers())
    assert closed.json()["arrived"]["incidents"] in {52, 53}
    totals = closed.json()["arrived"]
    http.post(f"/api/v1/nights/{today}/close", json=totals, headers=police.headers())
    assert refused(wiring) == 0


@pytest.mark.feature("SE4")
def test_a_limit_that_cannot_be_looked_up_holds_nobody_back(
    http: TestClient, police: PoliceSystem, wiring: Wiring
) -> None:
    headers = police.headers()
    with wiring.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE client_use RENAME TO elsewhere"))
    assert http.post(INCIDENTS, json=incident(), headers=headers).status_code == 201
    assert http.post(BATCH, json=[incident("B-1")], headers=headers).json()["accepted"] == 1
    assert http.get(INCIDENTS, headers=headers).status_code == 200


@POSTGRES_ONLY
@pytest.mark.feature("SE4")
@pytest.mark.parametrize("statement", ["SELECT client_use", "INSERT INTO client_use"])
def test_a_database_that_goes_away_while_calls_are_counted_is_asked_once_more_and_then_not_known(
    http: TestClient, police: PoliceSystem, wiring: Wiring, statement: str
) -> None:
    """F07: the limit holds nobody back, but what has no connection any more is not stored."""
    headers, left = police.headers(), 0
    other = create_engine(wiring.database.engine.url, poolclass=NullPool)

    @event.listens_for(wiring.database.engine, "before_cursor_execute")
    def go_away(_: object, cursor: Any, asked: str, *rest: object) -> None:
        nonlocal left
        if asked.startswith(statement) and left:
            left -= 1
            pid = cursor.connection.info.backend_pid
            with other.connect() as killer:
                killer.execute(select(func.pg_terminate_backend(pid, 5000)))

    for times, answer in [(1, 201), (2, 503), (0, 201)]:
        left = times
        body = incident(f"A-{times}")
        assert http.post(INCIDENTS, json=body, headers=headers).status_code == answer
        assert left == 0
    assert rows(wiring, Incident) == 2


@pytest.mark.feature("SE4")
def test_a_system_calls_from_its_own_networks_alone(
    wiring: Wiring, http: TestClient, police: PoliceSystem
) -> None:
    headers = police.headers()
    change(wiring, police, Change(networks=["192.0.2.0/24", "2001:db8::/32"]))
    form = {
        "grant_type": "client_credentials", "client_id": police.client_id,
        "client_secret": police.secret,
    }  # fmt: skip
    application = http.app
    cases = {
        "192.0.2.7": True, "::ffff:192.0.2.7": True, "2001:db8::1": True,
        "198.51.100.7": False, "unix": False,
    }  # fmt: skip
    for number, (address, fits) in enumerate(cases.items()):
        caller = TestClient(application, client=(address, 5000))
        # What a stranger writes into the header changes nothing: only the proxy is believed.
        spoofed = {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
        got = caller.post("/api/v1/token", data=form, headers=spoofed)
        pushed = caller.post(INCIDENTS, json=incident(f"A-{number}"), headers=headers | spoofed)
        read = caller.get(INCIDENTS, headers=headers | spoofed)
        many = caller.post(BATCH, json=[incident("A-b")], headers=headers | spoofed)
        statuses = (got.status_code, pushed.status_code, read.status_code)
        assert statuses == ((200, 201, 200) if fits else (400, 403, 403)), address
        assert (many.json()["rejected"] == 0) is fits
        if not fits:
            assert got.json()["error"] == "unauthorized_client"
    assert refused(wiring) == 6


@pytest.mark.feature("SE4")
def test_only_the_configured_proxy_says_where_a_call_came_from(
    wiring: Wiring, http: TestClient, police: PoliceSystem
) -> None:
    """Behind the very layer and setting that `encompass serve` gives its server."""
    headers = police.headers()
    change(wiring, police, Change(networks=["192.0.2.0/24"]))
    trusted = server_options(wiring.settings, "127.0.0.1", 8000)["forwarded_allow_ips"]
    served: Any = http.app
    behind: Any = ProxyHeadersMiddleware(served, trusted_hosts=trusted)
    for connected, forwarded, status in [
        ("127.0.0.1", "192.0.2.7", 200),
        ("127.0.0.1", "192.0.2.7, 198.51.100.7", 403),  # the caller wrote the first one
        ("198.51.100.7", "192.0.2.7", 403),  # not our proxy
        ("127.0.0.1", "198.51.100.7", 403),
    ]:
        caller = TestClient(behind, client=(connected, 5000))
        sent = {**headers, "X-Forwarded-For": forwarded}
        assert caller.get(INCIDENTS, headers=sent).status_code == status, (connected, forwarded)


def test_the_framework_is_newer_than_its_known_holes() -> None:
    """CVE-2026-54282 (addresses built from hostile paths) and CVE-2026-54283 (limits of forms)."""
    assert tuple(int(part) for part in version("starlette").split(".")[:3]) >= (1, 3, 1)


@pytest.mark.feature("SE4")
def test_a_scope_that_is_taken_away_is_gone_at_the_next_request(
    wiring: Wiring, http: TestClient, police: PoliceSystem
) -> None:
    headers = police.headers()
    change(wiring, police, Change(scopes=frozenset({ClientScope.READ})))
    assert http.post(INCIDENTS, json=incident(), headers=headers).status_code == 403
    assert http.get(INCIDENTS, headers=headers).status_code == 200
    assert police.headers("incidents:read")
    change(wiring, police, Change(scopes=frozenset({ClientScope.WRITE})))
    assert http.get(INCIDENTS, headers=headers).status_code == 403


def test_counts_and_trials_are_forgotten_in_their_time(
    http: TestClient, tester: PoliceSystem, wiring: Wiring, clock: HandClock
) -> None:
    http.post(INCIDENTS, json=incident(**TRIAL), headers=tester.headers())
    runner = Runner(wiring, [("purge_expired", purge_expired)], owner="test")
    for days, uses, trials in [(6, 1, 1), (2, 0, 1), (23, 0, 0)]:
        clock.advance(timedelta(days=days))
        runner.run_pipeline()
        assert (rows(wiring, ClientUse), rows(wiring, TrialIncident)) == (uses, trials)
