"""The four import commands, each with a good file, a file with a bad row, and a bad file."""

import json
from pathlib import Path

import pytest

from app.demo.schools import SCHOOLS
from tests.app.conftest import Encompass
from tests.factories.county import county_files

ROLL = "UPN,Surname,Forename,MiddleNames,PreferredSurname,FormerSurname,DOB,Sex,PostCode,URN,"
ROLL += "EntryDate,LeavingDate\n"
KEY_ADULTS = "URN,Position,Name,Email,Telephone,TrainedOn,TrainingExpiresOn,VerifiedOn,LeftOn,"
KEY_ADULTS += "AwayFrom,AwayTo\n"
GOOD_ADULT = "990001,1,Ada Quill,ada@example.org,07700 900001,01-09-2026,01-09-2028,01-10-2026,,,\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def with_register(encompass: Encompass, tmp_path: Path) -> Encompass:
    files = county_files(tmp_path)
    assert encompass("register", "import", files.establishments).exit_code == 0
    return encompass


def test_the_register_is_imported_and_the_second_time_nothing_changes(
    encompass: Encompass, tmp_path: Path
) -> None:
    files = county_files(tmp_path)
    first = encompass("register", "import", files.establishments, "--links", files.links, "--json")
    again = encompass("register", "import", files.establishments, "--json")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert json.loads(first.stdout)["added"] == len(SCHOOLS)
    second = json.loads(again.stdout)
    assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, len(SCHOOLS))


def test_a_dry_run_stores_nothing(encompass: Encompass, tmp_path: Path) -> None:
    files = county_files(tmp_path)
    said = encompass("register", "import", files.establishments, "--dry-run")
    assert said.exit_code == 0
    assert "nothing was stored" in said.stdout
    then = encompass("register", "import", files.establishments, "--json")
    assert json.loads(then.stdout)["added"] == len(SCHOOLS)


def test_a_register_that_closes_a_tenth_is_refused_unless_accepted(
    encompass: Encompass, tmp_path: Path
) -> None:
    path = county_files(tmp_path).establishments
    encompass("register", "import", path)
    rows = path.read_text("cp1252").splitlines(keepends=True)
    closed = [row.replace(",1,Open,", ",2,Closed,") if number < 20 else row
              for number, row in enumerate(rows)]  # fmt: skip
    path.write_text("".join(closed), encoding="cp1252")
    refused = encompass("register", "import", path)
    assert refused.exit_code == 1
    assert "--accept-closures" in refused.stderr
    assert encompass("register", "import", path, "--accept-closures").exit_code == 0


