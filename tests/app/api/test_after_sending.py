"""What a force reads and changes once its incident has been matched and sent."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.access.accounts import add_account
from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.jobs import PIPELINE
from app.jobs.runner import Runner
from app.wiring import Wiring
from notifications.models import Notification
from notifications.states import NotificationState
from schools.matching.models import Review, ReviewReason
from schools.matching.review import Choice, settle
from schools.roll import import_roll
from tests.factories.incidents import child, incident
from tests.factories.schools import ST_MARYS, add_school, roll_file

URL = "/api/v1/incidents"
ELSEWHERE = 990003
READ = f"{URL}/99-2026-0000001"
TOLD = {"school_name": "St Marys Catholic Primary School", "town": "Exampleton"}


@pytest.fixture
def night(wiring: Wiring) -> Runner:
    """One school in the register, and the pipeline that finds it."""
    with wiring.database.write(PLATFORM) as session:
        add_school(session)
    return Runner(wiring, PIPELINE, owner="test")


def work(runner: Runner) -> None:
    for step in ("match_children", "compose_notifications"):
        report = runner.run_step(step)
        assert report.failed == 0


def notifications(wiring: Wiring) -> list[NotificationState]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(Notification.state).order_by(Notification.ready_at)))


def read(http: TestClient, auth: dict[str, str]) -> Any:
    return http.get(READ, headers=auth).json()["children"][0]


def test_a_sent_child_shows_its_receipt_ladder_and_the_school_the_force_gave(
    http: TestClient, auth: dict[str, str], night: Runner
) -> None:
    http.post(URL, json=incident(children=[child(education={"urn": ST_MARYS})]), headers=auth)
    work(night)
    one = read(http, auth)
    assert (one["outcome"], one["told"], one["band"]) == ("sent_to_school", "not_told", "matched")
    assert one["rules_version"]
    assert one["school_found"] is True
    assert one["establishments"] == [{"urn": ST_MARYS, "name": "St Mary's Catholic Primary School"}]
    (rungs,) = one["notifications"]
    assert rungs["state"] == "ready"
    assert rungs["due_at"] == "2026-11-20T08:30:00Z"
    assert rungs["visible_at"] == "2026-11-20T01:00:00Z"
    assert rungs["opened_at"] is rungs["told_at"] is rungs["handed_over_at"] is None


VAGUE = {"school_name": "St Marys", "town": "Exampleton"}


def pushed(
    http: TestClient, auth: dict[str, str], night: Runner, education: dict[str, Any]
) -> dict[str, Any]:
    asha = child(surname="Quillfeather", residences=[{"postcode": "ZZ99 3VZ", "authority": "999"}],
                 education=education)  # fmt: skip
    http.post(URL, json=incident(children=[asha]), headers=auth)
    work(night)
    one: dict[str, Any] = read(http, auth)
    return one


@pytest.mark.feature("MA13")
@pytest.mark.parametrize("roll_of", [None, ST_MARYS, ELSEWHERE])
@pytest.mark.parametrize(
    ("education", "named"),
    [({"urn": ST_MARYS}, True), (TOLD, True), (VAGUE, False), ({}, False)],
)
def test_what_a_force_is_named_never_depends_on_a_roll(
    *,
    http: TestClient,
    auth: dict[str, str],
    night: Runner,
    wiring: Wiring,
    education: dict[str, Any],
    named: bool,
    roll_of: int | None,
) -> None:
    with wiring.database.write(PLATFORM) as session:
        add_school(session, ELSEWHERE, name="Mockbury Primary School", town="Mockbury")
        if roll_of is not None:
            import_roll(
                session, wiring.cipher, roll_file({"URN": roll_of}), owner="council:999",
                now=wiring.clock.now(),
            )  # fmt: skip
    one = pushed(http, auth, night, education)
    given = [{"urn": ST_MARYS, "name": "St Mary's Catholic Primary School"}]
    assert one["establishments"] == (given if named else [])


def test_a_school_that_a_person_found_is_not_named(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring
) -> None:
    with wiring.database.write(PLATFORM) as session:
        add_school(session, ELSEWHERE, name="Mockbury Primary School", town="Mockbury")
    pushed(http, auth, night, {})
    with wiring.database.write(PLATFORM) as session:
        (review,) = session.scalars(select(Review)).all()
        reviewer, _ = add_account(
            session, wiring.cipher, email="jo@example.org", name="Jo", role=Role.REVIEWER,
            now=wiring.clock.now(), force="99",
        )  # fmt: skip
        settle(
            session, review.id, account_id=reviewer.id, actor="account:jo",
            choice=Choice(ReviewReason.COUNCIL_LOOKUP, (ELSEWHERE,)), now=wiring.clock.now(),
        )  # fmt: skip
    work(night)
    one = read(http, auth)
    assert (one["outcome"], one["school_found"]) == ("sent_to_school", True)
    assert one["establishments"] == []


def test_a_correction_changes_what_was_sent_in_its_place_and_sends_no_second(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring
) -> None:
    first = incident(children=[child(education={"urn": ST_MARYS})])
    http.post(URL, json=first, headers=auth)
    work(night)
    http.post(URL, json={**first, "version": 2, "location_kind": "home"}, headers=auth)
    assert notifications(wiring) == [NotificationState.READY]
    work(night)
    assert notifications(wiring) == [NotificationState.READY]
    assert len(read(http, auth)["notifications"]) == 1


def test_a_withdrawal_recalls_what_was_sent_and_counts_it(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring
) -> None:
    http.post(URL, json=incident(children=[child(education={"urn": ST_MARYS})]), headers=auth)
    work(night)
    body = {"reason_code": "recorded_in_error"}
    first = http.post(f"{READ}/withdrawal", json=body, headers=auth).json()
    again = http.post(f"{READ}/withdrawal", json=body, headers=auth).json()
    assert (first["children"], first["recalled"], first["opened_by"]) == (1, 1, 0)
    assert again == first
    assert notifications(wiring) == [NotificationState.RECALLED]
    assert read(http, auth)["told"] == "not_needed"
    work(night)
    assert notifications(wiring) == [NotificationState.RECALLED]


@pytest.mark.parametrize("act", ["withdraw", "correct"])
def test_nobody_has_to_decide_about_a_child_that_is_acted_on_no_more(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring, act: str
) -> None:
    unclear = incident(children=[child(forename=None)])
    http.post(URL, json=unclear, headers=auth)
    work(night)
    if act == "withdraw":
        http.post(f"{READ}/withdrawal", json={"reason_code": "x"}, headers=auth)
    else:
        http.post(URL, json={**unclear, "version": 2}, headers=auth)
    with wiring.database.read(PLATFORM) as session:
        states = session.scalars(select(Review.state)).all()
    assert states == ["closed"]


@pytest.mark.feature("IN11")
@pytest.mark.parametrize(
    "changes",
    [
        {"relation": "not_related", "presence": "heard"},
        {"relation": "relative"},
        {"connected_at_school": ["Sam Example"]},
    ],
)
def test_a_doubtful_child_waits_for_a_person_however_clear_the_school(
    http: TestClient, auth: dict[str, str], night: Runner, wiring: Wiring, changes: dict[str, Any]
) -> None:
    doubtful = child(education={"urn": ST_MARYS}, **changes)
    response = http.post(URL, json=incident(children=[doubtful]), headers=auth)
    assert response.json()["children"][0]["outcome"] == "in_review"
    work(night)
    assert notifications(wiring) == []
    with wiring.database.read(PLATFORM) as session:
        (review,) = session.scalars(select(Review)).all()
    assert review.state == "open"


@pytest.mark.feature("IN11")
@pytest.mark.parametrize(
    "education",
    [
        {"status": "pre_school", "school_name": "St Marys Primary", "town": "Exampleton"},
        {"status": "pre_school", "urn": ST_MARYS},
    ],
)
def test_a_child_of_a_nursery_class_is_looked_for_and_never_silently_left_out(
    http: TestClient, auth: dict[str, str], night: Runner, education: dict[str, Any]
) -> None:
    nursery = child(date_of_birth="2022-11-02", education=education)
    http.post(URL, json=incident(children=[nursery]), headers=auth)
    work(night)
    assert read(http, auth)["outcome"] in {"sent_to_school", "in_review"}


def test_a_control_room_finds_a_school_by_its_name_and_its_urn(
    http: TestClient, auth: dict[str, str], night: Runner
) -> None:
    for parameters in ({"q": "mary exampleton"}, {"urn": str(ST_MARYS)}):
        (found,) = http.get("/api/v1/establishments", params=parameters, headers=auth).json()[
            "items"
        ]
        assert (found["urn"], found["town"]) == (ST_MARYS, "Exampleton")
    nothing = http.get("/api/v1/establishments", params={"urn": "990999"}, headers=auth)
    assert nothing.json() == {"items": []}
