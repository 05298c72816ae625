"""Timeliness, the pack and the digest: for who leads this force or council, and nobody else."""

import io
import re
import zipfile
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from app.access.models import Force
from app.access.permissions import Role
from app.core.audit import Event
from app.core.database import Base
from app.core.ids import new_id
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.reports.national import add_up_everything
from notifications import receipts
from notifications.models import Notification
from schools.connected import Adult
from schools.models import Establishment
from tests.factories.connected import connect
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, add_person, signed_in
from tests.factories.restricted import colleague, name_group

DAY, MONTH = "2026-11-20", "2026-11"
# The rest on one database: what differs between the two is in the reports' own tests.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KINDS = ("timeliness", "stages", "late")


@dataclass
class Told:
    """One told in time, one late, one not told, one protected and not told; and who asks."""

    morning: Morning
    in_time: UUID
    late: UUID
    never: UUID
    protected: UUID

    def person(self, role: Role, name: str, **relation: object) -> Browser:
        person = add_person(self.morning.wiring, f"{name}@example.org", role, name=name, **relation)
        return signed_in(self.morning.wiring, person)


@pytest.fixture
def told(morning: Morning) -> Told:
    ids = [morning.notification() for _ in range(4)]
    with morning.wiring.database.write(PLATFORM) as session:
        session.execute(update(Establishment).values(name="=HYPERLINK(1)", phase="Primary"))
        session.execute(
            update(Notification).where(Notification.id == ids[3]).values(shown_only_to="nobody")
        )
    morning.force.later(10)
    morning.force.act(ids[0], receipts.opened, actor=morning.priya.actor)
    morning.force.later(200)
    morning.force.chase()
    morning.force.act(ids[1], receipts.opened, actor=morning.priya.actor)
    morning.force.later(60)
    return Told(morning, *ids)


def paths(whose: str) -> list[str]:
    return [
        *(f"/reports/{kind}/{whose}" for kind in KINDS),
        f"/reports/timeliness/{whose}/councils",
        f"/reports/timeliness/{whose}/schools",
        f"/reports/messages/{whose}?figure=due",
        f"/reports/timeliness/{whose}/figures.csv",
        f"/reports/timeliness/{whose}/report.xlsx",
        f"/reports/late/{whose}/late.csv",
        f"/reports/pack/{whose}/{MONTH}",
        f"/reports/pack/{whose}/{MONTH}/published",
        f"/reports/digest/{whose}/{DAY}",
    ]


