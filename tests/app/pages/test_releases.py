"""The page on which a protected child is released to one person."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.outcomes import Outcome
from schools.models import KeyAdult
from tests.factories.mornings import Morning
from tests.factories.notifications import DUE, FORCE, URN
from tests.factories.people import Browser, add_person, move, signed_in


@pytest.fixture
def protected(morning: Morning) -> UUID:
    """A protected child at the first school, whom nobody may be told of yet."""
    notification_id = morning.notification(shown_only_to="nobody")
    child = morning.read(notification_id).involved_child_id
    morning.child_becomes(child, Outcome.SENT_TO_SCHOOL, due_at=DUE, protected=True)
    return notification_id


def browser_of(morning: Morning, email: str, role: Role, name: str, force: str = FORCE) -> Browser:
    return signed_in(
        morning.wiring, add_person(morning.wiring, email, role, name=name, force=force)
    )


def claim(browser: Browser, here: str) -> None:
    assert browser.press(f"{here}/claim", page=here).headers["location"] == here


@pytest.mark.feature("CO7")
def test_the_desk_names_one_person_and_the_lead_confirms(morning: Morning, protected: UUID) -> None:
    desk = browser_of(morning, "desk@example.org", Role.FORCE_DESK, "Sam Ward")
    lead = browser_of(morning, "lead@example.org", Role.LEAD, "Dawn Hale")
    here = f"/morning/releases/{protected}"
    assert "Nobody is named yet" in desk.get("/morning").text
    claim(desk, here)
    page = desk.get(here).text
    assert "Asha" not in page
    assert "Key Adult 1" in page
    left = desk.press(f"{here}/propose", {"person": "", "reason": ""}, page=here)
    assert left.status_code == 400
    assert "Choose whom the child is released to" in left.text
    chosen = str(morning.force.rows(KeyAdult, position=1)[0].id)
    named = desk.press(f"{here}/propose", {"person": chosen, "reason": "no_tie_known"}, page=here)
    assert named.headers["location"] == "/morning"
    listed = desk.get("/morning").text
    assert "A person is named, by Sam Ward" in listed
    assert "Key Adult 1" not in listed
    assert "Not shown: protected" in listed
    assert f"School {URN}" not in listed
    assert desk.press(f"{here}/confirm", page="/account").status_code == 409
    claim(lead, here)
    assert "Key Adult 1" in lead.get(here).text
    assert "Confirm: this person may be told" in lead.get(here).text
    assert lead.press(f"{here}/confirm", page=here).headers["location"] == "/morning"
    assert morning.read(protected).shown_only_to == morning.priya.actor
    assert (
        signed_in(morning.wiring, morning.priya).get(f"/notifications/{protected}").status_code
        == 200
    )
    for person in (morning.huw, morning.stranger):
        answer = signed_in(morning.wiring, person).get(f"/notifications/{protected}")
        assert answer.status_code == 404


def test_a_refusal_asks_for_somebody_else(morning: Morning, protected: UUID) -> None:
    desk = browser_of(morning, "desk@example.org", Role.FORCE_DESK, "Sam Ward")
    lead = browser_of(morning, "lead@example.org", Role.LEAD, "Dawn Hale")
    here = f"/morning/releases/{protected}"
    claim(lead, here)
    assert "The desk names" in lead.get(here).text
    assert lead.press(f"{here}/give-back", page=here).headers["location"] == "/morning"
    claim(desk, here)
    desk.press(f"{here}/propose", {"person": "head", "reason": "head_agrees"}, page=here)
    claim(lead, here)
    assert "The head, by role" in lead.get(here).text
    lead.press(f"{here}/refuse", page=here)
    claim(desk, here)
    assert "Who is told?" in desk.get(here).text
    assert morning.read(protected).shown_only_to == "nobody"


def test_nobody_else_finds_the_page(morning: Morning, protected: UUID) -> None:
    here = f"/morning/releases/{protected}"
    with morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Otherset Police", added_at=morning.wiring.clock.now()))
    strangers = [
        signed_in(morning.wiring, morning.priya),
        browser_of(morning, "reviewer@example.org", Role.REVIEWER, "Rae Finch"),
        browser_of(morning, "far@example.org", Role.FORCE_DESK, "Far Away", force="98"),
    ]
    for browser in strangers:
        assert browser.get(here).status_code == 404
        for act in ("claim", "give-back", "propose", "confirm", "refuse"):
            assert browser.press(f"{here}/{act}", page="/account").status_code == 404


SCHOOL = f"School {URN}"


def test_the_school_is_shown_to_who_claimed_it_and_to_nobody_else(
    morning: Morning, protected: UUID
) -> None:
    desk = browser_of(morning, "desk@example.org", Role.FORCE_DESK, "Sam Ward")
    colleague = browser_of(morning, "second@example.org", Role.FORCE_DESK, "Jo Lee")
    lead = browser_of(morning, "lead@example.org", Role.LEAD, "Dawn Hale")
    here = f"/morning/releases/{protected}"
    for browser in (desk, colleague, lead):
        page = browser.get(here).text
        assert (SCHOOL in page, "Key Adult 1" in page, "Claim it" in page) == (False, False, True)
    assert shown(morning) == 0
    claim(desk, here)
    assert SCHOOL in desk.get(here).text
    assert shown(morning) == 1
    for browser in (colleague, lead):
        page = browser.get(here).text
        assert (SCHOOL in page, "Sam Ward has this one now" in page) == (False, True)
        for act in ("claim", "propose", "confirm", "refuse", "give-back"):
            form = {"person": "head", "reason": "head_agrees"}
            answer = browser.press(f"{here}/{act}", form, page="/account")
            assert answer.status_code in {404, 409}
            assert SCHOOL not in answer.text
    assert shown(morning) == 1


def test_a_claim_ends_by_itself_and_can_be_given_back(morning: Morning, protected: UUID) -> None:
    people = [
        add_person(morning.wiring, email, Role.FORCE_DESK, name=name, force=FORCE)
        for email, name in (("desk@example.org", "Sam Ward"), ("second@example.org", "Jo Lee"))
    ]
    here = f"/morning/releases/{protected}"
    claim(signed_in(morning.wiring, people[0]), here)
    move(morning.wiring, minutes=16)
    desk, colleague = (signed_in(morning.wiring, one) for one in people)
    page = desk.get(here).text
    assert (SCHOOL in page, "Claim it" in page) == (False, True)
    form = {"person": "head", "reason": "head_agrees"}
    assert desk.press(f"{here}/propose", form, page="/account").status_code == 409
    claim(colleague, here)
    assert SCHOOL in colleague.get(here).text
    assert colleague.press(f"{here}/give-back", page=here).headers["location"] == "/morning"
    claim(desk, here)
    assert SCHOOL in desk.get(here).text


def shown(morning: Morning) -> int:
    """How often a school was put on somebody's screen, by the trail."""
    with morning.wiring.database.read(PLATFORM) as session:
        found = select(AuditEntry.seq).where(AuditEntry.event == Event.RELEASE_SHOWN)
        return len(session.scalars(found).all())
