"""The register's pages of one school, its calendar, and the official files."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.access.forces import set_area
from app.access.permissions import Role
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.core.settings import Settings
from app.wiring import Wiring
from schools.calendar_editing import planned, set_days
from schools.calendars import calendar_of, seed_bank_holidays
from schools.models import Establishment, EstablishmentLink, SchoolHours, Status
from schools.queries import confirmed_successor
from schools.register_models import CalendarChange, ImportState, RegisterImport
from schools.term_dates import DayKind, is_school_day
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, LATER_URN, URN
from tests.factories.people import Browser, Person, add_person, signed_in
from tests.factories.schools import register_file

COUNCIL, OTHER_COUNCIL = "999", "998"
OLD_URN = 990009
SCHOOL, CALENDAR = f"/register/schools/{URN}", f"/register/calendars/schools/{URN}"
SNOW = {"owner": f"urn:{URN}", "kind": "closed", "first": "2026-11-20", "note": "Snow"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "register"
    made.mkdir()
    return made


@pytest.fixture
def settings(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"register_dir": folder})


@pytest.fixture
def admin(morning: Morning) -> Person:
    return add_person(morning.wiring, "register@example.org", Role.REGISTER_ADMIN, name="Rae Green")


@pytest.fixture
def lead(morning: Morning) -> Person:
    return add_person(morning.wiring, "lead@example.org", Role.LEAD, council=COUNCIL)


@pytest.fixture
def other_lead(morning: Morning) -> Person:
    with morning.wiring.database.write(PLATFORM) as session:
        place = session.get_one(Establishment, LATER_URN)
        place.la_code, place.la_name = OTHER_COUNCIL, "Othershire"
    return add_person(morning.wiring, "elsewhere@example.org", Role.LEAD, council=OTHER_COUNCIL)


def rows(wiring: Wiring, model: type[Any]) -> list[Any]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(model)))


def trail(wiring: Wiring, event: str) -> list[str]:
    with wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(AuditEntry.actor).where(AuditEntry.event == event)))


def open_on(wiring: Wiring, on: date) -> bool:
    with wiring.database.read(PLATFORM) as session:
        return is_school_day(calendar_of(session, URN), on)


def three(morning: Morning, allowed: Person, colleague: Person, stranger: Person) -> list[Browser]:
    """The right person, a colleague who may too, and somebody whose school it is not."""
    return [signed_in(morning.wiring, one) for one in (allowed, colleague, stranger)]


@pytest.mark.feature("CA2")
def test_a_key_adult_closes_the_own_school_for_today_and_nobody_elses(morning: Morning) -> None:
    priya, huw, stranger = three(morning, morning.priya, morning.huw, morning.stranger)
    assert stranger.get(CALENDAR).status_code == 404
    assert stranger.press("/register/calendars/days", SNOW).status_code == 404
    assert rows(morning.wiring, CalendarChange) == []
    assert "Closed, for example by snow" in priya.get(CALENDAR).text
    answer = priya.press("/register/calendars/days", SNOW)
    assert (answer.status_code, answer.headers["location"]) == (303, CALENDAR)
    assert not open_on(morning.wiring, date(2026, 11, 20))
    assert "Snow" in huw.get(CALENDAR).text
    (change,) = rows(morning.wiring, CalendarChange)
    assert (change.owner, change.changed_by) == (f"urn:{URN}", morning.priya.actor)
    assert trail(morning.wiring, "register:calendar:changed") == [morning.priya.actor]
    huw.press("/register/calendars/days/clear", {"owner": f"urn:{URN}", "first": "2026-11-20"})
    assert open_on(morning.wiring, date(2026, 11, 20))
    assert len(rows(morning.wiring, CalendarChange)) == 2


@pytest.mark.feature("CA2")
def test_a_council_plans_its_own_schools_and_no_other_councils(
    morning: Morning, lead: Person, other_lead: Person, admin: Person
) -> None:
    page = f"/register/calendars/councils/{COUNCIL}"
    own, register, stranger = three(morning, lead, admin, other_lead)
    term = {"owner": f"council:{COUNCIL}", "first": "2/11/2026", "last": "18/12/2026"}
    assert stranger.get(page).status_code == 404
    assert stranger.press("/register/calendars/terms", term).status_code == 404
    assert stranger.press("/register/calendars/days", SNOW).status_code == 404
    key_adult = signed_in(morning.wiring, morning.priya)
    assert key_adult.get(page).status_code == 404
    assert key_adult.get("/register/schools").text.count("/register/calendars/") == 0
    assert page in own.get("/register/schools").text
    assert own.press("/register/calendars/terms", term).status_code == 303
    assert "Monday 2 November 2026 to Friday 18 December 2026" in register.get(page).text
    assert own.get(CALENDAR).status_code == 200
    assert register.press("/register/calendars/terms/remove", term).status_code == 303
    with morning.wiring.database.read(PLATFORM) as session:
        found = planned(session, f"council:{COUNCIL}", since=date(2026, 9, 1))
    assert found.terms == ()
    assert own.get("/register/calendars/councils/123").status_code == 404


@pytest.mark.feature("CA3")
def test_a_force_s_register_administrator_keeps_its_area_and_sees_no_dead_link(
    morning: Morning, other_lead: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        now = morning.wiring.clock.now()
        set_area(session, code=FORCE, councils=[COUNCIL], now=now, actor="operator:test")
    person = add_person(morning.wiring, "area@example.org", Role.REGISTER_ADMIN, force=FORCE)
    browser = signed_in(morning.wiring, person)
    page = browser.get("/register/schools").text
    assert "/register/imports" not in page
    assert "/register/calendars/bank-holidays" not in page
    assert f'href="/register/calendars/councils/{COUNCIL}"' in page
    assert browser.get(f"/register/calendars/councils/{COUNCIL}").status_code == 200
    assert browser.get(f"/register/calendars/councils/{OTHER_COUNCIL}").status_code == 404
    stranger = signed_in(morning.wiring, other_lead)
    assert stranger.get(f"/register/calendars/councils/{COUNCIL}").status_code == 404


def test_bank_holidays_are_the_registers_to_add_and_to_take_back(
    morning: Morning, admin: Person, lead: Person
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        seed_bank_holidays(session)
    page = "/register/calendars/bank-holidays"
    right, stranger, key_adult = three(morning, admin, lead, morning.priya)
    jubilee = {"owner": "nation", "kind": "closed", "first": "2026-11-27", "note": "A jubilee"}
    for browser in (stranger, key_adult):
        assert browser.get(page).status_code == 404
        assert browser.press("/register/calendars/days", jubilee).status_code == 404
    assert right.press("/register/calendars/days", jubilee).status_code == 303
    assert "A jubilee" in right.get(page).text
    assert not open_on(morning.wiring, date(2026, 11, 27))
    # Christmas stays taken back, also when the bundled dates are stored once more
    gone = {"owner": "nation", "first": "2026-12-25"}
    assert right.press("/register/calendars/days/clear", gone).status_code == 303
    with morning.wiring.database.write(PLATFORM) as session:
        seed_bank_holidays(session)
    assert open_on(morning.wiring, date(2026, 12, 25))


@pytest.mark.feature("CA2")
@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/register/calendars/days", {**SNOW, "first": "soon"}, "Enter a date"),
        ("/register/calendars/days", {**SNOW, "kind": ""}, "Choose closed, training day or open"),
        ("/register/calendars/days", {**SNOW, "last": "2026-11-01"}, "To must be From or later"),
        ("/register/calendars/terms", {"owner": f"urn:{URN}", "first": "2026-11-02"},
         "Enter a date"),
        (f"{CALENDAR}/hours", {"doors": "25:00"}, "Enter a time"),
        (f"{CALENDAR}/hours", {"doors": "15:20", "leave": "8:40"}, "Doors open before"),
        (f"{CALENDAR}/hours", {}, "at least one"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field_and_changes_nothing(
    morning: Morning, path: str, form: dict[str, str], said: str
) -> None:
    answer = signed_in(morning.wiring, morning.priya).press(path, form)
    assert answer.status_code == 400
    assert said in answer.text
    assert "There is a problem" in answer.text
    assert rows(morning.wiring, CalendarChange) == []


@pytest.mark.feature("CA1")
def test_the_hours_of_a_school_are_its_own_to_enter(morning: Morning) -> None:
    browser = signed_in(morning.wiring, morning.priya)
    hours = {"doors": "8:50", "closes": "09:30", "leave": "15.20"}
    assert browser.press(f"{CALENDAR}/hours", hours).status_code == 303
    (stored,) = rows(morning.wiring, SchoolHours)
    assert (stored.urn, stored.doors_open, stored.pupils_leave) == (URN, time(8, 50), time(15, 20))
    assert "8:50am" in browser.get(SCHOOL).text
    assert 'value="15:20"' in browser.get(CALENDAR).text


def test_a_school_is_seen_by_its_people_its_council_and_the_register(
    morning: Morning, lead: Person, other_lead: Person, admin: Person
) -> None:
    for person, status in (
        (morning.priya, 200), (lead, 200), (admin, 200), (morning.stranger, 404), (other_lead, 404)
    ):  # fmt: skip
        browser = signed_in(morning.wiring, person)
        assert browser.get(SCHOOL).status_code == status
        found = browser.press("/register/schools", {"text": str(URN)}, page="/register/schools")
        assert (SCHOOL in found.text) is (status == 200)
    desk = add_person(morning.wiring, "desk@example.org", Role.FORCE_DESK, force=FORCE)
    assert signed_in(morning.wiring, desk).get("/register/schools").status_code == 404


def test_names_are_added_and_removed_by_the_own_people_only(morning: Morning, lead: Person) -> None:
    own, council, stranger = three(morning, morning.priya, lead, morning.stranger)
    assert stranger.press(f"{SCHOOL}/names", {"name": "The Priory"}).status_code == 404
    assert own.press(f"{SCHOOL}/names", {"name": "The Priory"}).status_code == 303
    answer = council.press(f"{SCHOOL}/names", {"name": "the priory"})
    assert (answer.status_code, "found by this name already" in answer.text) == (400, True)
    page = council.get(SCHOOL).text
    place = page.index("/names/") + len("/names/")
    remove = f"{SCHOOL}/names/{page[place : place + 36]}/remove"
    assert stranger.press(remove).status_code == 404
    assert council.press(remove).status_code == 303
    assert "The Priory" not in own.get(SCHOOL).text
    assert trail(morning.wiring, "register:name:added") == [morning.priya.actor]


@pytest.mark.feature("RE2")
def test_a_school_says_itself_that_it_serves_the_pupils_of_the_one_before(
    morning: Morning, lead: Person
) -> None:
    wiring = morning.wiring
    morning.force.school(OLD_URN)
    with wiring.database.write(PLATFORM) as session:
        session.get_one(Establishment, OLD_URN).status = Status.CLOSED
        session.add(EstablishmentLink(urn=OLD_URN, link_urn=URN, link_type="Successor"))
    own, council, stranger = three(morning, morning.priya, lead, morning.stranger)
    confirm = f"{SCHOOL}/serves/{OLD_URN}"
    assert stranger.press(confirm).status_code == 404
    assert council.press(confirm).status_code == 404
    assert "Not confirmed yet" in council.get(SCHOOL).text
    with wiring.database.read(PLATFORM) as session:
        assert confirmed_successor(session, OLD_URN) is None
    assert own.press(f"{SCHOOL}/serves/{LATER_URN}").status_code == 409
    assert own.press(confirm).status_code == 303
    with wiring.database.read(PLATFORM) as session:
        assert confirmed_successor(session, OLD_URN) == URN
    assert "Confirmed Friday 20 November 2026" in own.get(SCHOOL).text
    assert trail(wiring, "register:successor:confirmed") == [morning.priya.actor]


@pytest.mark.feature("RE1")
def test_a_refused_file_is_accepted_by_the_register_and_nobody_else(
    morning: Morning, admin: Person, lead: Person, folder: Path
) -> None:
    morning.notification()
    register_file(folder, {"URN": str(LATER_URN)})
    right, stranger, key_adult = three(morning, admin, lead, morning.priya)
    for browser in (stranger, key_adult):
        assert browser.get("/register/imports").status_code == 404
        assert browser.press("/register/imports/look").status_code == 404
    assert right.press("/register/imports/look").status_code == 303
    (looked,) = rows(morning.wiring, RegisterImport)
    assert looked.state == "dry_run"
    # the school with a message under way is missing from this file, and named with why it matters
    page = right.get("/register/imports").text
    assert f"School {URN}" in page
    assert "Not in the file" in page
    assert "key adults, messages under way" in page
    assert right.press(f"/register/imports/{looked.id}/accept").status_code == 409
    with morning.wiring.database.write(PLATFORM) as session:
        row = session.get_one(RegisterImport, looked.id)
        row.state, row.reason_code = ImportState.REFUSED, "too_many_closures"
    assert stranger.press(f"/register/imports/{looked.id}/accept").status_code == 404
    assert right.press(f"/register/imports/{looked.id}/accept").status_code == 303
    assert "It is applied the next night" in right.get("/register/imports").text
    assert trail(morning.wiring, "register:schools:accepted") == [admin.actor]


def test_without_a_file_there_is_nothing_to_look_at(morning: Morning, admin: Person) -> None:
    browser = signed_in(morning.wiring, admin)
    assert browser.press("/register/imports/look").status_code == 409
    assert rows(morning.wiring, RegisterImport) == []


def test_days_before_this_school_year_are_not_listed(morning: Morning) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        owner = f"urn:{URN}"
        for on in (date(2026, 7, 1), date(2026, 11, 2)):
            set_days(session, owner, on, on, DayKind.INSET)
    page = signed_in(morning.wiring, morning.priya).get(CALENDAR).text
    assert "2 November 2026" in page
    assert "1 July 2026" not in page
