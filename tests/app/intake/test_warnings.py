from datetime import date
from typing import Any

import pytest

from app.intake.details import ChildDetails, Education, Residence, Voice
from app.intake.identifiers import postcode, upn
from app.intake.warnings import warnings_of
from tests.factories.incidents import incident_details

COMPLETE: dict[str, Any] = {
    "ref": "c1",
    "forename": "Asha",
    "surname": "Example-Khan",
    "date_of_birth": date(2016, 3, 2),
    "relation": "child_of_both",
    "residences": (Residence("ZZ99 3VZ", "999"),),
    "voice": Voice(spoken_with="officer_alone"),
    "education": Education("registered", school_name="St Marys Primary"),
}


@pytest.mark.feature("IN6")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"date_of_birth": None}, ["dob_missing"]),
        ({"date_of_birth": date(2016, 1, 1)}, ["dob_placeholder"]),
        ({"date_of_birth": date(2027, 5, 5)}, ["dob_in_future"]),
        ({"forename": None}, ["name_missing"]),
        ({"forename": "EXAMPLE-KHAN", "surname": "Asha"}, ["name_looks_swapped"]),
        ({"forename": "Example-Khan,", "surname": "Asha"}, ["name_looks_swapped"]),
        ({"forename": "ASHA", "surname": "EXAMPLE-KHAN"}, []),
        ({"education": Education("registered")}, ["school_missing"]),
        ({"education": Education("home_educated")}, []),
        ({"education": Education("unborn"), "date_of_birth": None}, []),
        ({"residences": ()}, ["postcode_unknown"]),
        ({"residences": (Residence("not known"),)}, ["postcode_unknown"]),
        ({"upn": "A999999926001"}, ["upn_invalid"]),
        ({"upn": "R999999926001"}, []),
        ({"relation": "unknown"}, ["relation_missing"]),
        ({"voice": Voice()}, ["voice_missing"]),
        ({"voice": Voice(spoken_with="not_spoken_to", reason_not="asleep")}, []),
    ],
)
def test_what_is_doubtful_is_told_to_the_force(
    changes: dict[str, Any], expected: list[str]
) -> None:
    child = ChildDetails(**{**COMPLETE, **changes})
    assert list(warnings_of(child, incident_details())) == expected


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("R999999926001", "R999999926001"),
        (" r 999999 926001 ", "R999999926001"),
        ("A999999926001", None),
        ("R99999992600", None),
        ("R9999999260010", None),
        ("R99999992600I", None),
        ("1999999926001", None),
        ("", None),
    ],
)
def test_a_pupil_number_has_a_check_letter(given: str, kept: str | None) -> None:
    assert upn(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [("zz993vz", "ZZ99 3VZ"), (" M1 1AE ", "M1 1AE"), ("EC1A 1BB", "EC1A 1BB"), ("12345", None)],
)
def test_a_postcode_has_one_form(given: str, kept: str | None) -> None:
    assert postcode(given) == kept
