"""Dates and times in Welsh and in English."""

from datetime import UTC, date, datetime, time

import pytest

from app.core.languages import (
    Language,
    language_of,
    show_date,
    show_hour,
    show_moment,
    show_time,
)
from app.pages.translating import (
    Filled,
    browser,
    minutes_left,
    or_english,
    script_words,
    translated,
)

CY, EN = Language.WELSH, Language.ENGLISH


@pytest.mark.parametrize(
    ("on", "shown"),
    [
        (date(2026, 1, 5), "dydd Llun 5 Ionawr 2026"),
        (date(2026, 2, 10), "dydd Mawrth 10 Chwefror 2026"),
        (date(2026, 3, 4), "dydd Mercher 4 Mawrth 2026"),
        (date(2026, 4, 2), "dydd Iau 2 Ebrill 2026"),
        (date(2026, 5, 1), "dydd Gwener 1 Mai 2026"),
        (date(2026, 6, 6), "dydd Sadwrn 6 Mehefin 2026"),
        (date(2026, 7, 5), "dydd Sul 5 Gorffennaf 2026"),
        (date(2026, 8, 31), "dydd Llun 31 Awst 2026"),
        (date(2026, 9, 1), "dydd Mawrth 1 Medi 2026"),
        (date(2026, 10, 7), "dydd Mercher 7 Hydref 2026"),
        (date(2026, 11, 20), "dydd Gwener 20 Tachwedd 2026"),
        (date(2026, 12, 24), "dydd Iau 24 Rhagfyr 2026"),
    ],
)
def test_days_and_months_have_their_welsh_names(on: date, shown: str) -> None:
    assert show_date(on, CY) == shown


@pytest.mark.parametrize(
    ("clock_time", "welsh", "english"),
    [
        (time(0, 0), "hanner nos", "midnight"),
        (time(0, 30), "12:30 y bore", "12:30am"),
        (time(8, 30), "8:30 y bore", "8:30am"),
        (time(12, 0), "hanner dydd", "midday"),
        (time(12, 5), "12:05 y prynhawn", "12:05pm"),
        (time(17, 59), "5:59 y prynhawn", "5:59pm"),
        (time(18, 0), "6 yr hwyr", "6pm"),
        (time(23, 45), "11:45 yr hwyr", "11:45pm"),
    ],
)
def test_times_are_said_as_people_say_them(clock_time: time, welsh: str, english: str) -> None:
    assert (show_hour(clock_time, CY), show_hour(clock_time, EN)) == (welsh, english)


def test_a_moment_is_told_in_london_in_either_language() -> None:
    summer = datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert show_time(summer, CY) == "8:30 y bore"
    assert show_moment(summer, CY) == "dydd Mercher 1 Gorffennaf 2026 am 8:30 y bore"
    assert show_moment(summer, EN) == "Wednesday 1 July 2026 at 8:30am"


@pytest.mark.parametrize(
    ("left", "welsh", "english"),
    [
        (0, "0 munud yn weddill", "0 minutes left"),
        (1, "1 munud yn weddill", "1 minute left"),
        (2, "2 funud yn weddill", "2 minutes left"),
        (66, "1 awr 6 munud yn weddill", "1 hour 6 minutes left"),
        (120, "2 awr yn weddill", "2 hours left"),
        (-182, "3 awr 2 funud yn hwyr", "3 hours 2 minutes late"),
    ],
)
def test_a_countdown_has_the_forms_of_each_language(left: int, welsh: str, english: str) -> None:
    assert (minutes_left(left, CY), minutes_left(left, EN)) == (welsh, english)


def test_the_script_of_the_pages_is_given_the_same_forms() -> None:
    words = script_words(CY)
    assert words["minutes"] == ["# munud", "# munud", "# funud", "# munud", "# munud", "# munud"]
    assert (words["left"], words["late"]) == ("# yn weddill", "# yn hwyr")
    assert script_words(EN)["hours"] == ["# hours", "# hour", *["# hours"] * 4]


def test_what_is_not_in_the_catalogue_stays_english_and_says_so() -> None:
    assert translated("Nobody has translated this", CY) == "Nobody has translated this"
    assert or_english("Ring <us>", CY) == '<span lang="en">Ring &lt;us&gt;</span>'
    assert or_english("Ring <us>", EN) == "Ring &lt;us&gt;"
    # The key of the catalogue's head, which is not for people.
    assert translated("", CY) == ""


def test_a_name_in_a_sentence_stays_as_it_is() -> None:
    said = Filled("Sign in with %(name)s", {"name": "100% ID"})
    assert translated(said, CY) == "Mewngofnodi gyda 100% ID"
    assert browser("Firefox on Windows", CY) == "Firefox ar Windows"
    assert browser("A browser on an unknown device", CY) == "Porwr ar ddyfais anhysbys"


@pytest.mark.parametrize("code", [None, "", "fr", "CY", "cy-GB"])
def test_no_other_language_is_taken(code: str | None) -> None:
    assert language_of(code) is None
