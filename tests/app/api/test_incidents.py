from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.core import keys
from app.core.audit import Event
from app.core.clock import HandClock
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.details import ChildDetails, IncidentDetails
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.intake.suspects import SuspectLink
from app.wiring import Wiring
from schools.connected_models import ConnectedDigest, DigestKind
from tests.factories.incidents import PoliceSystem, child, incident

URL = "/api/v1/incidents"


def stored(wiring: Wiring) -> Sequence[Incident]:
    with wiring.database.read(PLATFORM) as session:
        return session.scalars(select(Incident).order_by(Incident.version)).all()


def stored_children(wiring: Wiring) -> Sequence[InvolvedChild]:
    with wiring.database.read(PLATFORM) as session:
        return session.scalars(select(InvolvedChild).order_by(InvolvedChild.position)).all()


def events(wiring: Wiring) -> list[AuditEntry]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


@pytest.mark.feature("IN1")
@pytest.mark.feature("IN3")
def test_the_smallest_body_is_stored_and_answered_with_its_receipt(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    response = http.post(URL, json=incident(), headers=auth)

    assert response.status_code == 201
    body = response.json()
    (row,) = stored(wiring)
    assert body == {
        "id": str(row.id),
        "reference": "99-2026-0000001",
        "version": 1,
        "received_at": "2026-11-20T01:00:00Z",
        "children": [
            {
                "ref": "c1",
                "outcome": "received",
                "warnings": ["postcode_unknown", "relation_missing", "voice_missing"],
            }
        ],
    }
    assert row.state is IncidentState.NEWEST
    assert response.headers["location"] == f"{URL}/99-2026-0000001"


@pytest.mark.feature("IN2")
def test_the_same_body_again_gets_the_same_answer_and_stores_nothing(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    first = http.post(URL, json=incident(), headers=auth)
    trail = len(events(wiring))
    again = http.post(URL, json=incident(), headers=auth)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(stored(wiring)) == len(stored_children(wiring)) == 1
    assert len(events(wiring)) == trail


@pytest.mark.feature("IN2")
def test_spaces_defaults_and_key_order_do_not_make_another_body(
    http: TestClient, auth: dict[str, str]
) -> None:
    http.post(URL, json=incident(), headers=auth)
    same = dict(reversed(incident(attended=True, crime=None).items()))
    same["children"] = [child(forename=" Asha ", known_as=[])]
    same["occurred_from"] = "2026-11-19T23:40:00+01:00"
    assert http.post(URL, json=same, headers=auth).status_code == 200


@pytest.mark.feature("IN2")
def test_another_body_under_the_same_version_is_refused(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    http.post(URL, json=incident(), headers=auth)
    other = incident(children=[child(forename="Canary")])
    response = http.post(URL, json=other, headers=auth)

    assert response.status_code == 409
    assert response.json()["type"] == "/problems/conflict"
    assert "Canary" not in response.text
    assert len(stored(wiring)) == 1


@pytest.mark.feature("IN2")
def test_fifty_identical_posts_at_once_store_one_incident(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: http.post(URL, json=incident(), headers=auth), range(50)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 49 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(stored(wiring)) == len(stored_children(wiring)) == 1
    received = [e for e in events(wiring) if e.event == Event.INCIDENT_RECEIVED]
    assert len(received) == 1


def test_a_newer_version_supersedes_the_older_and_its_children(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    http.post(URL, json=incident(), headers=auth)
    second = http.post(
        URL, json=incident(version=2, children=[child(), child("c2", forename="Bo")]), headers=auth
    )
    assert second.status_code == 201
    old, new = stored(wiring)
    assert (old.state, new.state) == (IncidentState.SUPERSEDED, IncidentState.NEWEST)
    outcomes = {(c.incident_id, c.ref): c.outcome for c in stored_children(wiring)}
    assert outcomes == {
        (old.id, "c1"): Outcome.SUPERSEDED,
        (new.id, "c1"): Outcome.RECEIVED,
        (new.id, "c2"): Outcome.RECEIVED,
    }
    assert Event.INCIDENT_SUPERSEDED in {entry.event for entry in events(wiring)}


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2), (1, 3, 2)])
def test_whatever_order_versions_arrive_in_the_highest_is_acted_on(
    http: TestClient, auth: dict[str, str], wiring: Wiring, order: tuple[int, ...]
) -> None:
    highest = 0
    for version in order:
        response = http.post(URL, json=incident(version=version), headers=auth)
        highest = max(highest, version)
        assert response.status_code == 201
        assert response.json().get("superseded_by") == (highest if version < highest else None)
    states = {row.version: row.state for row in stored(wiring)}
    assert [version for version, state in states.items() if state is IncidentState.NEWEST] == [3]
    waiting = [c for c in stored_children(wiring) if c.outcome is Outcome.RECEIVED]
    assert len(waiting) == 1


@pytest.mark.feature("IN5")
def test_sealed_columns_hold_no_name_in_clear_and_open_only_in_their_row(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    body = incident(
        involved_adults=[
            {"forename": "Morgan", "surname": "Canary", "phone": "07700 900123"},
        ],
        suspects=[{"key": "opaque-canary", "child_refs": ["c1"]}],
    )
    http.post(URL, json=body, headers=auth)
    with wiring.database.read(PLATFORM) as session:
        row = session.scalars(select(Incident)).one()
        one = session.scalars(select(InvolvedChild)).one()
        key = keys.open_key(session, wiring.cipher, row.content_key_id)
    for sealed in (row.sealed, one.sealed):
        for clear in (b"Asha", b"Example-Khan", b"2016-03-02", b"Canary", b"900123", b"opaque"):
            assert clear not in sealed
    kept = wiring.cipher.open(
        IncidentDetails, row.sealed, table="incident", row=row.id, force="99", key=key
    )
    opened = wiring.cipher.open(
        ChildDetails, one.sealed, table="involved_child", row=one.id, force="99", key=key
    )
    assert opened.forename == "Asha"
    assert opened.education.school_name == "St Marys Primary"
    # Adults are rows of digests, and suspects not even that: the policy has not asked for them.
    assert "Canary" not in repr(kept)
    assert "900123" not in repr(kept)
    assert (kept.adults, kept.suspects) == ((), ())
    with wiring.database.read(PLATFORM) as session:
        kinds = {row.kind for row in session.scalars(select(ConnectedDigest))}
        assert session.scalars(select(SuspectLink)).all() == []
    assert kinds == {DigestKind.NAME, DigestKind.PHONE}


@pytest.mark.feature("IN11")
def test_an_excluded_child_has_its_reason_and_a_row_in_the_trail(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    children = [
        child("suspect", relation="is_suspect", date_of_birth="2011-05-05"),
        child("brother", forename="Bo", relation="child_of_victim"),
        child("baby", education={"status": "unborn"}, date_of_birth=None),
    ]
    response = http.post(URL, json=incident(children=children), headers=auth)
    assert [one["outcome"] for one in response.json()["children"]] == [
        "not_notified",
        "received",
        "not_notified",
    ]
    reasons = {c.ref: c.outcome_reason for c in stored_children(wiring)}
    assert reasons == {"suspect": "is_suspect", "brother": None, "baby": "unborn"}
    trail = [e.reason_code for e in events(wiring) if e.event == Event.CHILD_NOT_NOTIFIED]
    assert trail == ["is_suspect", "unborn"]


@pytest.mark.feature("IN6")
def test_children_seen_but_not_listed_are_on_the_list_of_the_desk(
    http: TestClient, auth: dict[str, str], wiring: Wiring
) -> None:
    response = http.post(URL, json=incident(children_seen=3), headers=auth)
    awaited = response.json()["children"][1:]
    assert awaited == [
        {
            "ref": f"unnamed-{number}",
            "outcome": "details_awaited",
            "warnings": ["children_fewer_than_seen"],
        }
        for number in (1, 2)
    ]
    rows = stored_children(wiring)
    assert [row.outcome_reason for row in rows[1:]] == ["child_unnamed"] * 2


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({"children": []}, 1),
        ({"children": [], "children_seen": 0}, 0),
        ({"children": [], "children_seen": 2}, 2),
        ({"children_complete": False}, 2),
        ({"children_seen": 1}, 1),
    ],
)
def test_nobody_listed_is_somebody_missing_unless_none_was_counted(
    http: TestClient, auth: dict[str, str], changes: dict[str, Any], rows: int
) -> None:
    response = http.post(URL, json=incident(**changes), headers=auth)
    assert response.status_code == 201
    assert len(response.json()["children"]) == rows


def test_every_stored_incident_is_in_the_trail_with_its_request(
    http: TestClient, auth: dict[str, str], wiring: Wiring, police: PoliceSystem
) -> None:
    response = http.post(URL, json=incident(), headers=auth)
    (entry,) = [e for e in events(wiring) if e.event == Event.INCIDENT_RECEIVED]
    assert entry.actor == f"client:{police.client_id}"
    assert entry.subject == f"incident:{response.json()['id']}"
    assert entry.request_id == response.headers["x-request-id"]
    assert "Asha" not in str(entry.detail)
    with wiring.database.read(PLATFORM) as session:
        assert wiring.chain.verify(session, "99") is None


def test_a_held_child_ends_its_hold_by_itself(
    http: TestClient, auth: dict[str, str], wiring: Wiring, clock: HandClock
) -> None:
    until = clock.now() + timedelta(hours=20)
    hold = {"reason_code": "life_at_risk", "account": "DI 1", "until": until.isoformat()}
    response = http.post(URL, json=incident(hold=hold), headers=auth)
    assert response.json()["children"][0]["outcome"] == "held"
    (row,) = stored_children(wiring)
    assert (row.outcome_reason, row.due_at) == ("force_hold", until)


def test_a_hold_longer_than_a_day_is_refused(
    http: TestClient, auth: dict[str, str], clock: HandClock
) -> None:
    until = clock.now() + timedelta(hours=25)
    hold = {"reason_code": "life_at_risk", "account": "DI 1", "until": until.isoformat()}
    response = http.post(URL, json=incident(hold=hold), headers=auth)
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == "hold.until"


def test_an_incident_of_tomorrow_is_refused(
    http: TestClient, auth: dict[str, str], clock: HandClock
) -> None:
    later = (clock.now() + timedelta(hours=1)).isoformat()
    response = http.post(URL, json=incident(occurred_from=later), headers=auth)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"loc": "occurred_from", "code": "in_future", "message": "This time is still to come"}
    ]


def test_two_forces_may_use_the_same_reference(
    http: TestClient, auth: dict[str, str], stranger: PoliceSystem, wiring: Wiring
) -> None:
    assert http.post(URL, json=incident(), headers=auth).status_code == 201
    assert http.post(URL, json=incident(), headers=stranger.headers()).status_code == 201
    with wiring.database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 2
