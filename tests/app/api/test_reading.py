from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.clock import HandClock
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Policy, Receipts
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications import receipts
from notifications.follow_up import record_follow_up
from notifications.models import Notification
from notifications.states import FollowUpCode
from schools.matching.models import Match
from schools.roll import import_roll
from tests.factories.incidents import PoliceSystem, child, incident
from tests.factories.schools import ST_MARYS, add_school, roll_file

URL = "/api/v1/incidents"


def test_a_force_reads_what_became_of_its_incident(http: TestClient, auth: dict[str, str]) -> None:
    children = [child(), child("c2", relation="is_suspect")]
    http.post(URL, json=incident(children=children), headers=auth)
    response = http.get(f"{URL}/99-2026-0000001", headers=auth)

    assert response.status_code == 200
    body = response.json()
    assert (body["reference"], body["version"], body["state"]) == ("99-2026-0000001", 1, "newest")
    waiting, excluded = body["children"]
    assert (waiting["outcome"], waiting["told"], waiting["band"]) == ("received", "not_told", None)
    assert (waiting["establishments"], waiting["school_found"]) == ([], False)
    assert (excluded["outcome_reason"], excluded["told"]) == ("is_suspect", "not_needed")
    for clear in ("Asha", "Example-Khan", "2016-03-02", "St Marys"):
        assert clear not in response.text


def test_another_forces_incident_looks_like_one_that_does_not_exist(
    http: TestClient, auth: dict[str, str], stranger: PoliceSystem
) -> None:
    http.post(URL, json=incident(), headers=auth)
    theirs = http.get(f"{URL}/99-2026-0000001", headers=stranger.headers())
    nobody = http.get(f"{URL}/99-2026-9999999", headers=stranger.headers())
    assert theirs.status_code == nobody.status_code == 404
    different = {"request_id"}
    assert {k: v for k, v in theirs.json().items() if k not in different} == {
        k: v for k, v in nobody.json().items() if k not in different
    }


def test_the_list_pages_by_cursor_in_the_order_of_arrival(
    http: TestClient, auth: dict[str, str], clock: HandClock
) -> None:
    for number in range(5):
        http.post(URL, json=incident(f"99-{number}"), headers=auth)
        clock.advance(timedelta(seconds=number % 2))
    seen, cursor = [], None
    while True:
        parameters = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = http.get(URL, params=parameters, headers=auth).json()
        seen += [item["reference"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == [f"99-{number}" for number in range(5)]
    assert len(seen) == 5


def test_the_list_is_filtered_by_arrival_outcome_and_told(
    http: TestClient, auth: dict[str, str], clock: HandClock
) -> None:
    http.post(URL, json=incident("99-a"), headers=auth)
    clock.advance(timedelta(minutes=5))
    excluded = incident("99-b", children=[child(relation="is_suspect")])
    http.post(URL, json=excluded, headers=auth)

    def references(**parameters: str) -> list[str]:
        answer = http.get(URL, params=parameters, headers=auth)
        assert answer.status_code == 200
        return [item["reference"] for item in answer.json()["items"]]

    assert references() == ["99-a", "99-b"]
    assert references(since=clock.now().isoformat()) == ["99-b"]
    assert references(outcome="not_notified") == ["99-b"]
    assert references(told="not_told") == ["99-a"]
    assert references(told="told") == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "Canary"},
        {"cursor": "Canary"},
        {"cursor": "Q2FuYXJ5"},
        {"since": "Canary"},
        {"since": "2026-11-20T01:00:00"},
        {"outcome": "Canary"},
        {"told": "Canary"},
    ],
)
def test_a_wrong_parameter_is_named_and_not_repeated(
    http: TestClient, auth: dict[str, str], parameters: dict[str, str]
) -> None:
    response = http.get(URL, params=parameters, headers=auth)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["loc"] == f"query.{next(iter(parameters))}"
    assert "anary" not in response.text.replace("/problems", "")