def shown(page: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main")[1]))


@pytest.mark.feature("RP4")
def test_a_lead_opens_every_number_down_to_its_messages(told: Told) -> None:
    for browser, whose in (
        (told.person(Role.LEAD, "force.lead", force=FORCE), f"force/{FORCE}"),
        (told.person(Role.LEAD, "council.lead", council="999"), "council/999"),
    ):
        of_force = whose.startswith("force")
        for path in paths(whose):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert "Example-Khan" not in answer.text
            assert "Asha" not in answer.text
            assert len(answer.content) < 100_000
            assert "style=" not in answer.text
        page = browser.get(f"/reports/timeliness/{whose}?first={DAY}&last={DAY}").text
        assert "4 messages were due on Friday 20 November 2026." in shown(page)
        assert "Told in time: 1 (25%)." in shown(page)
        links = set(re.findall(r'href="(/reports/messages/[^"]+)"', page))
        counted = {"told_in_time": 1, "told_late": 1, "not_told": 2, "due": 4}
        for link in (one.replace("&amp;", "&") for one in links):
            rows = browser.get(link).text.count('data-label="Due"')
            (figure,) = re.findall(r"figure=(\w+)", link)
            if "at=" not in link and figure in counted:
                assert rows == counted[figure], link
            assert rows > 0, link
        late = browser.get(f"/reports/late/{whose}").text
        assert "1 hour 5 minutes late" in late
        assert ("/timeline/" in late) is of_force
        assert "Not shown: protected" in late
        assert late.count("HYPERLINK") == 2
        # A council reads nothing of the incident and no name of the force's people.
        assert ("99-" in shown(late)) is of_force
        protected = browser.get(f"/reports/messages/{whose}?figure=due&at=protected").text
        assert "HYPERLINK" not in protected
        of_school = browser.get(f"/reports/messages/{whose}?figure=due&at=school:{URN}").text
        assert of_school.count('data-label="Due"') == 3


@on_sqlite
def test_a_colleague_and_a_stranger_find_no_report(told: Told) -> None:
    add = told.person
    with told.morning.wiring.database.write(PLATFORM) as session:
        session.add(Force(code="98", name="Elsewhere", added_at=told.morning.force.now))
    for browser in (
        add(Role.FORCE_DESK, "desk", force=FORCE),
        add(Role.LEAD, "other.lead", force="98"),
        add(Role.LEAD, "other.council", council="998"),
        add(Role.COUNCIL_OFFICER, "officer", council="999"),
        add(Role.KEY_ADULT, "key.adult", urn=URN),
        add(Role.PLATFORM_ADMIN, "platform"),
    ):
        for path in (*paths(f"force/{FORCE}"), *paths("council/999")):
            assert browser.get(path).status_code == 404, path
    with told.morning.wiring.database.read(PLATFORM) as session:
        events = set(session.scalars(select(AuditEntry.event)))
    assert not events & {Event.REPORT_VIEWED, Event.REPORT_EXPORTED}


@on_sqlite
def test_a_lead_of_one_does_not_read_the_other(told: Told) -> None:
    council = told.person(Role.LEAD, "council.lead", council="999")
    force = told.person(Role.LEAD, "force.lead", force=FORCE)
    assert all(council.get(path).status_code == 404 for path in paths(f"force/{FORCE}"))
    assert all(force.get(path).status_code == 404 for path in paths("council/999"))
    assert council.get("/reports").headers["location"] == "/reports/timeliness/council/999"


@on_sqlite
def test_a_file_holds_no_formula_and_leaving_is_on_the_trail(told: Told) -> None:
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    text = lead.get(f"/reports/late/force/{FORCE}/late.csv").text
    assert '"\'=HYPERLINK(1)"' in text
    assert not re.search(r'(^|,)"[=+@-]', text, re.MULTILINE)
    book = lead.get(f"/reports/timeliness/force/{FORCE}/report.xlsx").content
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        sheets = [opened.read(one) for one in opened.namelist() if "worksheets/sheet" in one]
        words = opened.read("xl/sharedStrings.xml")
    assert len(sheets) == 7
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert b"=HYPERLINK(1)" in words
    with told.morning.wiring.database.read(PLATFORM) as session:
        left = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.event == Event.REPORT_EXPORTED)
        ).all()
    assert left == ["late:2026-10-22:2026-11-20", "timeliness:2026-10-22:2026-11-20"]


