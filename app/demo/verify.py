"""The check at the end: what must be true after the night, each with what was found.

Every line looks at stored rows, at what the API answered, or at the bytes that left by mail;
none asks the story what it meant to do.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import at_london, london_time
from app.core.scope import PLATFORM
from app.demo.clock import STORY_ENDS
from app.demo.evening import Evening
from app.demo.night import Expected, Push
from app.demo.outcome import Rows, rows_of
from app.demo.schools import BY_URN
from app.demo.world import World
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import IncidentState, Outcome
from app.reports.balance import balance
from app.reports.morning import notifications_of
from app.reports.rows import ChildRow
from app.reports.told import Told
from app.reports.trail import chains, length
from notifications.alerts import telling_words
from notifications.models import Alert, AlertCover, CallSheetLine, Notification
from notifications.states import VISIBLE, AlertState
from schools.matching.models import Match

# The jobs run every few seconds in life; in the story every five minutes.
_TICK = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the check: what must hold, whether it does, and what was seen."""

    what: str
    good: bool
    seen: str


@dataclass(frozen=True, slots=True)
class After:
    """What there is to look at when the night is over."""

    world: World
    evening: Evening
    session: Session

    @property
    def rows(self) -> Rows:
        """Every child of the night, from the board of the morning and of the days after it."""
        return rows_of(self.world, self.session)


Question = Callable[[After], tuple[bool, str]]


def verify(world: World, evening: Evening) -> list[Found]:
    """Ask everything and return the answers in order."""
    found = []
    for what, ask in _QUESTIONS:
        with world.wiring.database.read(PLATFORM) as session:
            found.append(Found(what, *ask(After(world, evening, session))))
    return found


def final_expectations(pushes: tuple[Push, ...]) -> list[Expected]:
    """Return what must come of each child: of an incident's newest version alone."""
    newest: dict[str, Push] = {}
    for push in pushes:
        before = newest.get(push.reference)
        if before is None or push.body["version"] > before.body["version"]:
            newest[push.reference] = push
    return [expected for push in newest.values() for expected in push.expected]


def _answered(after: After) -> tuple[bool, str]:
    wrong = [key for key, status in after.evening.answers.items() if " v" in key and status != 201]
    extra = [after.evening.answers.get(key) for key in ("resent", "bad_row", "close", "withdrawal")]
    stored = after.session.scalars(select(Incident)).all()
    good = not wrong and extra == [200, 422, 200, 200] and len(stored) == len(after.world.pushes)
    return good, f"{len(stored)} stored, re-sent {extra[0]}, bad row {extra[1]}"


def _every_child(after: After) -> tuple[bool, str]:
    newest = (
        select(InvolvedChild)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(Incident.state != IncidentState.SUPERSEDED)
    )
    children = after.session.scalars(newest).all()
    rows = after.rows
    open_ends = [c for c in children if c.outcome in {Outcome.RECEIVED, Outcome.SUPERSEDED}]
    good = len(children) == len(rows) > 0 and not open_ends
    return good, f"{len(children)} children, {len(rows)} on the boards, {len(open_ends)} undecided"


def _as_expected(after: After) -> tuple[bool, str]:
    rows = after.rows
    wanted = final_expectations(after.world.pushes)
    wrong = [
        _difference(one, rows.get((one.reference, one.child_ref)))
        for one in wanted
        if not _is_as_expected(one, rows.get((one.reference, one.child_ref)))
    ]
    return not wrong, f"{len(wanted)} children" + "".join(f"; {one}" for one in wrong)


def _is_as_expected(one: Expected, row: ChildRow | None) -> bool:
    if row is None or row.outcome != one.outcome:
        return False
    if one.reason is not None and row.outcome_reason != one.reason:
        return False
    return one.urn is None or row.schools == (BY_URN[one.urn].name,)


def _difference(one: Expected, row: ChildRow | None) -> str:
    """Say what was wanted and what is there, by reference, code and school."""
    wanted = f"{one.reference} {one.child_ref} wants {one.outcome} {one.reason or one.urn or ''}"
    if row is None:
        return f"{wanted}, is on no board"
    return f"{wanted}, is {row.outcome} {row.outcome_reason or ', '.join(row.schools)}"


def _somebody_has_each(after: After) -> tuple[bool, str]:
    rows = after.rows.values()
    waiting = [row for row in rows if row.told is Told.NOT_TOLD]
    nameless = [row for row in waiting if ": " not in row.held_by]
    return not nameless, f"{len(waiting)} not told, {len(nameless)} without a name"


def _not_needed_has_reason(after: After) -> tuple[bool, str]:
    rows = [r for r in after.rows.values() if r.told is Told.NOT_NEEDED]
    bare = [r for r in rows if r.outcome is Outcome.NOT_NOTIFIED and r.outcome_reason is None]
    return not bare and len(rows) > 0, f"{len(rows)} not needed, {len(bare)} without a reason"


def _balanced(after: After) -> tuple[bool, str]:
    found = balance(after.session, now=after.world.clock.now())
    return not found, f"{len(found)} imbalances" + "".join(f", {one.code}" for one in found[:5])


