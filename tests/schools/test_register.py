"""The register import: bad rows, missing columns, wrong files, closures, successors."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.database import Database
from app.core.errors import Refused
from app.core.scope import PLATFORM
from schools.models import Establishment, EstablishmentLink, Status
from schools.queries import (
    establishment,
    establishments,
    find_establishments,
    single_successor,
)
from schools.register import RegisterReport, import_register
from schools.term_dates import Nation
from tests.factories.schools import (
    NOW,
    OFFICIAL,
    OTHER_COUNCIL,
    add_school,
    as_csv,
    links_file,
    register_file,
)

pytestmark = pytest.mark.feature("RE1")


def run(database: Database, path: Path, **options: object) -> RegisterReport:
    with database.write(PLATFORM) as session:
        return import_register(session, path, now=NOW, **options)  # type: ignore[arg-type]


def stored(database: Database, urn: int) -> Establishment:
    with database.read(PLATFORM) as session:
        row = establishment(session, urn)
    assert row is not None
    return row


def test_a_row_becomes_a_school_and_the_same_file_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    welsh = {
        "URN": "990002", "EstablishmentName": "Ysgol Gynradd Aberenghraifft", "LA (code)": "660",
        "StatutoryLowAge": "", "StatutoryHighAge": "", "TypeOfEstablishment (code)": "30",
        "TelephoneNum": "1632960002", "Town": "Llan Siân",
    }  # fmt: skip
    path = register_file(tmp_path, {}, welsh)
    first, second = run(database, path), run(database, path)
    assert (first.added, first.rejected) == (2, [])
    assert (second.added, second.changed, second.closed, second.unchanged) == (0, 0, 0, 2)
    school = stored(database, 990001)
    assert (school.status, school.nation, school.statutory) == (Status.OPEN, Nation.ENGLAND, True)
    assert (school.low_age, school.high_age, school.opened_on) == (4, 11, date(2001, 9, 1))
    assert (school.la_code, school.establishment_number) == ("999", 4001)
    other = stored(database, 990002)
    assert (other.nation, other.low_age, other.telephone) == (Nation.WALES, None, "01632960002")
    assert (other.town, other.town_key) == ("Llan Siân", "llan sian")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"URN": "99"}, "not_a_urn"),
        ({"URN": "990001"}, "twice"),
        ({"EstablishmentName": " "}, "missing"),
        ({"EstablishmentName": "x" * 201}, "too_long"),
        ({"EstablishmentName": "=1+1"}, "formula"),
        ({"EstablishmentStatus (name)": "Resting"}, "status"),
        ({"OpenDate": "2001"}, "not_a_date"),
        ({"StatutoryLowAge": "four"}, "not_a_number"),
    ],
)
def test_a_bad_row_is_left_out_and_named_by_its_line(
    database: Database, tmp_path: Path, change: dict[str, str], code: str
) -> None:
    path = register_file(tmp_path, {}, {"URN": "990002", **change}, {"URN": "990003"})
    report = run(database, path)
    assert report.added == 2
    assert [(one.line, one.code) for one in report.rejected] == [(3, code)]


def test_missing_columns_are_tolerated_and_keep_what_is_stored(
    database: Database, tmp_path: Path
) -> None:
    run(database, register_file(tmp_path, {}))
    thin = tmp_path / "thin.csv"
    thin.write_text("URN,EstablishmentName\n990001,Renamed School\n990002,New School\n")
    report = run(database, thin)
    assert (report.added, report.changed) == (1, 1)
    school = stored(database, 990001)
    assert (school.name, school.town, school.low_age) == ("Renamed School", "Exampleton", 4)
    assert stored(database, 990002).status is Status.OPEN


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"EstablishmentName\nA\n", "URN"),
        (b"URN,Name\n990001,A\n", "EstablishmentName"),
        (b"URN,EstablishmentName\n", "No row"),
        ("URN,EstablishmentName\n990001,Ysgol Siân\n".encode(), "UTF-8"),
        ("URN,EstablishmentName\n990001,A\n".encode("utf-16"), "NUL"),
        (b"PK\x03\x04 this is no zip", "URN"),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_is_written(
    database: Database, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        run(database, path)
    assert says in refused.value.detail
    with database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Establishment)) == 0


def test_a_missing_file_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no file"):
        run(database, tmp_path / "nowhere.csv")


def test_spoilt_accents_in_an_unused_column_do_not_spoil_the_file(
    database: Database, tmp_path: Path
) -> None:
    row = {**OFFICIAL, "DistrictAdministrative (name)": "Ynys Môn"}
    path = tmp_path / "register.csv"
    path.write_bytes(as_csv([row]).encode("utf-8"))
    assert run(database, path).added == 1


def test_one_spoilt_name_among_good_accents_is_one_bad_row(
    database: Database, tmp_path: Path
) -> None:
    spoilt = "Ysgol Siân".encode().decode("cp1252")
    path = register_file(
        tmp_path, {"Town": "Llan Siân"}, {"URN": "990002", "EstablishmentName": spoilt}
    )
    report = run(database, path)
    assert (report.added, [one.code for one in report.rejected]) == (1, ["encoding"])


def test_the_official_zip_is_read_and_others_are_refused(
    database: Database, tmp_path: Path
) -> None:
    path = register_file(tmp_path, {})
    good, two, broken = (tmp_path / name for name in ("good.zip", "two.zip", "broken.zip"))
    with zipfile.ZipFile(good, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "edubasealldata20261120.csv")
    with zipfile.ZipFile(two, "w") as archive:
        archive.write(path, "a.csv")
        archive.write(path, "b.csv")
    broken.write_bytes(good.read_bytes()[:40] + b"x" * 40 + good.read_bytes()[80:])
    assert run(database, good).added == 1
    for wrong in (two, broken):
        with pytest.raises(Refused, match=r"zip"):
            run(database, wrong)


def test_a_zip_that_grows_too_large_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schools.register_file.MAX_EXPANDED", 100)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("register.csv", "x" * 1_000)
    with pytest.raises(Refused, match="too large"):
        run(database, bomb)


def test_a_file_that_would_close_more_than_a_tenth_is_refused_before_writing(
    database: Database, tmp_path: Path
) -> None:
    rows = [{"URN": str(990001 + number)} for number in range(20)]
    run(database, register_file(tmp_path, *rows))
    shut = {"EstablishmentStatus (code)": "2", "EstablishmentStatus (name)": "Closed"}
    path = register_file(tmp_path, *[{**row, **shut} for row in rows[:3]], *rows[3:])
    with pytest.raises(Refused, match="3 of 20"):
        run(database, path)
    assert stored(database, 990001).status is Status.OPEN
    assert run(database, path, accept_closures=True).closed == 3
    two = [{**row, **shut} for row in rows[3:5]]
    few = register_file(tmp_path, *[{**row, **shut} for row in rows[:3]], rows[5], *rows[6:])
    assert run(database, few).changed == 0
    assert len(two) == 2


def test_schools_that_the_file_leaves_out_stay_open_and_are_counted(
    database: Database, tmp_path: Path
) -> None:
    run(database, register_file(tmp_path, {}, {"URN": "990002"}))
    report = run(database, register_file(tmp_path, {}))
    assert (report.missing, report.closed, report.unchanged) == (1, 0, 1)
    assert stored(database, 990002).status is Status.OPEN


def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    path = register_file(tmp_path, {})
    links = links_file(tmp_path, (990001, 990002, "Successor"))
    done: list[int] = []
    report = run(database, path, links_path=links, dry_run=True, progress=done.append)
    assert (report.added, report.links, report.dry_run) == (1, 1, True)
    assert sum(done) > 0
    with database.read(PLATFORM) as session:
        assert session.scalar(select(func.count()).select_from(Establishment)) == 0
        assert session.scalar(select(func.count()).select_from(EstablishmentLink)) == 0


@pytest.mark.parametrize(
    ("links", "successor"),
    [
        ([(990001, 990002, "Successor")], 990002),
        ([(990002, 990001, "Predecessor")], 990002),
        ([(990001, 990002, "Successor - merged")], 990002),
        ([(990001, 990002, "Result of Amalgamation")], 990002),
        ([(990001, 990003, "Successor"), (990003, 990002, "Successor")], 990002),
        ([(990001, 990002, "Successor"), (990001, 990004, "Successor")], None),
        ([(990001, 990002, "Successor - Split School")], None),
        ([(990001, 990003, "Successor")], None),  # closed as well, and nobody after it
        ([(990001, 990003, "Successor"), (990003, 990001, "Successor")], None),
        ([(990001, 990002, "Sixth Form Centre Link")], None),
        ([], None),
    ],
)
def test_a_single_open_successor_is_followed(
    database: Database, tmp_path: Path, links: list[tuple[int, int, str]], successor: int | None
) -> None:
    with database.write(PLATFORM) as session:
        for urn, status in ((990001, Status.CLOSED), (990002, Status.OPEN),
                            (990003, Status.CLOSED), (990004, Status.OPEN)):  # fmt: skip
            add_school(session, urn, status=status)
    path = register_file(tmp_path, {"URN": "990009"})
    report = run(database, path, links_path=links_file(tmp_path, *links) if links else None)
    assert report.links == len(links)
    with database.read(PLATFORM) as session:
        assert single_successor(session, 990001) == successor


def test_a_closing_school_with_a_successor_is_counted(database: Database, tmp_path: Path) -> None:
    others = [{"URN": str(990010 + number)} for number in range(10)]
    links = links_file(tmp_path, (990001, 990010, "Successor"))
    run(database, register_file(tmp_path, {}, *others), links_path=links)
    shut = {"EstablishmentStatus (name)": "Closed", "CloseDate": "31-08-2026"}
    report = run(database, register_file(tmp_path, shut, *others), links_path=links)
    assert (report.closed, report.successors, report.links_unchanged) == (1, 1, 1)
    assert stored(database, 990001).closed_on == date(2026, 8, 31)


@pytest.mark.parametrize(
    ("typed", "urns"),
    [
        ("990001", [990001]),
        ("999/4001", [990001]),
        ("zz99 1aa", [990001]),
        ("st marys rc prim", [990001]),
        ("St Mary's Exampleton", [990002, 990001]),
        ("mary", [990002, 990001]),
        ("old mill", []),  # closed
        ("100%_", []),
        ("   ", []),
    ],
)
def test_schools_are_found_by_what_people_type(
    database: Database, typed: str, urns: list[int]
) -> None:
    with database.write(PLATFORM) as session:
        add_school(session, 990001, establishment_number=4001)
        add_school(session, 990002, name="St Mary's CofE Primary School", postcode="ZZ99 2AA")
        add_school(session, 990003, name="Old Mill School", status=Status.CLOSED)
    with database.read(PLATFORM) as session:
        assert [one.urn for one in find_establishments(session, typed)] == urns
        assert set(establishments(session, [990001, 990099])) == {990001}
        assert establishments(session, []) == {}
        assert OTHER_COUNCIL not in {one.la_code for one in find_establishments(session, typed)}