@pytest.mark.parametrize(
    "content",
    [b"URN,Name\n990001,No such column\n", b"", b"PK\x03\x04 not a zip", b"\xff\xfe\x00U\x00R\x00"],
)
def test_a_file_that_is_no_register_is_refused(
    encompass: Encompass, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    refused = encompass("register", "import", path)
    assert refused.exit_code == 1
    assert refused.stderr.strip()


def test_a_missing_file_is_refused_with_its_path(encompass: Encompass) -> None:
    refused = encompass("register", "import", "/nowhere/edubasealldata.csv")
    assert refused.exit_code == 1
    assert "edubasealldata.csv" in refused.stderr


def test_a_bad_key_adult_never_blocks_a_good_one(with_register: Encompass, tmp_path: Path) -> None:
    bad = "990002,1,=HYPERLINK(1),bob@example.org,07700 900002,,,,,,\n"
    path = write(tmp_path / "adults.csv", KEY_ADULTS + GOOD_ADULT + bad)
    done = with_register("key-adults", "import", path, "--json")
    assert done.exit_code == 0
    body = json.loads(done.stdout)
    assert body["accepted"] == 1
    assert [error["line"] for error in body["errors"]] == [3]
    assert "HYPERLINK" not in done.output


def test_a_file_without_one_good_row_fails(with_register: Encompass, tmp_path: Path) -> None:
    path = write(tmp_path / "adults.csv", KEY_ADULTS + "111111,1,Ada Quill,not-an-address,,,,,,,\n")
    refused = with_register("key-adults", "import", path)
    assert refused.exit_code == 1
    assert "line 2" in refused.stderr
    assert "not-an-address" not in refused.output


def test_the_calendar_is_imported_with_its_bad_rows_named(
    with_register: Encompass, tmp_path: Path
) -> None:
    text = "Owner,Kind,From,To,DoorsOpen,RegisterClose,PupilsLeave,Note\n"
    text += "council:999,term,01-09-2026,18-12-2026,,,,\n"
    text += "990001,hours,,,08:45,09:30,15:15,\n"
    text += "990001,party,20-11-2026,20-11-2026,,,,\n"
    done = with_register("calendar", "import", write(tmp_path / "days.csv", text), "--json")
    assert done.exit_code == 0
    body = json.loads(done.stdout)
    assert (body["accepted"], [error["line"] for error in body["errors"]]) == (2, [4])


def test_a_roll_is_imported_for_its_supplier(with_register: Encompass, tmp_path: Path) -> None:
    text = ROLL + "R999999926001,Quillmere,Asha,,,,02-03-2016,F,ZZ99 3VZ,990001,01-09-2024,\n"
    text += ",Quillmere,Noah,,,,31-02-2016,M,ZZ99 3VZ,990001,,\n"
    path = write(tmp_path / "roll.csv", text)
    done = with_register("roll", "import", path, "--council", "999", "--json")
    assert done.exit_code == 0
    body = json.loads(done.stdout)
    assert (body["accepted"], [error["line"] for error in body["errors"]]) == (1, [3])
    assert "Quillmere" not in done.output


def test_a_roll_is_listed_marked_and_erased(with_register: Encompass, tmp_path: Path) -> None:
    text = ROLL + "A999999926001,Quillmere,Asha,,,,02-03-2016,F,ZZ99 3VZ,990001,01-09-2024,\n"
    imported = with_register("roll", "import", write(tmp_path / "roll.csv", text), "--council", 999)
    assert "(upn_check)" in imported.stderr
    held = json.loads(with_register("roll", "list", "--json").stdout)
    assert [(one["owner"], one["pupils"]) for one in held["rolls"]] == [("council:999", 1)]
    assert held["wide_blocks"] == 0
    assert "council:999" in with_register("roll", "list").stdout
    marked = with_register("roll", "mark-postcode", "--reason", "refuge", typed="zz99 3vz\n")
    assert (marked.exit_code, "3VZ" in marked.output) == (0, False)
    again = with_register("roll", "mark-postcode", "--reason", "shed", typed="zz99 3vz\n")
    assert again.exit_code == 2
    erased = with_register("roll", "erase", "--council", "999", "--json")
    assert json.loads(erased.stdout) == {"erased": 1}
    assert json.loads(with_register("roll", "list", "--json").stdout)["rolls"] == []


def test_a_roll_needs_exactly_one_supplier(bare_encompass: Encompass, tmp_path: Path) -> None:
    path = write(tmp_path / "roll.csv", ROLL)
    assert bare_encompass("roll", "import", path).exit_code == 2
    both = bare_encompass("roll", "import", path, "--council", "999", "--establishment", 990001)
    assert both.exit_code == 2


def test_officers_are_added_listed_and_let_go(with_register: Encompass, tmp_path: Path) -> None:
    with_register("force", "add", "99", "Exampleshire Police")
    added = with_register(
        "officers", "add", "force:99", "reviewer", "reviewer@example.org", "--name", "Ada Quill",
        "--verified", "--json",
    )  # fmt: skip
    assert added.exit_code == 0, added.stderr
    officers = "Owner,Duty,Position,Name,Email\nforce:99,reviewer,2,Bo Sand,bo@example.org\n"
    assert with_register("officers", "import", write(tmp_path / "o.csv", officers)).exit_code == 0
    listed = json.loads(with_register("officers", "list", "force:99", "--json").stdout)["officers"]
    assert [(one["name"], one["reason_code"]) for one in listed] == [
        ("Ada Quill", None), ("Bo Sand", "contact_unverified"),
    ]  # fmt: skip
    assert with_register("officers", "leave", listed[0]["officer_id"]).exit_code == 0
    left = json.loads(with_register("officers", "list", "force:99", "--json").stdout)["officers"]
    assert [one["name"] for one in left] == ["Bo Sand"]


def test_an_officer_of_nobody_is_refused(with_register: Encompass) -> None:
    for owner, duty in (
        ("council:123", "council_officer"), ("force:98", "reviewer"), ("council:999", "reviewer"),
    ):  # fmt: skip
        said = with_register("officers", "add", owner, duty, "a@example.org", "--name", "Ada")
        assert said.exit_code == 1


def test_a_dry_run_of_the_register_says_what_the_real_run_then_does(
    encompass: Encompass, tmp_path: Path
) -> None:
    path = county_files(tmp_path).establishments
    encompass("register", "import", path)
    text = path.read_text("cp1252").replace("Testerby Village Primary", "Testerby Green Primary")
    path.write_text(text, encoding="cp1252")
    tried = encompass("register", "import", path, "--dry-run")
    done = encompass("register", "import", path)
    for said in (tried, done):
        assert "1 former names kept" in said.stdout
        assert "By what happens to a school: 1 renamed." in said.stdout
        assert "990012" in said.stdout


def test_a_roll_says_how_many_pupils_it_replaces(with_register: Encompass, tmp_path: Path) -> None:
    path = write(tmp_path / "roll.csv", ROLL + ",Larkford,Asha,,,,12-05-2018,F,,990001,,\n")
    with_register("roll", "import", path, "--establishment", "990001")
    again = with_register("roll", "import", path, "--establishment", "990001")
    assert "1 read, 1 held before and replaced" in " ".join(again.stdout.split())


def test_refused_rows_and_rows_to_check_stand_under_their_own_headings(
    with_register: Encompass, tmp_path: Path
) -> None:
    from app.demo.county import upn

    rows = [
        f"{upn(1, 22)},Larkford,Asha,,,,12-05-2018,F,NOT ONE,990001,,",
        ",,Nobody,,,,12-05-2018,F,,990001,,",
        f"{upn(2, 22)},Larkford,Asha,,,,12-05-2018,F,,990001,,",
    ]
    path = write(tmp_path / "roll.csv", ROLL + "\n".join(rows) + "\n")
    said = with_register("roll", "import", path, "--establishment", "990001").stderr
    refused, taken = said.split("Rows taken, with something to check:")
    assert "Rows refused:" in refused
    assert "line 3" in refused
    assert taken.index("line 2: PostCode") < taken.index("line 4: Name, DOB and school")
    assert "those of line 2" in " ".join(taken.split())