def _in_time(after: After) -> tuple[bool, str]:
    """Somebody was asked before each deadline: an alert handed over, a call, or told already."""
    day_ends = at_london(after.world.county.day, STORY_ENDS)
    due = after.session.scalars(
        select(Notification).where(Notification.state.in_(VISIBLE), Notification.due_at < day_ends)
    ).all()
    late = [one for one in due if not _asked_in_time(after.session, one)]
    # A reviewer is asked at once, at any hour; whoever receives for a school or council is not.
    covering = select(Alert).where(Alert.id.in_(select(AlertCover.alert_id)))
    early = [
        alert for alert in after.session.scalars(covering)
        if alert.handed_over_at and london_time(alert.handed_over_at).hour < 6
    ]  # fmt: skip
    good = not late and not early and len(due) > 0
    return good, f"{len(due)} due this morning, {len(late)} without, {len(early)} before 6am"


def _asked_in_time(session: Session, one: Notification) -> bool:
    alerts = session.scalars(
        select(Alert)
        .join(AlertCover, AlertCover.alert_id == Alert.id)
        .where(AlertCover.notification_id == one.id)
    )
    # Settled or recorded when hardly any time was left: at once is what can be asked for.
    latest = max(one.due_at, (one.ready_at or one.accepted_at) + _TICK)
    if any(a.handed_over_at is not None and a.handed_over_at <= latest for a in alerts):
        return True
    if one.told_at is not None and one.told_at <= latest:
        return True
    return session.scalars(
        select(CallSheetLine.id).where(
            CallSheetLine.notification_id == one.id, CallSheetLine.opened_at <= latest
        )
    ).first() is not None  # fmt: skip


def _mail_arrived(after: After) -> tuple[bool, str]:
    handed = after.session.scalars(select(Alert).where(Alert.handed_over_at.is_not(None))).all()
    bad = after.session.scalars(
        select(Alert).where(Alert.state.in_((AlertState.FAILED, AlertState.SET_ASIDE)))
    ).all()
    received = len(after.world.sink.messages)
    return len(handed) == received > 0 and not bad, f"{received} mails over verified TLS"


def _nothing_personal(after: After) -> tuple[bool, str]:
    secrets = _personal_words(after.world.pushes)
    leaks = 0
    for raw in _mails(after.world):
        text = _without_recipient(raw)
        leaks += bool(telling_words(text)) or any(word.search(text) for word in secrets)
    return leaks == 0, f"{len(secrets)} names, dates and references looked for, {leaks} leaks"


def _mails(world: World) -> Iterator[bytes]:
    for message in world.sink.messages:
        yield message.raw


def _without_recipient(raw: bytes) -> str:
    """Return everything of a mail but its recipient, as sent and as decoded."""
    mail = message_from_bytes(raw, policy=default)
    body = mail.get_body(("plain",))
    lines = [line for line in raw.decode("utf-8", "replace").splitlines() if line[:3] != "To:"]
    return "\n".join([*lines, body.get_content() if body else ""])


def _personal_words(pushes: tuple[Push, ...]) -> list[re.Pattern[str]]:
    words: set[str] = set()
    for push in pushes:
        words.add(push.reference)
        for child in push.body["children"]:
            words |= {child.get(name) or "" for name in ("forename", "surname", "upn")}
            words |= {place["postcode"] for place in child.get("residences", [])}
            words |= set(_dates(child.get("date_of_birth")))
    kept = sorted(word for word in words if word)
    return [re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE) for word in kept]


def _dates(text: str | None) -> Iterator[str]:
    if text:
        born = date.fromisoformat(text)
        yield from (text, f"{born:%d/%m/%Y}", f"{born:%d-%m-%Y}", f"{born.day} {born:%B %Y}")


def _hidden(after: After) -> tuple[bool, str]:
    child = after.evening.hidden_answer["children"][0]
    named = BY_URN[990004].name in str(after.evening.hidden_answer) or "990004" in str(
        after.evening.hidden_answer
    )
    return child.get("school_found") is True and not named, "only school_found: true"


def _recalled(after: After) -> tuple[bool, str]:
    gone = select(InvolvedChild.id).where(InvolvedChild.outcome == Outcome.WITHDRAWN)
    ids = after.session.scalars(gone).all()
    visible = [
        n
        for own in notifications_of(after.session, ids).values()
        for n in own
        if n.state in VISIBLE
    ]
    return len(ids) > 0 and not visible, f"{len(ids)} withdrawn, {len(visible)} still visible"


def _chain_holds(after: After) -> tuple[bool, str]:
    names = chains(after.session)
    rows = sum(length(after.session, name) for name in names)
    broken = [
        name for name in names if after.world.wiring.chain.verify(after.session, name) is not None
    ]
    return not broken and rows > 0, f"{len(names)} chains, {rows:,} rows"


def _decisions_kept(after: After) -> tuple[bool, str]:
    matches = after.session.scalars(select(Match)).all()
    bare = [one for one in matches if not one.rules_version or len(one.input_digest) != 32]
    return len(matches) > 0 and not bare, f"{len(matches)} decisions with rules version and digest"


_QUESTIONS: tuple[tuple[str, Question], ...] = (
    ("Every push was answered after it was stored", _answered),
    ("Every child has exactly one outcome", _every_child),
    ("Each went where it had to go", _as_expected),
    ("Behind every child not told stands a name", _somebody_has_each),
    ("Who need not be told has a coded reason", _not_needed_has_reason),
    ("Evidence and outcomes balance", _balanced),
    ("Somebody was asked before every deadline", _in_time),
    ("Every alert reached the mail server", _mail_arrived),
    ("No alert holds anything personal or telling", _nothing_personal),
    ("The API hides a school it was not told", _hidden),
    ("What was withdrawn is gone from the school", _recalled),
    ("Every decision can be reproduced", _decisions_kept),
    ("The audit chain holds", _chain_holds),
)
