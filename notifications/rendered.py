"""A notification in words, line by line and in the order a reader needs them. Pure.

Each content is said in the words of its own version, so that a later reader sees what was shown
then. A page adds buttons and what the school did; nothing else of the content is said elsewhere.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date

from app.core.languages import Language, show_date, show_moment
from notifications.compose import Content, GoingHome, Guidance
from notifications.wording import Words, speaks, words


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a notification; `code` is which, whatever its label says in this version."""

    label: str
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Advice:
    """A few points of the standing guidance under one heading."""

    heading: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A further incident that joined the same notification."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """What a caller reads out before and after the facts."""

    opening: str
    guidance: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A whole notification in words."""

    name: str
    opening: str
    # The mistake that does most harm, before anything is read.
    first_of_all: str
    facts: tuple[Fact, ...]
    further: tuple[Incident, ...]
    # Empty where the police record came in time.
    late_record: str
    advice: tuple[Advice, ...]
    going_home: Advice | None
    script: Script


_ADVICE = (
    ("today", (Guidance.SILENT_SUPPORT, Guidance.LISTEN, Guidance.THINK_BEFORE_SANCTION,
               Guidance.NEED_TO_KNOW)),
    ("keep_safe", (Guidance.NOT_WHO_DID_WHAT, Guidance.ANY_ADULT, Guidance.NO_COPY_TO_PARENT)),
    ("record", (Guidance.NOT_A_REFERRAL, Guidance.CHILD_PROTECTION_FILE)),
)  # fmt: skip
_GRAVER = (GoingHome.NONE, GoingHome.CONCERN, GoingHome.ORDER_IN_FORCE)


def placed_text(content: Content, *, on: date) -> str:
    """Return all that a reader of that London date is shown of one content, as canonical text.

    What is stored beside a notification is a keyed digest of this, never the text.
    """
    notice = shown(content, today=on)
    body = {"words": content.template_version, "notice": asdict(notice) if notice else None}
    body |= {"desk": asdict(content.desk)}
    # Each reader chooses between the languages of a version, so the proof is of all of them.
    for language in Language:
        if language is not Language.ENGLISH and spoken(content, language) is language:
            said = shown(content, today=on, language=language)
            body |= {f"notice.{language}": asdict(said) if said else None}
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def spoken(content: Content | None, language: Language) -> Language:
    """Return the language in which a content can be said: English where its words have no other."""
    whole = () if content is None else (content, *content.further)
    every = all(speaks(one.template_version, language) for one in whole)
    return language if every else Language.ENGLISH


def shown(
    content: Content | None, *, today: date, language: Language = Language.ENGLISH
) -> Notice | None:
    """Return a notification in words, newest incident first; nothing without content.

    `language` is one in which it is `spoken`.
    """
    if content is None:
        return None
    said = words(content.template_version, language)
    name = _full_name(content)
    return Notice(
        name=name or said.say("sentences", "nameless"),
        opening=said.say("sentences", "opening"),
        first_of_all=said.say("guidance", Guidance.NO_CONTACT),
        facts=facts(content, today=today, language=language),
        further=tuple(_further(other, today, language) for other in content.further),
        late_record=said.say("sentences", "late_record") if content.late_record else "",
        advice=_advice(content, said),
        going_home=_going_home(content, said),
        script=_script(content, said, name),
    )


def facts(
    content: Content | None, *, today: date, language: Language = Language.ENGLISH
) -> tuple[Fact, ...]:
    """Return a notification line by line, in the order a reader needs it; none without content."""
    if content is None:
        return ()
    said = words(content.template_version, language)
    return tuple(
        Fact(said.say("labels", code), text, code)
        for code, say in _FACTS
        if (text := say(content, said, today))
    )


def _further(other: Content, today: date, language: Language) -> Incident:
    said = words(other.template_version, language)
    when = show_moment(other.occurred_at, language)
    return Incident(
        said.say("headings", "another_incident", when=when),
        facts(other, today=today, language=language)[1:],
    )


