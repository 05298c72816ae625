"""Every date of thirteen years, four times of starting: one deadline, by a second reckoning."""

from datetime import date, datetime, time, timedelta

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays

from app.core.clock import at_london
from app.core.policy import Timing
from notifications.timing import due_for_school
from schools.term_dates import DayKind, SchoolCalendar
from tests.rules.every_date import DUE, bank_holidays, every_date, instant, next_school_day

HOLIDAYS = bank_holidays()
CALENDAR = SchoolCalendar(days=dict.fromkeys(HOLIDAYS, DayKind.BANK_HOLIDAY))
# In the night, in the hour that comes twice or never, while alerts go, and as school begins.
STARTS = (time(0, 5), time(1, 30), time(6, 45), time(7, 59))


def test_the_second_reckoning_of_holidays_agrees_with_the_published_ones() -> None:
    feed = BankHolidays(use_cached_holidays=True)
    published = {one["date"] for one in feed.get_holidays(division=feed.ENGLAND_AND_WALES)}
    published = {on for on in published if on.year >= 2024}
    assert published
    assert {on for on in HOLIDAYS if on <= max(published)} == published


@pytest.mark.feature("CA5")
@pytest.mark.feature("CA6")
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_on_every_date_a_record_is_due_at_the_next_school_mornings_instant(start: time) -> None:
    wrong: list[tuple[date, datetime]] = []
    for on in every_date():
        accepted = instant(on, start)
        found = due_for_school(
            CALENDAR, accepted_at=accepted, incident_at=accepted - timedelta(hours=1),
            timing=Timing(),
        )  # fmt: skip
        morning = next_school_day(on, HOLIDAYS, today=True)
        earliest = max(instant(morning, time(6, 30)), accepted)
        expected = (instant(morning, DUE), earliest, morning, False)
        if (found.due_at, found.alerts_from, found.told_day, found.in_hours) != expected:
            wrong.append((on, found.due_at))
    assert wrong == []


@pytest.mark.parametrize("start", [*STARTS, DUE], ids=str)
def test_the_products_clock_and_the_second_reckoning_name_the_same_instants(start: time) -> None:
    assert [on for on in every_date() if at_london(on, start) != instant(on, start)] == []
