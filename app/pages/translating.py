"""Catalogues: the English sentences of pages, and what each is in another language.

The catalogue is a `.po` file that is read at start-up, with the sentence itself as the key, so a
template stays readable. What has no translation, or one that somebody marked as doubtful (fuzzy),
is shown in English. `docs/decisions/0132` says who corrects it and how.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from app.core.languages import Language

LOCALES = Path(__file__).parent / "locales"

# The pages whose every word is in the catalogue. Any other is shown in English and says so.
TRANSLATED = frozenset(
    f"{name}.html"
    for name in (
        "access", "account", "browser_waits", "calendar", "closed", "cover", "covered", "ended",
        "enrol", "follow_up", "for_a_colleague", "identity_back", "identity_go", "inbox",
        "key_adult", "key_adult_ask", "key_adults", "layout", "not_found", "not_our_pupil",
        "notification", "own_contact", "parts", "passkey", "password", "print", "problem", "prove",
        "questions", "register", "register_requests", "school", "schools", "sign_in", "tonight",
    )
)  # fmt: skip
# What a page says of itself that is in English only.
ENGLISH_ONLY = "This page is in English only."
# The numbers that a language may have a form of its own for; any other goes like the last.
_COUNTS = (0, 1, 2, 3, 6, 5)
# The words of a browser that the service describes itself, such as `Firefox on Windows`.
BROWSERS = ("A browser", "an unknown device")


@dataclass(frozen=True, slots=True)
class Filled:
    """A sentence with names in it: `%(name)s` of the sentence is filled in once it is translated.

    A value that is itself a sentence of the catalogue is translated as well.
    """

    text: str
    values: Mapping[str, str] = field(default_factory=dict)


@cache
def catalogue(language: Language) -> NullTranslations:
    """Return the sentences of a language; English needs none."""
    if language is Language.ENGLISH:
        return NullTranslations()
    path = LOCALES / language.value / "LC_MESSAGES" / "pages.po"
    with path.open("rb") as read:
        messages = read_po(read, locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def translated(text: str | Filled, language: Language) -> str:
    """Return a sentence that comes from elsewhere than a template; what is not known, as it is."""
    known = catalogue(language)
    if isinstance(text, Filled):
        values = {name: translated(value, language) for name, value in text.values.items()}
        return known.gettext(text.text) % values
    # The key of the catalogue's own head is the empty sentence.
    return known.gettext(text) if text else text


def or_english(text: str, language: Language) -> Markup:
    """Return a sentence as `translated` does; what is in English only is marked as English."""
    found = translated(text, language)
    if language is not Language.ENGLISH and found == text:
        return Markup('<span lang="en">{}</span>').format(text)
    return escape(found)


def marked(of_page: Language, said_in: str) -> Markup:
    """Return the attribute of an element whose words are in another language than its page."""
    return Markup(' lang="{}"').format(said_in) if said_in != of_page else Markup("")


def browser(described: str, language: Language) -> str:
    """Return a browser, as `app.access.browsers` describes it, in a language."""
    program, _, system = described.partition(" on ")
    named = {"program": program, "system": system}
    return translated(Filled("%(program)s on %(system)s", named) if system else described, language)


def counted(count: int, one: str, many: str, language: Language) -> str:
    """Return a number with its noun, by the plural rule of the language."""
    return catalogue(language).ngettext(one, many, count) % {"count": count}


def minutes_left(left: int, language: Language) -> str:
    """Return minutes to a deadline in words: `1 hour 5 minutes left`, `12 minutes late`."""
    hours, minutes = divmod(abs(left), 60)
    parts = [_hours(hours, language)] if hours else []
    parts += [_minutes(minutes, language)] if minutes or not hours else []
    return translated(Filled(LATE if left < 0 else LEFT, {"time": " ".join(parts)}), language)


def script_words(language: Language) -> Mapping[str, object]:
    """Return what the script of the pages may have to say, for it to have no words of its own.

    `hours` and `minutes` are the forms for 0, 1, 2, 3, 6 and any other number, `#` for the number.
    """
    forms: dict[str, object] = {
        name: [say(count, language).replace(str(count), "#", 1) for count in _COUNTS]
        for name, say in (("hours", _hours), ("minutes", _minutes))
    }
    said = {name: translated(text, language) for name, text in SCRIPT.items()}
    time = {"time": "#"}
    return forms | said | {
        "left": translated(Filled(LEFT, time), language),
        "late": translated(Filled(LATE, time), language),
    }  # fmt: skip


PASSKEY = {
    "exists": "This device has a passkey for your account already.",
    "unused": "No passkey was used. Try again when you are ready.",
    "old": "The page is too old. Load it again, then try once more.",
}
LEFT, LATE = "%(time)s left", "%(time)s late"
HOURS = ("%(count)s hour", "%(count)s hours")
MINUTES = ("%(count)s minute", "%(count)s minutes")
SCRIPT = {
    "soon": "You will be signed out in 2 minutes, and what you have typed here is lost then.",
    "last": "You will be signed out in 2 minutes: ten hours are over. Save what you have typed, "
    "then sign in again.",
    "stays": "You stay signed in.",
    "gone": "This is no longer shown here.",
    "covered": "Covered: there is no connection. Load the page again.",
}


def passkey_words(language: Language) -> dict[str, str]:
    """Return what the script of a form with a passkey may have to say."""
    return {name: translated(text, language) for name, text in PASSKEY.items()}


def _hours(count: int, language: Language) -> str:
    return counted(count, *HOURS, language)


def _minutes(count: int, language: Language) -> str:
    return counted(count, *MINUTES, language)
