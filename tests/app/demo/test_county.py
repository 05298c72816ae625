"""The fictional county: the same every time, and nobody real in it."""

import csv
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.core.clock import at_london
from app.demo import county, night
from app.demo.cast import FAMILIES
from app.demo.clock import story_day
from app.demo.night import make_fresh
from app.demo.schools import SCHOOLS, Kind
from app.intake.payload import IncidentMessage
from tests.factories.county import DAY, county_files, exampleshire

SAFE_PHONE = re.compile(r"07700 900\d{3}|01632 960\d{3}|0163296\d{4}")
SAFE_POSTCODE = re.compile(r"ZZ99 \d[A-Z]{2}")


@pytest.mark.feature("AD3")
def test_the_same_seed_gives_the_same_county_and_night() -> None:
    again = county.make(DAY)
    assert again == exampleshire()
    assert night.make(again) == night.make(exampleshire())


def test_another_seed_gives_other_people() -> None:
    assert county.make(DAY, seed=1).pupils != exampleshire().pupils


def test_the_files_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    first = county_files(tmp_path / "one").establishments.parent
    second = county_files(tmp_path / "two").establishments.parent
    for path in sorted(first.iterdir()):
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_the_county_has_its_promised_size() -> None:
    made = exampleshire()
    assert (len(SCHOOLS), len(made.key_adults), len(made.pupils)) == (40, 120, 2000)
    assert sum(school.kind is Kind.WELSH for school in SCHOOLS) == 2
    assert len({pupil.urn for pupil in made.pupils}) == 19


def test_some_key_adults_are_untrained_away_lapsed_or_gone() -> None:
    adults = exampleshire().key_adults
    assert any(adult.trained_on is None for adult in adults)
    assert any(adult.away_from is not None for adult in adults)
    assert any(adult.left_on is not None for adult in adults)
    assert any(adult.verified_on is None for adult in adults)
    assert any(adult.expires_on is not None and adult.expires_on < DAY for adult in adults)


@pytest.mark.feature("AD3")
def test_nobody_in_the_county_can_be_reached_or_found(tmp_path: Path) -> None:
    made = exampleshire()
    assert all(990_001 <= school.urn <= 990_040 for school in SCHOOLS)
    assert all(SAFE_PHONE.fullmatch(school.telephone) for school in SCHOOLS)
    assert all(SAFE_POSTCODE.fullmatch(school.postcode) for school in SCHOOLS)
    for adult in made.key_adults:
        assert SAFE_PHONE.fullmatch(adult.telephone)
        assert adult.email.endswith("@example.org")
    for pupil in made.pupils:
        assert pupil.upn[1:4] == "999"
        assert SAFE_POSTCODE.fullmatch(pupil.postcode)


def test_the_files_hold_only_safe_numbers_and_addresses(tmp_path: Path) -> None:
    for path in county_files(tmp_path).establishments.parent.iterdir():
        text = path.read_text("cp1252")
        assert all(
            SAFE_PHONE.fullmatch(found) for found in re.findall(r"\b0[17][\d ]{8,10}\d", text)
        )
        assert all(found == "example.org" for found in re.findall(r"@([\w.]+)", text))
        assert all(
            found.startswith("ZZ99")
            for found in re.findall(r"\b[A-Z]{1,2}\d{1,2} \d[A-Z]{2}\b", text)
        )


def test_a_upn_has_the_check_letter_of_its_number() -> None:
    # R999999926001 is the one valid example the design gives.
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    for upn in ("R999999926001", *(pupil.upn for pupil in exampleshire().pupils)):
        total = sum(weight * int(figure) for weight, figure in enumerate(upn[1:], start=2))
        assert upn[0] == letters[total % 23]
    assert max(Counter(pupil.upn for pupil in exampleshire().pupils).values()) == 1


def test_the_register_file_reads_by_the_official_names(tmp_path: Path) -> None:
    with county_files(tmp_path).establishments.open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert {"URN", "EstablishmentName", "EstablishmentStatus (code)", "TelephoneNum"} <= set(
        rows[0]
    )


@pytest.mark.feature("AD3")
def test_the_night_has_sixty_incidents_that_the_api_would_accept() -> None:
    pushes = night.make(exampleshire())
    assert len({push.reference for push in pushes}) == night.INCIDENTS == 60
    for push in pushes:
        message = IncidentMessage.model_validate_json(json.dumps(push.body))
        assert message.occurred_from <= push.at


def test_every_family_of_the_cast_has_its_night() -> None:
    seen = {push.family for push in night.make(exampleshire())}
    missing = set(FAMILIES) - seen - {"same_name_too"}
    assert missing == set()


def test_the_correction_comes_after_what_it_corrects() -> None:
    versions = [push for push in night.make(exampleshire()) if push.family == "corrected"]
    assert [push.body["version"] for push in versions] == [1, 2]
    assert len({push.reference for push in versions}) == 1


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (at_london(date(2026, 11, 20), time(9, 0)), date(2026, 11, 19)),
        (at_london(date(2026, 11, 20), time(10, 6)), date(2026, 11, 20)),
        (at_london(date(2026, 11, 22), time(12, 0)), date(2026, 11, 20)),
        (at_london(date(2026, 12, 28), time(12, 0)), date(2026, 12, 24)),
        (at_london(date(2027, 3, 30), time(9, 0)), date(2027, 3, 25)),
    ],
    ids=["before ten", "after ten", "Sunday", "Boxing Day kept", "Easter"],
)
def test_the_story_is_of_the_last_school_morning_that_is_past(now: datetime, day: date) -> None:
    assert story_day(now) == day


def test_a_new_years_county_has_a_term_on_its_day() -> None:
    day = date(2027, 1, 4)
    (term, *_) = [row for row in county.make(day).calendar if row.kind == "term"
                  and row.first and row.last and row.first <= day <= row.last]  # fmt: skip
    assert term.last is not None
    assert term.last > day + timedelta(days=7)


def test_new_incidents_for_a_reviewer_have_just_happened() -> None:
    now = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    bodies = make_fresh(now)
    assert len({body["reference"] for body in bodies}) == len(bodies) == 3
    assert all(datetime.fromisoformat(body["occurred_from"]) < now for body in bodies)
