"""What somebody signed in may not do leaves a row on the trail, and nothing beside it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.access.models import Force, ForceArea
from app.access.permissions import Role
from app.casework import refusals
from app.casework.refusals import Asker, Refusal, note
from app.core.audit import Event
from app.core.ids import new_id
from app.core.models import AuditEntry, AuditHead
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.wiring import Wiring
from schools.connected import Adult
from tests.app.pages.test_auditing import DAY, auditor_of, opened_by_priya
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE
from tests.factories.people import Browser, Person, add_person, move, signed_in

READ = "/notifications/{}"


def refused(wiring: Wiring, chain: str | None = None) -> list[AuditEntry]:
    """The refusals on the trail, in their order."""
    wanted = select(AuditEntry).where(AuditEntry.event == Event.ACCESS_DENIED)
    if chain is not None:
        wanted = wanted.where(AuditEntry.chain == chain)
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(wanted.order_by(AuditEntry.chain, AuditEntry.seq)))


def desk_of(wiring: Wiring, force: str, email: str = "desk@example.org") -> Person:
    return add_person(wiring, email, Role.FORCE_DESK, name="Dee Desk", force=force)


def add_otherby(wiring: Wiring) -> None:
    with wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherby", added_at=wiring.clock.now()))


def said(row: AuditEntry) -> tuple[Any, ...]:
    detail = row.detail or {}
    return row.chain, row.actor, row.subject, row.reason_code, detail.get("asked")


@pytest.fixture
def stranger(morning: Morning) -> Browser:
    return signed_in(morning.wiring, morning.stranger)


@pytest.mark.feature("SE9")
def test_what_is_somebody_elses_and_what_is_not_there_leave_the_same_row(
    morning: Morning, stranger: Browser
) -> None:
    waiting, nowhere = morning.notification(), new_id()
    for ident in (waiting, nowhere):
        assert stranger.get(READ.format(ident)).status_code == 404
    colleague = signed_in(morning.wiring, morning.huw)
    assert colleague.get(READ.format(waiting)).status_code == 200
    theirs, not_there = refused(morning.wiring)
    assert said(theirs) == said(not_there)
    who = morning.stranger.actor
    route = "GET /notifications/{notification_id}"
    assert said(theirs) == ("platform", who, who, "not_there", route)
    assert theirs.detail == {"asked": route, "things": {"notification_id": str(waiting)}}
    assert not_there.detail == {"asked": route, "things": {"notification_id": str(nowhere)}}


def test_an_act_of_the_table_is_named_to_the_force_of_who_asks_and_to_that_of_the_thing(
    morning: Morning,
) -> None:
    add_otherby(morning.wiring)
    desk = desk_of(morning.wiring, "98")
    browser = signed_in(morning.wiring, desk)
    assert browser.get(DAY).status_code == 404
    assert browser.get("/audit/Asha/days/2026-11-20").status_code == 404
    rows = [said(row)[:4] for row in refused(morning.wiring)]
    own = ("98", desk.actor, desk.actor, "read_audit")
    assert rows == [own, own, (FORCE, desk.actor, desk.actor, "read_audit")]
    assert "Asha" not in repr([row.detail for row in refused(morning.wiring)])
    with morning.wiring.database.read(PLATFORM) as session:
        assert session.get(AuditHead, "Asha") is None


def test_who_is_of_a_school_is_of_the_forces_of_its_area(
    morning: Morning, stranger: Browser
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(ForceArea(force=FORCE, council="999"))
    assert stranger.get("/morning").status_code == 404
    assert stranger.get("/register/schools/Asha%20Example").status_code == 404
    rows = refused(morning.wiring)
    assert {row.chain for row in rows} == {FORCE}
    assert "Asha" not in repr([row.detail for row in rows])


def test_a_form_that_no_page_of_ours_sent_is_noted(morning: Morning) -> None:
    waiting = morning.notification()
    browser = signed_in(morning.wiring, morning.priya)
    sent = browser.http.post(f"/notifications/{waiting}/first-step", data={"form_token": "made up"})
    assert sent.status_code == 403
    (row,) = refused(morning.wiring)
    assert (row.actor, row.reason_code) == (morning.priya.actor, "foreign_form")


def test_a_form_with_what_no_page_of_ours_sends_is_noted(morning: Morning) -> None:
    auditor = auditor_of(morning.wiring)
    browser = signed_in(morning.wiring, auditor)
    sent = browser.press(f"/audit/{FORCE}/messages", {"reference": "Asha" * 100})
    assert sent.status_code == 400
    (row,) = refused(morning.wiring)
    assert (row.actor, row.chain, row.reason_code) == (auditor.actor, FORCE, "malformed")
    assert "Asha" not in repr(row.detail)


def test_nobody_fills_the_trail(
    morning: Morning, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_AN_HOUR", 2)
    for _ in range(5):
        assert stranger.get("/morning").status_code == 404
    reasons = [row.reason_code for row in refused(morning.wiring)]
    assert reasons == ["not_there", "not_there", "more_refused"]
    assert refused(morning.wiring)[-1].detail is None
    move(morning.wiring, hours=1)
    again = signed_in(morning.wiring, morning.stranger)
    assert again.get("/morning").status_code == 404
    assert [row.reason_code for row in refused(morning.wiring)] == [*reasons, "not_there"]


def test_of_many_at_once_no_more_are_stored_than_there_may_be(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_AN_HOUR", 5)
    wiring = morning.wiring
    refusal = Refusal(Asker(f"account:{new_id()}", frozenset({FORCE})), "not_there", "GET /x")
    now = wiring.clock.now()
    morning.notification()  # so that the chain has begun
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: note(wiring.database, refusal, now=now), range(24)))
    assert [row.reason_code for row in refused(wiring)] == ["not_there"] * 5 + ["more_refused"]
    with wiring.database.read(PLATFORM) as session:
        assert wiring.chain.verify(session, FORCE) is None


def test_the_answer_stands_where_the_trail_takes_no_rows(
    morning: Morning, stranger: Browser
) -> None:
    with morning.wiring.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    assert stranger.get("/morning").status_code == 404
    with morning.wiring.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_away RENAME TO audit"))
    assert not refused(morning.wiring)


def test_no_reader_of_the_trail_learns_from_it_who_is_connected_with_a_family(
    morning: Morning,
) -> None:
    """The desk officer may see such a story; that they may not see this one says why."""
    waiting = opened_by_priya(morning)
    tied = desk_of(morning.wiring, FORCE, "tied@example.org")
    with morning.wiring.database.read(PLATFORM) as session:
        incident = session.scalars(select(Incident.id)).one()
    connect(morning.wiring, incident, Adult(email="tied@example.org"))
    assert signed_in(morning.wiring, tied).get(f"/timeline/{waiting}").status_code == 404
    (row,) = refused(morning.wiring)
    assert row.reason_code == "not_there"
    assert (row.detail or {})["things"] == {"notification_id": str(waiting)}
    auditor = signed_in(morning.wiring, auditor_of(morning.wiring))
    acts = auditor.get(f"/audit/{FORCE}/people/{tied.account_id}").text
    assert "An act was refused" in acts
    assert str(waiting) not in acts
    story = auditor.get(f"/timeline/{waiting}").text
    assert "Dee Desk" not in story
    assert "denied" not in story


def test_each_refusal_belongs_to_the_person_who_was_refused(morning: Morning) -> None:
    waiting: UUID = morning.notification()
    add_otherby(morning.wiring)
    people = [morning.stranger, desk_of(morning.wiring, "98")]
    for person in people:
        assert signed_in(morning.wiring, person).get(READ.format(waiting)).status_code == 404
    assert {(row.actor, row.chain) for row in refused(morning.wiring)} == {
        (people[0].actor, "platform"), (people[1].actor, "98"),
    }  # fmt: skip
