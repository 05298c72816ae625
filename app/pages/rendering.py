"""Templates to pages: escaping always on, a missing value is an error, nothing is stored."""

import re
from datetime import datetime
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined, Undefined

from app.core.clock import london_date, show_date, show_hour, show_moment, show_time
from app.pages import codes, evidence
from app.pages.deps import Visitor
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


@cache
def environment() -> Environment:
    """Return the environment of our own templates: a misspelt name fails instead of vanishing."""
    made = Environment(
        loader=PackageLoader("app.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(WORDS | _macros())
    made.filters.update(
        clock=show_time, day=show_day, hour=show_hour, left_from=minutes_from, minutes=show_minutes,
        moment=show_moment, on_day=show_date, plural=plural, sentence=sentence,
        telephone=in_groups,
    )  # fmt: skip
    return made


def _macros() -> dict[str, Any]:
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
    """Return a page; `values` are what the template names, all of them."""
    body = (
        environment()
        .get_template(template)
        .render(
            visitor=visitor,
            nonce=request.state.csp_nonce,
            path=request.scope["path"],
            **values,
        )
    )
    return HTMLResponse(body, status_code=status, headers={"Cache-Control": "no-store"})


def show_minutes(left: int) -> str:
    """Return minutes to a deadline in words: `1 hour 5 minutes left`, `12 minutes late`."""
    hours, minutes = divmod(abs(left), 60)
    parts = [plural(hours, "hour")] if hours else []
    parts += [plural(minutes, "minute")] if minutes or not hours else []
    return f"{' '.join(parts)} {'left' if left >= 0 else 'late'}"


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


def show_day(at: datetime) -> str:
    """Return the London date of an instant for people."""
    return show_date(london_date(at))


def sentence(text: str) -> str:
    """Return a text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]