def test_reading_and_listing_leave_rows_in_the_trail(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    http.post(URL, json=incident(), headers=auth)
    http.get(f"{URL}/99-2026-0000001", headers=auth)
    http.get(URL, headers=auth)
    with wiring.database.read(PLATFORM) as session:
        events = session.scalars(select(AuditEntry.event).order_by(AuditEntry.seq)).all()
    assert list(events[-2:]) == ["intake:incident:read", "intake:incidents:listed"]


def test_the_next_page_is_offered_only_where_there_is_one(
    http: TestClient, auth: dict[str, str]
) -> None:
    for number in range(2):
        http.post(URL, json=incident(f"99-{number}"), headers=auth)
    assert http.get(URL, params={"limit": 2}, headers=auth).json()["next"] is None
    assert http.get(URL, params={"limit": 1}, headers=auth).json()["next"] is not None


TOLD = {"school_name": "St Marys Catholic Primary School", "town": "Exampleton"}


@pytest.fixture
def night(wiring: Wiring) -> Runner:
    """One school in the register, and the pipeline that finds it."""
    with wiring.database.write(PLATFORM) as session:
        add_school(session)
    return Runner(wiring, PIPELINE, owner="test")


def work(runner: Runner) -> None:
    for step in ("match_children", "compose_notifications"):
        assert runner.run_step(step).failed == 0


@pytest.mark.parametrize(("on_roll", "source"), [(False, "told"), (True, "told_and_roll")])
def test_a_school_that_the_force_named_is_named_again_whether_or_not_a_roll_agrees(
    *,
    http: TestClient,
    auth: dict[str, str],
    night: Runner,
    wiring: Wiring,
    on_roll: bool,
    source: str,
) -> None:
    if on_roll:
        with wiring.database.write(PLATFORM) as session:
            import_roll(
                session, wiring.cipher, roll_file({"Surname": "Example-Khan"}),
                owner=f"urn:{ST_MARYS}", now=wiring.clock.now(),
            )  # fmt: skip
    http.post(URL, json=incident(children=[child(education=TOLD)]), headers=auth)
    work(night)
    with wiring.database.read(PLATFORM) as session:
        (match,) = session.scalars(select(Match)).all()
    assert [one["source"] for one in match.evidence] == [source]
    (one,) = http.get(f"{URL}/99-2026-0000001", headers=auth).json()["children"]
    assert one["school_found"] is True
    assert [school["urn"] for school in one["establishments"]] == [ST_MARYS]


def test_an_incident_that_joined_reads_as_told_once_the_message_was_opened(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring
) -> None:
    for reference in ("99-a", "99-b"):
        body = incident(reference, children=[child(education={"urn": ST_MARYS})])
        http.post(URL, json=body, headers=auth)
        work(night)

    def read(reference: str) -> tuple[str, int]:
        (one,) = http.get(f"{URL}/{reference}", headers=auth).json()["children"]
        assert [school["urn"] for school in one["establishments"]] == [ST_MARYS]
        return one["told"], len(one["notifications"])

    assert read("99-a") == read("99-b") == ("not_told", 1)
    with wiring.database.write(PLATFORM) as session:
        (joined,) = session.scalars(select(Notification)).all()
        receipts.opened(session, joined, actor="account:test", now=wiring.clock.now())
    assert read("99-a") == read("99-b") == ("told", 1)
    listed = http.get(URL, params={"told": "told"}, headers=auth).json()["items"]
    assert {item["reference"] for item in listed} == {"99-a", "99-b"}


@pytest.mark.feature("FU3")
def test_what_a_school_did_comes_back_as_codes_where_the_force_agreed_on_it(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring
) -> None:
    http.post(URL, json=incident(children=[child(education={"urn": ST_MARYS})]), headers=auth)
    work(night)
    with wiring.database.write(PLATFORM) as session:
        (sent,) = session.scalars(select(Notification)).all()
        act: dict[str, Any] = {"actor": "account:test", "now": wiring.clock.now()}
        receipts.opened(session, sent, **act)
        receipts.acknowledged(session, sent, **act)
        record_follow_up(session, sent, code=FollowUpCode.EARLY_HELP, **act)

    def read() -> list[str] | None:
        (one,) = http.get(f"{URL}/99-2026-0000001", headers=auth).json()["children"]
        codes: list[str] | None = one["notifications"][0]["follow_up"]
        return codes

    assert read() is None
    with wiring.database.write(PLATFORM) as session:
        body, now = Policy(receipts=Receipts(feedback_to_force=True)), wiring.clock.now()
        add_policy(session, "99", body=body, valid_from=now, approved_by="account:dpo", now=now)
    assert read() == ["early_help"]