@on_sqlite
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=tomorrow", "Enter a date, like 27/3/2026"),
        ("first=9999-12-31", "Enter a year from 2000 to 2100"),
        ("first=2026-11-20&last=2026-11-19", "The last day must not be before the first"),
        ("first=2024-11-20&last=2026-11-19", "Choose at most 366 days"),
    ],
)
def test_days_that_cannot_be_shown_are_said_and_the_last_thirty_shown(
    told: Told, query: str, said: str
) -> None:
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    answer = lead.get(f"/reports/timeliness/force/{FORCE}?{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert "4 messages were due" in answer.text
    assert lead.get(f"/reports/timeliness/force/{FORCE}/figures.csv?{query}").status_code == 422


@on_sqlite
def test_a_lead_of_the_family_is_not_told_the_school(told: Told) -> None:
    (row,) = told.morning.force.rows(Notification, id=told.late)
    connect(told.morning.wiring, row.incident_id, Adult(email="force.lead@example.org"))
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    late = lead.get(f"/reports/late/force/{FORCE}").text
    assert "Not shown to you" in late
    assert late.count("HYPERLINK") == 1


def test_a_restricted_incident_is_in_no_number_of_a_lead_outside_its_group(told: Told) -> None:
    (row,) = told.morning.force.rows(Notification, id=told.in_time)
    with told.morning.wiring.database.write(PLATFORM) as session:
        session.get_one(Incident, row.incident_id).restricted_access = True
    wiring = told.morning.wiring
    members = [
        colleague(wiring, f"{one}.member@example.org", Role.FORCE_DESK, Role.REVIEWER)
        for one in ("first", "second")
    ]
    name_group(wiring, members)
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    page = shown(lead.get(f"/reports/timeliness/force/{FORCE}").text)
    assert "3 messages were due" in page
    assert "Told in time: 0" in page
    listed = lead.get(f"/reports/messages/force/{FORCE}?figure=due").text
    assert listed.count('data-label="Due"') == 3


@on_sqlite
@pytest.mark.feature("RP9")
def test_the_pack_has_its_definitions_and_the_published_one_no_small_number(told: Told) -> None:
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    whole = shown(lead.get(f"/reports/pack/force/{FORCE}/{MONTH}").text)
    assert "Monthly pack, November 2026" in whole
    assert "4 messages were due. Told in time: 1." in whole
    assert "Definitions Figure Counts Out of Left out Source" in whole
    assert "The month is not over" in whole
    public = shown(lead.get(f"/reports/pack/force/{FORCE}/{MONTH}/published").text)
    assert "Too few messages were due to say anything." in public
    assert "HYPERLINK" not in public
    assert "Hidden: few messages were late." in public
    assert "Definitions" in public
    assert lead.get(f"/reports/pack/force/{FORCE}/2026-13").status_code == 404


@on_sqlite
@pytest.mark.feature("RP8")
def test_the_digest_puts_what_is_gravest_first(told: Told) -> None:
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    page = lead.get(f"/reports/digest/force/{FORCE}/{DAY}").text
    text = shown(page)
    assert "2 messages not told, past the deadline" in text
    assert text.index("Not told, past their deadline") < text.index("Told late this day")
    for link in re.findall(r'href="(/reports/(?:messages|late)/[^"]+)"', page):
        assert lead.get(link.replace("&amp;", "&")).status_code == 200


@on_sqlite
def test_all_forces_are_for_who_runs_the_platform(told: Told) -> None:
    now = told.morning.force.now
    with told.morning.wiring.database.write(PLATFORM) as session:
        add_up_everything(session, FORCE, now=now)
    platform = told.person(Role.PLATFORM_ADMIN, "platform")
    page = shown(platform.get("/reports/national").text)
    assert "Exampleshire fewer than 5, or hidden" in page
    assert platform.get("/reports/national?first=x").status_code == 400
    for role in (Role.LEAD, Role.FORCE_DESK):
        colleague = told.person(role, role.value, force=FORCE)
        assert colleague.get("/reports/national").status_code == 404
        assert colleague.get("/reports/national?first=x").status_code == 404


@on_sqlite
def test_no_page_of_the_largest_force_is_over_a_hundred_kilobytes(told: Told) -> None:
    add_places(told, schools=240, councils=33)
    lead = told.person(Role.LEAD, "force.lead", force=FORCE)
    place = f"/reports/timeliness/force/{FORCE}"
    first = lead.get(place)
    assert "All 35 councils" in first.text
    assert "All 242 schools" in first.text
    pages = [first, *(lead.get(f"{place}/{of}") for of in ("councils", "schools"))]
    assert "Councils 1 to 35" in pages[1].text
    assert "Schools 1 to 50" in pages[2].text
    (after,) = re.findall(r'href="([^"]+/schools\?[^"]*skip=50)"', pages[2].text)
    assert "Schools 51 to 100" in lead.get(after.replace("&amp;", "&")).text
    pages.append(lead.get(f"/reports/pack/force/{FORCE}/2026-11"))
    assert "These 100 were late most often; 242 were late at all." in pages[-1].text
    assert pages[-1].text.count("A School of Quite a Long Name") == 99
    assert max(len(one.content) for one in pages) < 100_000


def add_places(told: Told, *, schools: int, councils: int) -> None:
    """Copy the message that was told late to so many schools of so many councils."""
    with told.morning.wiring.database.write(PLATFORM) as session:
        message = session.get_one(Notification, told.late)
        school = session.get_one(Establishment, URN)
        for number in range(schools):
            urn, council = 980_000 + number, f"{100 + number % councils}"
            session.execute(insert(Establishment).values({
                **_columns(school), "urn": urn, "name": f"A School of Quite a Long Name {urn}",
            }))  # fmt: skip
            session.execute(insert(Notification).values({
                **_columns(message), "id": new_id(), "urn": urn, "council": council,
                "recipient": f"urn:{urn}",
            }))  # fmt: skip


def _columns(row: Base) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}
