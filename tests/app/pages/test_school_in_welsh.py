"""What a school keeps of itself, in Welsh: its people, days away, calendar, names, and tonight."""

from datetime import timedelta

import pytest

from app.access.models import Account
from app.casework.key_adult_requests import Asked, request_key_adult
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.key_adult_models import KeyAdultRequest
from schools.models import Establishment, EstablishmentLink, KeyAdult, Status
from tests.app.pages.test_languages import in_welsh, is_welsh
from tests.factories.mornings import Morning
from tests.factories.notifications import TODAY, URN
from tests.factories.people import Browser, Person, move, signed_in
from tests.factories.register import Keepers, keepers

SCHOOL, CALENDAR = f"/register/schools/{URN}", f"/register/calendars/schools/{URN}"
PEOPLE = f"{SCHOOL}/key-adults"
OLD_URN = 990009


@pytest.fixture
def people(morning: Morning) -> Keepers:
    return keepers(morning)


def entry(people: Keepers, person: Person) -> str:
    """Return the address of somebody's entry at the school."""
    row: KeyAdult = people.rows(KeyAdult, account_id=person.account_id)[0]
    return f"/register/key-adults/{row.id}"


def read(browser: Browser, address: str) -> str:
    browser.get(address)
    return is_welsh(browser)


def refused(browser: Browser, address: str, form: dict[str, str], said: str) -> None:
    """Press, and read beside the field and above the page what was wrong."""
    browser.press(address, form)
    page = is_welsh(browser, 400)
    assert page.count(said) >= 2
    assert "<title>Gwall: " in page
    assert "Mae problem" in page


@pytest.mark.feature("CO9")
def test_days_away_training_holidays_and_leaving_are_kept_in_welsh(
    morning: Morning, people: Keepers
) -> None:
    own, here = in_welsh(people.wiring, morning.priya), entry(people, morning.priya)
    assert "Diwrnodau i ffwrdd, hyfforddiant" in read(own, "/account/contact")
    assert "Nid yw’r gwasanaeth hwn yn darllen unrhyw e-bost" in read(own, here)
    own.press(f"{here}/away", {"first_on": "23/11/2026", "last_on": "27/11/2026"})
    page = read(own, here)
    assert "Dydd Llun 23 Tachwedd 2026 hyd at ddydd Gwener 27 Tachwedd 2026, fel y" in page
    assert "heb fod i ffwrdd wedi’r cyfan: o ddydd Llun 23 Tachwedd 2026" in page
    assert "I ffwrdd o ddydd Llun 23" in read(own, PEOPLE)
    own.press(f"{here}/training", {"course": "Lefel 3", "trained_on": "2025-01-10"})
    assert "Lefel 3, dydd Gwener 10 Ionawr 2025" in read(own, PEOPLE)
    own.press(f"{here}/holidays", {"first_on": "2026-12-19", "last_on": "2027-01-03"})
    assert "Heb fod yn gyswllt o ddydd Sadwrn 19 Rhagfyr 2026" in read(own, here)
    own.press(f"{here}/leave", {"left_on": "2026-12-31"})
    assert "Yn gadael ddydd Iau 31 Rhagfyr 2026" in read(own, PEOPLE)
    assert "Yn aros wedi’r cyfan" in read(own, here)
    own.press(f"{here}/stay")
    for act, form, said in (
        ("away", {"first_on": "cyn bo hir"}, "Rhowch ddyddiad, fel 27/3/2026"),
        ("away", {"first_on": "2026-12-02", "last_on": "2026-12-01"}, "Rhaid i’r diwrnod olaf"),
        ("away", {"first_on": "2026-12-02", "last_on": "2029-12-01"}, "dim mwy na blwyddyn"),
        ("training", {"trained_on": "2027-01-01"}, "Rhaid i ddyddiad yr hyfforddiant"),
        ("leave", {"left_on": "2030-01-01"}, "Rhowch ddiwrnod o fewn y flwyddyn nesaf"),
    ):
        refused(own, f"{here}/{act}", form, said)


