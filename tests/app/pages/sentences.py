"""Every English sentence that a page in Welsh may show: of its templates, and of the code."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract

from app.access import accounts, passwords
from app.core import errors
from app.pages import (
    after_words,
    calendars,
    establishments,
    links,
    readiness_words,
    register_words,
    rendering,
    translating,
    wording,
)
from app.reports.readiness import Gap
from notifications.wording import FOLLOW_UP

# What of these modules is no sentence, or is said at the desk or to who keeps the whole register.
NOT_SAID = frozenset(
    {
        "IdentityProvider | None",
        "Samsung Internet",
        "It cannot be read as the official file.",
        "It is older than the file applied before.",
        "It would change more than a quarter of all schools.",
        "It would close more than a tenth of the open schools.",
        "Looked at",
        "No official file lies in the folder yet: ask the operator to put it there.",
        "Nobody has said which councils this force polices: `encompass force area` does.",
        "There is no breach record: first say whether a wrong person saw it.",
        "This file was not refused, or cannot be read: nothing was changed.",
        "This message was taken back already.",
        (
            "You took many messages back within the hour. For more, ask on the page “Take many "
            "messages back”: a second person has to agree."
        ),
    }
)

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "app/pages/templates"

# Where sentences are raised or returned that these pages show.
MODULES = (
    "app/access/browsers.py", "app/access/challenges.py", "app/access/enrolment.py",
    "app/access/identities.py", "app/access/identity_provider.py", "app/access/passkey_answers.py",
    "app/access/passkeys.py", "app/access/passwords.py", "app/access/sign_in.py",
    "app/casework/acknowledging.py", "app/casework/amendments.py", "app/casework/attending.py",
    "app/casework/calendars.py", "app/casework/drilling.py", "app/casework/establishments.py",
    "app/casework/exporting.py", "app/casework/following_up.py", "app/casework/inbox.py",
    "app/casework/key_adult_requests.py", "app/casework/key_adults.py",
    "app/casework/not_our_pupil.py", "app/casework/opening.py", "app/casework/own_access.py",
    "app/casework/own_contact.py", "app/casework/own_password.py", "app/casework/recalling.py",
    "app/casework/school_reach.py", "app/casework/signing_in.py", "app/casework/spoken_codes.py",
    "app/casework/taken_back.py", "app/casework/waiting.py", "app/casework/watching.py",
    "app/core/errors.py", "app/pages/account.py", "app/pages/after_telling.py",
    "app/pages/calendars.py", "app/pages/dates.py", "app/pages/deps.py",
    "app/pages/establishments.py", "app/pages/follow_up.py", "app/pages/forms.py",
    "app/pages/identity.py", "app/pages/inbox.py", "app/pages/key_adults.py",
    "app/pages/languages.py", "app/pages/own_access.py", "app/pages/own_contact.py",
    "app/pages/own_password.py", "app/pages/problems.py", "app/pages/register.py",
    "app/pages/sign_in.py", "schools/calendar_editing.py", "schools/contact_codes.py",
    "schools/key_adult_requests.py", "schools/key_adult_upkeep.py", "schools/names_of_schools.py",
    "schools/successors.py",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Message:
    """One entry of a catalogue: a sentence, its plural, and what tells it from an equal one."""

    text: str
    plural: str = ""
    context: str = ""


def of_templates() -> dict[Message, set[str]]:
    """Return the messages of every translated template, each with the templates that have it."""
    found: dict[Message, set[str]] = {}
    options = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trim_blocks": "1", "silent": "0"}
    for name in sorted(translating.TRANSLATED):
        source = BytesIO((TEMPLATES / name).read_bytes())
        keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
        for _, said, _, context in extract(
            "jinja2.ext:babel_extract", source, keywords, options=options
        ):
            text, plural = said if isinstance(said, tuple) else (said, "")
            found.setdefault(Message(text, plural, context or ""), set()).add(name)
    return found


def of_code() -> set[Message]:
    """Return the sentences that come from Python."""
    counted = {Message(*translating.HOURS), Message(*translating.MINUTES)}
    return counted | {Message(text) for text in (*_of_tables(), *_of_modules()) if text}


def all_of_them() -> set[Message]:
    """Return every message that the catalogue has to have."""
    return of_code() | of_templates().keys()


def _of_tables() -> Iterator[str]:
    yield from wording.TITLES.values()
    yield from wording.FOLLOW_UPS.values()
    yield from FOLLOW_UP.values()
    for label, hint in after_words.ATTENDANCE.values():
        yield from (label, hint)
    yield from after_words.NOT_OURS.values()
    for mapping in (
        calendars.DAYS, establishments.KINDS, establishments.STATUSES, links.ROLES,
        register_words.FILTERS, register_words.HOLIDAYS, register_words.MADE_SURE,
        register_words.NOTICES, register_words.PARTS, register_words.REASONS,
        register_words.REFUSALS, register_words.SOURCES, register_words.STEPS,
        register_words.UNVERIFIED_WHY, translating.PASSKEY, translating.SCRIPT,
    ):  # fmt: skip
        yield from mapping.values()
    for at_council in (False, True):
        yield from wording.questions_left("", "", "", at_council=at_council).values()
    yield readiness_words.GAPS[Gap.AREA_UNKNOWN]
    yield from (link.text for _, link in links._PAGES)
    yield links._ACCOUNT.text
    yield from (translating.ENGLISH_ONLY, translating.LEFT, translating.LATE, accounts.UNREADABLE)
    yield from (*translating.BROWSERS, "%(program)s on %(system)s")
    yield from rendering.COMPONENTS_SAY
    for kind in _kinds(errors.ServiceError):
        yield kind.title
    for bad in ("short", "x" * 2000, "aaaaaaaaaaaaaaaaaaaaaaaa", "priya.nair@school.example"):
        yield from (one.message for one in passwords.faults(bad, email="priya.nair@school.example"))


def _kinds(kind: type[errors.ServiceError]) -> Iterator[type[errors.ServiceError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)


def _of_modules() -> Iterator[str]:
    for name in MODULES:
        yield from said_in(ROOT / name)


def said_in(path: Path) -> Iterator[str]:
    """Yield what one module may say to people: its strings of several words with a capital."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {id(one) for one in _silent(tree)}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.keyword) and node.arg == "title":
            yield from _constant(node.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = _put_together(path, node)
        else:
            continue
        sentence = text[:1].isupper() or text.startswith("%(")
        if sentence and " " in text.strip() and text not in NOT_SAID:
            yield text


def _constant(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _put_together(path: Path, node: ast.JoinedStr) -> str:
    """Return a sentence whose numbers are constants of its module; of any other, its source."""
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    try:
        made = compile(ast.Expression(node), str(path), "eval")
        return str(eval(made, vars(module)))  # noqa: S307 (our own source)
    except NameError:
        return ast.unparse(node)


def _silent(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the strings that are for developers: docstrings, and parts of longer ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield from node.values
