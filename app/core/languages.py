"""The two languages of the service, and dates and times in each. Pure.

English is what `app.core.clock` says. Days and months of the Welsh come from the Unicode locale
data (Babel), times as one says them: `8:30 y bore`.
"""

from datetime import date, datetime, time
from enum import StrEnum

from babel.dates import format_date

from app.core import clock
from app.core.clock import london_date, london_time


class Language(StrEnum):
    """What a person may choose to read the service in, by its ISO 639-1 code."""

    ENGLISH = "en"
    WELSH = "cy"


def language_of(code: str | None) -> Language | None:
    """Return the language of a code that came from outside; `None` for any other."""
    return Language(code) if code in set(Language) else None


def show_date(on: date, language: Language) -> str:
    """Return a date for people: `dydd Gwener 20 Tachwedd 2026`.

    The Welsh begins with a small letter: it stands inside sentences, which mutate it (`ddydd`).
    """
    if language is Language.ENGLISH:
        return clock.show_date(on)
    shown = format_date(on, "EEEE d MMMM y", locale=language.value)
    return shown[:1].lower() + shown[1:]


def show_time(at: datetime, language: Language) -> str:
    """Return a London time for people: `8:30am`, `8:30 y bore`."""
    return show_hour(london_time(at), language)


def show_hour(local: time, language: Language) -> str:
    """Return a time of any day for people, as `show_time` does."""
    if language is Language.ENGLISH:
        return clock.show_hour(local)
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "hanner dydd" if local.hour else "hanner nos"
    minutes = f":{local:%M}" if local.minute else ""
    part = "y bore" if local.hour < 12 else "y prynhawn" if local.hour < 18 else "yr hwyr"
    return f"{local.hour % 12 or 12}{minutes} {part}"


def show_moment(at: datetime, language: Language) -> str:
    """Return a London date and time for people: `dydd Gwener 20 Tachwedd 2026 am 8:30 y bore`."""
    between = " at " if language is Language.ENGLISH else " am "
    return f"{show_date(london_date(at), language)}{between}{show_time(at, language)}"