def test_a_colleague_reads_the_same_in_english_and_a_stranger_nothing(
    morning: Morning, people: Keepers
) -> None:
    here = entry(people, morning.priya)
    own, stranger = (
        in_welsh(people.wiring, morning.priya),
        in_welsh(people.wiring, morning.stranger),
    )
    own.press(f"{here}/away", {"first_on": "23/11/2026"})
    colleague = signed_in(people.wiring, morning.huw)
    page = colleague.get(here)
    assert page.headers["content-language"] == "en"
    assert "Monday 23 November 2026 to Monday 23 November 2026, said so" in page.text
    for address in (here, SCHOOL, PEOPLE, f"{PEOPLE}/add", f"{SCHOOL}/tonight", CALENDAR):
        assert own.get(address).headers["content-language"] == "cy"
        stranger.get(address)
        assert "Heb ddod o hyd i’r dudalen" in is_welsh(stranger, 404)


@pytest.mark.feature("CO9")
def test_a_school_asks_for_a_key_adult_and_its_council_decides_in_welsh(
    morning: Morning, people: Keepers
) -> None:
    own, council = in_welsh(people.wiring, morning.priya), in_welsh(people.wiring, people.lead)
    assert "Rhywun arall sy’n cymeradwyo" in read(own, f"{PEOPLE}/add")
    refused(own, f"{PEOPLE}/add", {"email": "neb"}, "Rhowch enw’r person")
    refused(own, f"{PEOPLE}/add", {"name": "Rosa", "position": "x"}, "Rhowch rif o 1 i fyny")
    asked = {"name": "Rosa Quay", "email": "rosa@example.org", "telephone": "01632 960 036"}
    own.press(f"{PEOPLE}/add", asked)
    own.press(f"{PEOPLE}/add", asked)
    assert "Gofynnwyd am y person hwn eisoes" in is_welsh(own, 409)
    assert "Rosa Quay, gan Priya Nair." in read(own, PEOPLE)
    assert "Chi a ofynnodd am hyn" in read(own, "/register/requests")
    assert "1 cais i’w benderfynu" in read(council, "/register")
    assert "Penderfynwch erbyn dydd Gwener 4 Rhagfyr 2026" in read(council, "/register/requests")
    (row,) = people.rows(KeyAdultRequest)
    refused(council, f"/register/requests/{row.id}/approve", {}, "Dywedwch sut rydych yn gwybod")
    refused(council, f"/register/requests/{row.id}/refuse", {}, "Dewiswch pam na")
    council.press(f"/register/requests/{row.id}/approve", {"made_sure": "known_in_person"})
    page = read(council, PEOPLE)
    assert "E-bost heb ei ddilysu." in page
    assert "Wedi’i wahodd, mae’r ddolen yn gweithio tan ddydd" in page
    for number, words in ((2, "2 gais i’w penderfynu"), (3, "3 chais"), (4, "4 cais i’w")):
        for one in range(len(people.rows(KeyAdultRequest, state="waiting")), number):
            somebody = Asked(f"Person {one}", f"person{number}{one}@example.org")
            people.act(morning.huw, request_key_adult, urn=URN, asked=somebody)
        assert words in read(council, "/register")


def test_what_does_not_open_is_said_in_welsh(morning: Morning, people: Keepers) -> None:
    own = in_welsh(people.wiring, morning.priya)
    people.act(morning.huw, request_key_adult, urn=URN, asked=Asked("Rosa", "rosa@example.org"))
    with people.wiring.database.write(PLATFORM) as session:
        session.get_one(Account, morning.huw.account_id).sealed = b"nothing"
        session.query(KeyAdult).filter_by(account_id=morning.huw.account_id).one().sealed = b"none"
    page = read(own, PEOPLE)
    assert "2. Cofnod nad yw’n agor" in page
    assert "Rosa, gan Cyfrif nad yw’n agor." in page
    assert "Cofnod nad yw’n agor – Encompass" in read(own, entry(people, morning.huw))


@pytest.mark.feature("CO9")
def test_a_school_reads_in_welsh_what_would_happen_tonight(
    wiring: Wiring, morning: Morning, people: Keepers
) -> None:
    move(wiring, hours=13, minutes=30)
    own, lead = in_welsh(wiring, morning.priya), in_welsh(wiring, people.lead)
    page = read(own, f"{SCHOOL}/tonight")
    assert "erbyn <strong>dydd Llun 23 Tachwedd 2026 am 8:30 y bore</strong>" in page
    assert "Rhybudd drwy e-bost i’r cyntaf a all dderbyn: Key Adult 1" in page
    assert 'data-label="Beth sy’n digwydd"' in page
    for one in (morning.priya, morning.huw):
        days = {"first_on": TODAY.isoformat(), "last_on": (TODAY + timedelta(days=7)).isoformat()}
        own.press(f"{entry(people, one)}/away", days)
    page = read(own, f"{SCHOOL}/tonight")
    assert "Key Adult 2: <strong>nid y diwrnod hwnnw</strong>, i ffwrdd" in page
    assert "nid oes neb ar ôl i ofyn iddo" in page
    assert "Ni fyddai unrhyw rybudd yn cyrraedd neb yma" in page
    assert "I ffwrdd" in read(own, "/register")
    assert "0 o 2 yn gallu derbyn" in read(lead, "/register")


