"""The force lead's lists: for the lead of that force, and for nobody else."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Policy, SuspectPatterns
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.suspects import PatternState, SuspectLink, SuspectPattern, note
from app.wiring import Wiring
from notifications import receipts
from schools.connected import Adult
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, PERSON, URN
from tests.factories.people import Browser, Person, add_person, signed_in

DAY = "2026-11-20"
LISTS = [
    f"/reports/quality/{FORCE}/{DAY}",
    f"/reports/decisions/{FORCE}/{DAY}",
    f"/reports/fairness/{FORCE}/{DAY}",
    f"/reports/patterns/{FORCE}",
    f"/reports/recipients/{FORCE}",
]


@pytest.fixture
def lead(morning: Morning) -> Browser:
    return signed_in(morning.wiring, lead_of(morning.wiring))


def lead_of(wiring: Wiring) -> Person:
    return add_person(wiring, "lead@example.org", Role.LEAD, name="Lee Lead", force=FORCE)


@pytest.mark.parametrize("path", LISTS)
def test_the_lead_reads_every_list_and_each_reading_is_on_the_trail(
    morning: Morning, lead: Browser, path: str
) -> None:
    morning.notification()
    page = lead.get(path)
    assert page.status_code == 200
    assert "Example-Khan" not in page.text
    with morning.wiring.database.read(PLATFORM) as session:
        events = session.scalars(select(AuditEntry.event).where(AuditEntry.force == FORCE)).all()
    viewed = {Event.REPORT_VIEWED, Event.PATTERNS_VIEWED, Event.RECIPIENT_CHANGES_READ}
    assert len([event for event in events if event in viewed]) == 1


def test_the_report_leads_to_every_list(lead: Browser) -> None:
    page = lead.get(f"/reports/morning/{FORCE}/{DAY}").text
    assert all(f'href="{path}"' in page for path in LISTS)


@pytest.mark.parametrize("kind", ["quality", "decisions", "fairness", "morning"])
def test_the_link_to_the_day_before_leads_there(lead: Browser, kind: str) -> None:
    path = f"/reports/{kind}/{FORCE}"
    found = re.search(r'href="([^"]*)">The day before<', lead.get(f"{path}/{DAY}").text)
    assert found is not None
    assert found[1] == f"{path}/2026-11-19"
    assert lead.get(found[1]).status_code == 200


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        (Role.FORCE_DESK, {"force": FORCE}),
        (Role.REVIEWER, {"force": FORCE}),
        (Role.LEAD, {"council": "999"}),
        (Role.KEY_ADULT, {"urn": URN}),
    ],
)
def test_a_colleague_and_a_stranger_find_no_list(
    morning: Morning, role: Role, relation: dict[str, Any]
) -> None:
    person = add_person(morning.wiring, "other@example.org", role, **relation)
    browser = signed_in(morning.wiring, person)
    for path in LISTS:
        assert browser.get(path).status_code == 404
    pattern = found_pattern(morning)
    answer = browser.press(f"/reports/patterns/{pattern}/decide", {"verdict": "confirmed"})
    assert answer.status_code == 404


def test_the_lead_of_another_force_finds_no_list(morning: Morning, lead: Browser) -> None:
    for path in LISTS:
        assert lead.get(path.replace(f"/{FORCE}", "/98")).status_code == 404


def found_pattern(morning: Morning, *adults: Adult) -> UUID:
    """Two incidents without a child in common and one suspect; the first may have adults."""
    signed = SuspectPatterns(on=True, signed_off_by="DPO", signed_off_on=date(2026, 10, 1))
    force = morning.force
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(suspects=signed), valid_from=force.now, approved_by="DPO",
            now=force.now,
        )  # fmt: skip
    for person in (b"a" * 32, b"b" * 32):
        happened = force.happened()
        with morning.wiring.database.write(PLATFORM) as session:
            session.get_one(InvolvedChild, happened.child_id).person_digest = person
            session.add(
                SuspectLink(
                    force=FORCE, incident_id=happened.incident_id, digest=b"s" * 32,
                    involved_child_id=happened.child_id,
                )
            )  # fmt: skip
        if adults:
            connect(morning.wiring, happened.incident_id, *adults)
    with morning.wiring.database.write(PLATFORM) as session:
        pattern = note(session, force=FORCE, digest=b"s" * 32, now=force.now)
        assert pattern is not None
        return pattern.id


@pytest.mark.feature("IN13")
@pytest.mark.parametrize("verdict", ["confirmed", "dismissed"])
def test_the_lead_confirms_or_dismisses_once(morning: Morning, lead: Browser, verdict: str) -> None:
    pattern = found_pattern(morning)
    page = lead.get(f"/reports/patterns/{FORCE}").text
    assert "It is one person" in page
    decide = f"/reports/patterns/{pattern}/decide"
    assert lead.press(decide, {"verdict": "perhaps"}).status_code == 422
    assert lead.press(decide, {"verdict": verdict}).status_code == 303
    page = lead.get(f"/reports/patterns/{FORCE}").text
    assert f"{verdict.title()} by Lee Lead" in page
    assert "It is one person" not in page
    assert lead.press(decide, {"verdict": verdict}).status_code == 409
    (row,) = morning.force.rows(SuspectPattern)
    assert row.state is PatternState(verdict)


@pytest.mark.feature("IN13")
def test_a_suspect_in_another_family_appears_nowhere_else(morning: Morning, lead: Browser) -> None:
    found_pattern(morning)
    references = {row.reference for row in morning.force.rows(Incident)}
    assert all(one in lead.get(f"/reports/patterns/{FORCE}").text for one in references)
    for path in ("/morning", *LISTS[:3], LISTS[4]):
        assert "one person" not in lead.get(path).text.casefold()
        assert "suspect" not in lead.get(path).text.casefold().replace("is a suspect", "")


def test_a_lead_of_the_family_neither_reads_nor_decides(morning: Morning, lead: Browser) -> None:
    pattern = found_pattern(morning, Adult(email="lead@example.org"))
    assert "It is one person" not in lead.get(f"/reports/patterns/{FORCE}").text
    answer = lead.press(f"/reports/patterns/{pattern}/decide", {"verdict": "dismissed"})
    assert answer.status_code == 404


@pytest.mark.feature("IN8")
def test_the_lead_and_the_school_see_the_pattern_of_a_child(
    morning: Morning, lead: Browser
) -> None:
    placed = []
    for _ in range(3):
        placed.append(morning.notification(person_digest=PERSON))
        morning.force.act(placed[-1], receipts.opened, actor=morning.priya.actor)
    page = lead.get(f"/reports/patterns/{FORCE}").text
    assert "Several in 90 days" in page
    school = signed_in(morning.wiring, morning.priya)
    text = "Incidents of this child come again and again"
    assert text in school.get(f"/notifications/{placed[2]}").text
    assert text not in school.get(f"/notifications/{placed[1]}").text
