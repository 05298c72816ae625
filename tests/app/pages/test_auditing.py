"""The auditor's pages: the trail by day, person and incident, for that force's auditor alone."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry, Lease
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.wiring import Wiring
from schools.connected import Adult
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, Person, add_person, signed_in
from tests.factories.restricted import colleague, name_group, restrict

DAY = f"/audit/{FORCE}/days/2026-11-20"
AUDITOR = "audit@example.org"


def auditor_of(wiring: Wiring, force: str = FORCE, email: str = AUDITOR) -> Person:
    return add_person(wiring, email, Role.AUDITOR, name="Ali Auditor", force=force)


@pytest.fixture
def auditor(morning: Morning) -> Browser:
    return signed_in(morning.wiring, auditor_of(morning.wiring))


def read(morning: Morning) -> list[str]:
    """What was read of the trail, as the trail has it."""
    with morning.wiring.database.read(PLATFORM) as session:
        rows = session.scalars(
            select(AuditEntry.subject)
            .where(AuditEntry.event == Event.AUDIT_READ)
            .order_by(AuditEntry.seq)
        )
        return list(rows)


def opened_by_priya(morning: Morning) -> UUID:
    waiting = morning.notification()
    browser = signed_in(morning.wiring, morning.priya)
    browser.press(f"/notifications/{waiting}/first-step")
    browser.press(f"/notifications/{waiting}/open", {"on_roll": "yes", "knows_family": "no"})
    return waiting


def test_the_auditor_follows_a_day_to_a_person_and_an_incident_to_its_timeline(
    morning: Morning, auditor: Browser
) -> None:
    waiting = opened_by_priya(morning)
    start = auditor.get("/").headers["location"]
    assert start == "/audit"
    page = auditor.get(start).text
    assert "rows." in page
    assert "No checkpoints are kept" in page
    led = auditor.press(f"/audit/{FORCE}/day", {"on": "2026-11-20"}, page=start)
    assert led.headers["location"] == DAY
    day = auditor.get(DAY).text
    assert "The message was opened" in day
    assert "whole, row by row" in day
    assert "Asha" not in day
    assert f'href="/timeline/{waiting}"' in day
    (person,) = set(re.findall(r'href="(/audit/[^"]+/people/[^"]+)">Priya', day))
    acts = auditor.get(person).text
    assert "The message was opened" in acts
    assert "Priya" in acts
    with morning.wiring.database.read(PLATFORM) as session:
        reference = session.scalars(select(Incident.reference)).one()
    found = auditor.press(f"/audit/{FORCE}/messages", {"reference": reference}, page=start).text
    assert f'href="/timeline/{waiting}"' in found
    assert auditor.get(f"/timeline/{waiting}").status_code == 200
    nothing = auditor.press(f"/audit/{FORCE}/messages", {"reference": "NO-SUCH"}, page=start)
    assert "no message under this reference" in nothing.text
    account = person.rpartition("/")[2]
    assert read(morning) == [
        "audit:state", "audit:state", "audit:day:2026-11-20", f"audit:person:{account}",
        "audit:state", "audit:incident", "audit:state", "audit:incident",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        (Role.FORCE_DESK, {"force": FORCE}), (Role.LEAD, {"force": FORCE}),
        (Role.KEY_ADULT, {"urn": URN}), (Role.AUDITOR, {"force": "98"}),
        (Role.PLATFORM_ADMIN, {}),
    ],
)  # fmt: skip
def test_nobody_else_reads_the_trail(
    morning: Morning, role: Role, relation: dict[str, Any]
) -> None:
    opened_by_priya(morning)
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherby", added_at=morning.wiring.clock.now()))
    other = add_person(morning.wiring, "other@example.org", role, **relation)
    browser = signed_in(morning.wiring, other)
    if role is not Role.AUDITOR:
        assert browser.get("/audit").status_code == 404
    assert browser.get(DAY).status_code == 404
    assert browser.get(f"/audit/{FORCE}/people/{morning.priya.account_id}").status_code == 404
    assert browser.press(f"/audit/{FORCE}/messages", {"reference": "A"}).status_code == 404
    assert not [one for one in read(morning) if one != "audit:state"]


def test_what_does_not_exist_for_the_auditor_is_on_no_page_of_theirs(
    morning: Morning, auditor: Browser
) -> None:
    """First as a member of the family, then as one who is not of the group."""
    opened_by_priya(morning)
    with morning.wiring.database.read(PLATFORM) as session:
        incident = session.scalars(select(Incident)).one()
    said = "The message was opened"
    assert said in auditor.get(DAY).text
    tied = signed_in(morning.wiring, auditor_of(morning.wiring, email="tied@example.org"))
    connect(morning.wiring, incident.id, Adult(email="tied@example.org"))
    for path in (DAY, f"/audit/{FORCE}/people/{morning.priya.account_id}"):
        assert said in auditor.get(path).text
        assert said not in tied.get(path).text
    people = [
        colleague(morning.wiring, "desk.member@example.org", Role.FORCE_DESK, Role.REVIEWER),
        colleague(morning.wiring, "other.member@example.org", Role.FORCE_DESK),
    ]
    name_group(morning.wiring, people)
    restrict(morning.wiring, incident.id)
    page = auditor.get(DAY).text
    assert said not in page
    assert "The audit trail was read" in page
    hidden = auditor.press(f"/audit/{FORCE}/messages", {"reference": incident.reference})
    assert "no message under this reference" in hidden.text


def test_a_chain_that_does_not_hold_says_so_on_both_pages(
    morning: Morning, auditor: Browser
) -> None:
    opened_by_priya(morning)
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(
            Lease(
                name=f"checkpoint:{FORCE}", fence=0, started_at=morning.wiring.clock.now(),
                last_error="went_back",
            )
        )  # fmt: skip
    assert "rows are missing at its end" in auditor.get("/audit").text
    with morning.wiring.database.engine.begin() as connection:
        on = "" if connection.dialect.name == "sqlite" else " ON audit"
        names = {"sqlite": "audit_no_update"}
        name = names.get(connection.dialect.name, "audit_no_change")
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
        connection.execute(
            text("UPDATE audit SET reason_code = 'x' WHERE chain = :force AND seq = 2"),
            {"force": FORCE},
        )
    assert "do not hold together" in auditor.get(DAY).text


def test_a_long_day_is_read_in_parts(
    morning: Morning, auditor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.casework.auditing.ROWS", 2)
    opened_by_priya(morning)
    parts, path = [], DAY
    while path:
        page = auditor.get(path).text
        parts.append(page.count("<tr class=") - 1)
        later = re.search(r'href="([^"]+)">Later that day', page)
        path = later[1] if later and len(parts) < 4 else ""
    assert parts[:2] == [2, 2]
    assert auditor.get(f"/audit/{FORCE}/days/{date(2026, 11, 19)}").status_code == 200