@pytest.mark.feature("CO9")
def test_a_school_keeps_its_calendar_its_hours_and_its_names_in_welsh(
    wiring: Wiring, morning: Morning
) -> None:
    morning.force.school(OLD_URN)
    with wiring.database.write(PLATFORM) as session:
        session.get_one(Establishment, OLD_URN).status = Status.CLOSED
        session.add(EstablishmentLink(urn=OLD_URN, link_urn=URN, link_type="Successor"))
    own = in_welsh(wiring, morning.priya)
    owner = {"owner": f"urn:{URN}"}
    page = read(own, SCHOOL)
    assert "Ar agor" in page
    assert '<span lang="en">Community school' in page
    assert "Heb fod yn hysbys: 8:30 y bore yw terfyn amser neges" in page
    own.press(f"{SCHOOL}/serves/{OLD_URN}")
    assert "Cadarnhawyd ddydd Gwener 20 Tachwedd 2026" in read(own, SCHOOL)
    own.press(f"{CALENDAR}/hours", {"doors": "8:50", "leave": "15:20"})
    page = read(own, SCHOOL)
    assert "8:50 y bore" in page
    assert "3:20 y prynhawn" in page
    own.press("/register/calendars/days", owner | {"kind": "inset", "first": "2026-11-23"})
    own.press("/register/calendars/terms", owner | {"first": "2027-01-05", "last": "2027-03-01"})
    page = read(own, CALENDAR)
    assert "Dydd Llun 23 Tachwedd 2026: Diwrnod hyfforddi (HMS)" in page
    assert "Dydd Mawrth 5 Ionawr 2027 hyd at ddydd Llun 1 Mawrth 2027" in page
    assert f"<title>Calendr: School {URN} – Encompass" in page
    for address, form, said in (
        ("days", {"kind": "", "first": "2026-11-23"}, "Dewiswch ar gau, diwrnod hyfforddi"),
        ("days", {"kind": "closed", "first": "2026-11-23", "last": "2026-11-01"}, "o 366 diwrnod"),
        ("terms", {"first": "2027-01-05", "last": "2027-12-01"}, "o 140 diwrnod ar y mwyaf"),
        ("terms", {"first": "2027-02-05", "last": "2027-04-01"}, "Mae’r tymor yn gorgyffwrdd"),
        (f"schools/{URN}/hours", {"doors": "25:00"}, "Rhowch amser, fel 8:45"),
        (f"schools/{URN}/hours", {"doors": "15:20", "leave": "8:40"}, "Mae’r drysau’n agor cyn"),
        (f"schools/{URN}/hours", {}, "Rhowch o leiaf un o’r tri amser"),
    ):
        refused(own, f"/register/calendars/{address}", owner | form, said)
    own.press(f"{SCHOOL}/names", {"name": "Y Priordy"})
    assert "enw arall arni" in read(own, SCHOOL)
    refused(own, f"{SCHOOL}/names", {"name": "y priordy"}, "wrth yr enw hwn eisoes")
    own.press("/register/schools", {"text": str(URN)})
    assert "1 ysgol" in is_welsh(own)
    own.press("/register/schools", {"text": "Neb"})
    assert "Ni chafwyd hyd i ysgol agored" in is_welsh(own)


def test_a_date_of_a_school_that_is_yet_to_come_is_refused_in_welsh(
    wiring: Wiring, morning: Morning
) -> None:
    own = in_welsh(wiring, morning.priya)
    assert "Yn eisiau:" in read(own, PEOPLE)
    coming = (london_date(wiring.clock.now()) + timedelta(days=1)).isoformat()
    refused(own, f"{SCHOOL}/dates", {"protocol_on": coming}, "Rhaid i’r dyddiad fod heddiw")