def _advice(content: Content, said: Words) -> tuple[Advice, ...]:
    """Return the standing guidance that goes with this content, under its headings."""
    return tuple(
        Advice(
            said.say("headings", heading),
            tuple(said.say("guidance", key) for key in keys if key in content.guidance),
        )
        for heading, keys in _ADVICE
    )


def _going_home(content: Content, said: Words) -> Advice | None:
    """Return what must be agreed with the desk before the end of today, where there is concern."""
    worst = max((content, *content.further), key=lambda one: _GRAVER.index(one.going_home))
    if worst.going_home is GoingHome.NONE:
        return None
    desk = content.desk
    point = said.say(
        "sentences", "going_home_advice", desk=desk.name, telephone=desk.telephone,
        staffed_until=desk.staffed_until,
    )  # fmt: skip
    return Advice(said.say("going_home", worst.going_home), (point,))


def _script(content: Content, said: Words, name: str) -> Script:
    opening = "opening_again" if content.further else "opening"
    telephone = content.desk.telephone or said.say("call", "no_number")
    return Script(
        said.say("call", opening, name=name or said.say("call", "nameless")),
        said.say("call", "guidance", telephone=telephone),
    )


def _full_name(content: Content) -> str:
    """Return first name and surname, as far as they are known."""
    identity = content.identity
    return " ".join(part for part in (identity.first_name, identity.surname) if part)


def _born(content: Content, said: Words, today: date) -> str:
    born = content.identity.date_of_birth
    if born is None:
        year = content.identity.birth_year
        return said.say("sentences", "born_in", year=year) if year else _known(None, said)
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return said.say("sentences", "born_known", day=_without_weekday(born, said), age=age)


def _without_weekday(on: date, said: Words) -> str:
    return " ".join(show_date(on, said.language).split()[-3:])


def _occurred(content: Content, said: Words, _today: date) -> str:
    when = show_moment(content.occurred_at, said.language)
    return when[:1].upper() + when[1:]


def _earlier(content: Content, said: Words, _today: date) -> str:
    counts = content.earlier
    if not counts.days_365:
        return said.say("sentences", "none_earlier")
    return said.say(
        "sentences", "earlier", days_30=counts.days_30, days_90=counts.days_90,
        days_365=counts.days_365,
    )  # fmt: skip


def _elsewhere(content: Content, said: Words, _today: date) -> str:
    told = content.earlier.elsewhere
    return _known(told, said) if told is not None else ""


def _child_words(content: Content, said: Words, _today: date) -> str:
    return said.say("sentences", "child_words", words=content.words) if content.words else ""


def _known(value: bool | None, said: Words) -> str:  # noqa: FBT001 (three answers, one of them silence)
    return said.say("sentences", {True: "yes", False: "no", None: "not_known"}[value])


_Say = Callable[[Content, Words, date], str]
_FACTS: tuple[tuple[str, _Say], ...] = (
    ("born", _born),
    ("occurred_at", _occurred),
    ("location", lambda content, said, _: said.say("location", content.location)),
    ("presence", lambda content, said, _: said.say("presence", content.presence)),
    ("involvement", lambda content, said, _: said.say("involvement", content.involvement)),
    ("spoken_with", lambda content, said, _: said.say("spoken_with", content.spoken_with)),
    (
        "demeanour",
        lambda content, said, _: (
            said.say("demeanour", content.demeanour) if content.demeanour else ""
        ),
    ),
    ("words", _child_words),
    ("seen_safe", lambda content, said, _: _known(content.seen_safe, said)),
    ("social_care_told", lambda content, said, _: _known(content.social_care_told, said)),
    (
        "victim_told_about_notice",
        lambda content, said, _: _known(content.victim_told_about_notice, said),
    ),
    ("earlier", _earlier),
    (
        "pattern",
        lambda content, said, _: said.say("pattern", content.pattern) if content.pattern else "",
    ),
    ("elsewhere", _elsewhere),
    ("reference", lambda content, _, __: content.reference or ""),
)
