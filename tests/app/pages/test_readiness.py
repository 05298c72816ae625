"""The pages that say who could not receive tomorrow, and the drills."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.forces import set_area
from app.access.permissions import Role
from app.core.scope import PLATFORM
from app.jobs.run_drills import ask
from schools.drills import DrillSchool
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Person, add_person, signed_in
from tests.factories.schools import COUNCIL, OTHER_COUNCIL, add_school


@pytest.fixture
def lead(morning: Morning) -> Person:
    with morning.wiring.database.write(PLATFORM) as session:
        now = morning.wiring.clock.now()
        add_school(session, 990777, name="Nobody Home Primary School")
        set_area(session, code=FORCE, councils=[COUNCIL], now=now, actor="operator:test")
    return add_person(morning.wiring, "lead@example.org", Role.LEAD, force=FORCE)


def council_lead(morning: Morning, council: str) -> Person:
    return add_person(morning.wiring, f"lead{council}@example.org", Role.LEAD, council=council)


@pytest.mark.feature("RE7")
def test_a_lead_sees_which_schools_could_not_receive_why_and_what_to_do(
    morning: Morning, lead: Person
) -> None:
    page = signed_in(morning.wiring, lead).get("/reports/readiness")
    assert page.status_code == 200
    assert "Saturday 21 November 2026" in page.text
    assert "Nobody is registered" in page.text
    assert "Ring the school and ask it to name a key adult" in page.text
    assert "There is no duty officer" in page.text


@pytest.mark.usefixtures("lead")
def test_a_council_s_lead_sees_the_own_schools_and_nothing_of_the_force(morning: Morning) -> None:
    own = signed_in(morning.wiring, council_lead(morning, COUNCIL)).get("/reports/readiness").text
    other = signed_in(morning.wiring, council_lead(morning, OTHER_COUNCIL)).get(
        "/reports/readiness"
    )
    assert "could not receive" in own
    assert "duty officer" not in own
    assert "/register/schools/" not in other.text


@pytest.mark.usefixtures("lead")
def test_a_council_s_lead_begins_there_and_is_offered_no_board(morning: Morning) -> None:
    browser = signed_in(morning.wiring, council_lead(morning, COUNCIL))
    first = browser.get(browser.get("/").headers["location"])
    assert first.headers["location"] == f"/reports/timeliness/council/{COUNCIL}"
    assert 'href="/morning"' not in browser.get("/reports/readiness").text


def test_without_schools_the_page_says_what_is_missing_in_place_of_a_count(
    morning: Morning,
) -> None:
    person = add_person(morning.wiring, "lee@example.org", Role.LEAD, force=FORCE)
    browser = signed_in(morning.wiring, person)
    page = browser.get("/reports/readiness").text
    assert "0 schools of 0" not in page
    assert "No council is set for this force, so no school is looked at" in page
    assert "app-state--late" in page
    assert "Nobody has said which councils this force polices" in browser.get("/register").text


def test_a_school_whose_key_adults_have_no_account_is_not_ready_and_says_so(
    morning: Morning, lead: Person
) -> None:
    morning.force.school(990778, "nobody@example.org")
    browser = signed_in(morning.wiring, lead)
    page = browser.get("/reports/readiness").text
    assert page.count("Nobody who can receive has an account") == 1
    assert "Send the link again" in page
    assert "Nobody has an account" in browser.get("/register").text
    add_person(morning.wiring, "nobody@example.org", Role.KEY_ADULT, urn=990778)
    assert "has an account" not in browser.get("/reports/readiness").text
    assert "Nobody has an account" not in browser.get("/register").text


@pytest.mark.parametrize("path", ["/reports/readiness", "/reports/drills"])
def test_a_desk_and_a_key_adult_find_nothing_there(morning: Morning, path: str) -> None:
    desk = add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    assert signed_in(morning.wiring, desk).get(path).status_code == 404
    assert signed_in(morning.wiring, morning.priya).get(path).status_code == 404


@pytest.mark.feature("RE8")
def test_a_drill_is_begun_by_the_lead_answered_in_the_inbox_and_seen_in_the_results(
    morning: Morning, lead: Person
) -> None:
    browser = signed_in(morning.wiring, lead)
    begun = browser.press("/reports/drills", {"whose": f"force:{FORCE}"}, page="/reports/drills")
    assert begun.status_code == 303
    row = ask_all(morning)
    adult = signed_in(morning.wiring, morning.priya)
    assert "This is a drill" in adult.get("/inbox").text
    assert adult.press(f"/drills/{row}/received").status_code == 303
    assert "This is a drill" not in adult.get("/inbox").text
    results = signed_in(morning.wiring, lead).get(begun.headers["location"]).text
    assert "answered" in results
    again = signed_in(morning.wiring, lead).press(
        "/reports/drills", {"whose": f"force:{FORCE}"}, page="/reports/drills"
    )
    assert again.status_code == 409


def test_a_lead_begins_no_drill_for_others(morning: Morning, lead: Person) -> None:
    browser = signed_in(morning.wiring, lead)
    for whose in ("force:98", f"council:{COUNCIL}", "", "everybody"):
        assert browser.press("/reports/drills", {"whose": whose}).status_code == 404
    with morning.wiring.database.read(PLATFORM) as session:
        assert session.scalars(select(DrillSchool)).all() == []


def test_a_key_adult_of_another_school_cannot_answer(morning: Morning, lead: Person) -> None:
    signed_in(morning.wiring, lead).press("/reports/drills", {"whose": f"force:{FORCE}"})
    row = ask_all(morning)
    stranger = signed_in(morning.wiring, morning.stranger)
    assert stranger.press(f"/drills/{row}/received").status_code == 404


def ask_all(morning: Morning) -> UUID:
    """Ask every school now; return the row of the first school."""
    with morning.wiring.database.write(PLATFORM) as session:
        for row in session.scalars(select(DrillSchool)).all():
            ask(session, morning.wiring.cipher, row.id, now=morning.wiring.clock.now())
        return session.scalars(select(DrillSchool.id).where(DrillSchool.urn == URN)).one()
