"""Templates to pages: escaping always on, a missing value is an error, nothing is stored.

Each language has an environment of its own, whose filters and components speak it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined, Undefined

from app.core import languages
from app.core.clock import london_date
from app.core.languages import Language
from app.pages import codes, cookies, evidence, translating
from app.pages.deps import Visitor, wiring_of
from notifications.wording import FOLLOW_UP

# Codes to words, by the names under which templates use them.
WORDS = {
    "outcomes": codes.OUTCOMES,
    "reasons": {reason.value: words for reason, words in codes.REASONS.items()},
    "told_how": codes.TOLD_HOW,
    "late_causes": codes.LATE_CAUSES,
    "results": codes.RESULTS,
    "follow_up_words": FOLLOW_UP,
    "field_words": evidence.FIELDS,
    "level_words": evidence.LEVELS,
    "level_colours": evidence.COLOURS,
    "sources": evidence.SOURCES,
    "review_reasons": evidence.REASONS,
    "passed_to_words": evidence.PASSED_TO,
    "services": evidence.SERVICES,
}


# The components of GOV.UK Frontend that the templates use, by folder.
_COMPONENTS = {
    "back-link": "govukBackLink",
    "button": "govukButton",
    "checkboxes": "govukCheckboxes",
    "error-summary": "govukErrorSummary",
    "generic-header": "govukGenericHeader",
    "input": "govukInput",
    "inset-text": "govukInsetText",
    "password-input": "govukPasswordInput",
    "radios": "govukRadios",
    "select": "govukSelect",
    "service-navigation": "govukServiceNavigation",
    "skip-link": "govukSkipLink",
    "tag": "govukTag",
    "textarea": "govukTextarea",
}


# What the components say by themselves, where a template names nothing else.
_SHOW_AND_HIDE = {
    f"{word.lower()}Password{where}": f"{word}{what}"
    for word in ("Show", "Hide")
    for where, what in (("Text", ""), ("AriaLabelText", " password"))
}
_ANNOUNCED = {"Shown": "Your password is visible", "Hidden": "Your password is hidden"}
_PASSWORD = _SHOW_AND_HIDE | {
    f"password{what}AnnouncementText": said for what, said in _ANNOUNCED.items()
}
_SAID = {
    "govukPasswordInput": _PASSWORD,
    "govukServiceNavigation": {"ariaLabel": "Service information", "menuButtonText": "Menu"},
}
_ERROR = "Error"
# Each in its own words, so that who looks for it finds it.
LANGUAGE_NAMES = {Language.ENGLISH: "English", Language.WELSH: "Cymraeg"}
COMPONENTS_SAY = frozenset({_ERROR, *(text for said in _SAID.values() for text in said.values())})


@cache
def environment(language: Language = Language.ENGLISH) -> Environment:
    """Return the environment of our own templates: a misspelt name fails instead of vanishing."""
    made = Environment(
        loader=PackageLoader("app.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    known = translating.catalogue(language)
    # Added to the environment by its extension, which has no types.
    made.install_gettext_callables(  # type: ignore[attr-defined]
        known.gettext, known.ngettext, newstyle=True, pgettext=known.pgettext
    )
    made.globals.update(WORDS | _macros(language))
    made.globals.update(
        language=language.value,
        in_language=partial(translating.marked, language),
        language_names=LANGUAGE_NAMES,
        english_only_words=translating.translated(translating.ENGLISH_ONLY, Language.WELSH),
        passkey_words=partial(translating.passkey_words, language),
        script_words=partial(translating.script_words, language),
    )
    made.filters.update(
        left_from=minutes_from, plural=plural, sentence=sentence, telephone=in_groups,
        **{name: _in(language, say) for name, say in _SPOKEN.items()},
    )  # fmt: skip
    return made


def _in(language: Language, say: Callable[..., str]) -> Callable[[Any], str]:
    """Return a filter that says something in one language."""
    return lambda value: say(value, language)


def _macros(language: Language) -> dict[str, Any]:
    """Return the GOV.UK macros, saying in a language what they say by themselves."""
    return {name: partial(_component, language, name) for name in _theirs()}


def _component(language: Language, name: str, params: Mapping[str, Any]) -> Any:
    said = {
        key: translating.translated(text, language) for key, text in _SAID.get(name, {}).items()
    }
    given = {**said, **params}
    if error := given.get("errorMessage"):
        shown = {"visuallyHiddenText": translating.translated(_ERROR, language)}
        given["errorMessage"] = shown | error
    return _theirs()[name](given)


@cache
def _theirs() -> dict[str, Any]:
    """Return the GOV.UK macros, made in a forgiving environment of their own.

    They were written for Nunjucks: they test options that were left out and names never set.
    """
    theirs = Environment(
        loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    theirs.globals.update(undefined=Undefined(), null=None)
    return {
        name: getattr(
            theirs.get_template(f"govuk_frontend_jinja/components/{folder}/macro.html").module, name
        )
        for folder, name in _COMPONENTS.items()
    }


def page(
    request: Request,
    template: str,
    *,
    visitor: Visitor | None = None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Return a page; `values` are what the template names, all of them.

    It is in the reader's language where all of its words are; any other is in English and says so.
    """
    wanted = language_for(request)
    language = wanted if template in translating.TRANSLATED else Language.ENGLISH
    body = (
        environment(language)
        .get_template(template)
        .render(
            visitor=visitor,
            nonce=request.state.csp_nonce,
            path=request.scope["path"],
            english_only=wanted is not language,
            other=Language.ENGLISH if language is Language.WELSH else Language.WELSH,
            **values,
        )
    )
    headers = {"Cache-Control": "no-store", "Content-Language": language.value}
    return HTMLResponse(body, status_code=status, headers=headers)


def language_for(request: Request) -> Language:
    """Return what a reader chose: whoever is signed in on the account, else in this browser."""
    known: Language | None = getattr(request.state, "language", None)
    return known or cookies.language_of(request, wiring_of(request).settings) or Language.ENGLISH


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 child`, `3 children`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def in_groups(telephone: str) -> str:
    """Return a number as people read it out, `01632 960036`: the register has none of the gaps.

    Any other than a national number without gaps is returned as it is.
    """
    if not re.fullmatch(r"0[1-9][0-9]{8,9}", telephone):
        return telephone
    if telephone[1] == "2":
        first, second = 3, 4
    elif telephone[1] in "389" or telephone[2] == "1" or telephone[3] == "1":
        first, second = 4, 3
    else:
        first, second = 5, 6
    groups = (telephone[:first], telephone[first : first + second], telephone[first + second :])
    return " ".join(filter(None, groups))


def minutes_from(at: datetime, now: datetime) -> int:
    """Return whole minutes from `now` until `at`; negative once it has passed."""
    return int((at - now).total_seconds() // 60)


def show_day(at: datetime, language: Language) -> str:
    """Return the London date of an instant for people."""
    return languages.show_date(london_date(at), language)


def sentence(text: str) -> str:
    """Return a text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


# The filters that speak a language.
_SPOKEN: dict[str, Callable[..., str]] = {
    "browser": translating.browser,
    "clock": languages.show_time,
    "day": show_day,
    "hour": languages.show_hour,
    "minutes": translating.minutes_left,
    "moment": languages.show_moment,
    "on_day": languages.show_date,
    "or_english": translating.or_english,
    "translated": translating.translated,
}
