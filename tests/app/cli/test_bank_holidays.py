"""A bank holiday announced since the release, and one taken back, at the command line."""

import json

import pytest

from tests.app.conftest import Encompass

pytestmark = pytest.mark.feature("CA3")
JUBILEE = ("calendar", "bank-holiday", "2027-06-04", "A jubilee")


def test_a_bank_holiday_is_added_once_for_the_nations_named(encompass: Encompass) -> None:
    first = encompass(*JUBILEE, "--nation", "wales", "--json")
    assert first.exit_code == 0
    assert json.loads(first.stdout) == {"on": "2027-06-04", "removed": False, "nations": ["wales"]}
    both = encompass(*JUBILEE)
    assert "Changed for england." in both.stdout
    assert "That is how it was already." in encompass(*JUBILEE).stdout


def test_one_taken_back_stays_back_when_the_bundled_dates_are_stored_again(
    encompass: Encompass,
) -> None:
    encompass("migrate")
    said = encompass("calendar", "bank-holiday", "2026-12-28", "--remove")
    assert "Changed for england and wales." in said.stdout
    encompass("migrate")
    again = encompass("calendar", "bank-holiday", "2026-12-28", "--remove")
    assert "That is how it was already." in again.stdout


def test_a_date_that_is_none_is_a_usage_error(encompass: Encompass) -> None:
    assert encompass("calendar", "bank-holiday", "whitsun").exit_code == 2
