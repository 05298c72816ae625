"""One child-notification from the record to the follow-up: every step, alert, receipt and skip.

For the desk, the lead and the auditor of its force. People are what they are to it, told apart by a
letter: no name, and nothing of the child. Who is connected with the family is for the one role that
reads the reasons; others see that the recipient changed (domain.md §4).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access.models import AccountRole
from app.access.permissions import Action, Relation, Role, may
from app.casework.acting import Acting, require
from app.casework.connections import desk_tie, require_untied
from app.casework.remembering import children_of
from app.casework.words_shown import WordsShown, words_of_alerts, words_of_message
from app.core import audit
from app.core.errors import NotFound
from app.core.models import AuditEntry
from app.intake.models import Incident, InvolvedChild
from notifications.approving import BY_DEFAULT
from notifications.models import (
    Alert,
    AlertAbout,
    AlertCover,
    EscalationStep,
    Notification,
    Receipt,
)
from notifications.receipt_models import Recall, ReceiptStep
from notifications.receipt_steps import ASKED_ABOUT
from notifications.states import ENDED, AlertState, ReceiptKind

_STEPS = frozenset(
    {
        audit.Event.STEP_TAKEN, audit.Event.STEP_SKIPPED, audit.Event.RECEIPT_STEP_TAKEN,
        audit.Event.RECEIPT_STEP_SKIPPED, audit.Event.TIMELINE_VIEWED,
    }
)  # fmt: skip
_WITHHELD, _CHANGED = audit.Event.NOTIFICATION_WITHHELD, audit.Event.RECIPIENT_CHANGED
_CONNECTED, _ONLY_CHANGED = "connected", "recipient_changed"
_ROLE_WORDS = {
    Role.KEY_ADULT: "key adult", Role.COUNCIL_OFFICER: "council officer",
    Role.FORCE_DESK: "force desk", Role.REVIEWER: "reviewer", Role.LEAD: "lead",
    Role.AUDITOR: "auditor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """One line: when, what kind of thing, its code, who, and the coded reason or state."""

    at: datetime
    kind: str
    code: str
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole story of one message, oldest first; what is still planned stands at its time."""

    notification: Notification
    reference: str
    child_ref: str
    moments: tuple[Moment, ...]
    may_recall: bool = False


def timeline(session: Session, acting: Acting, *, notification_id: UUID) -> Timeline:
    """Return the story of a message of one's own force; looking at it is on the trail.

    Raises `NotFound` for a stranger, and for who is connected with the incident.
    """
    found = session.get(Notification, notification_id)
    if found is None:
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    require(acting, Action.SEE_TIMELINE, Relation(force=found.force))
    require_untied(desk_tie(session, acting, found))
    audit.record(
        session, event=audit.Event.TIMELINE_VIEWED, actor=acting.actor.id, force=found.force,
        subject=f"notification:{found.id}", now=acting.now,
    )  # fmt: skip
    child = session.get_one(InvolvedChild, found.involved_child_id)
    incident = session.get_one(Incident, child.incident_id)
    force = Relation(force=found.force)
    why = may(acting.actor, Action.SEE_RECIPIENT_CHANGES, force)
    moments = [*_acts(session, found, why=why), *_steps(session, found.id, why=why)]
    moments += _alerts(session, found.id)
    moments += _machine_receipts(session, found.id)
    moments += _words(session, acting, found)
    ordered = sorted(moments, key=lambda one: one.at)
    recallable = found.state not in ENDED and may(acting.actor, Action.RECALL, force)
    return Timeline(found, incident.reference, child.ref, tuple(ordered), recallable)


def shown_reason(code: str, *, why: bool) -> str:
    """Return a coded reason as a reader may see it; `why` is for who reads who is connected."""
    return _ONLY_CHANGED if code == _CONNECTED and not why else code


class People:
    """Says what somebody is, with a letter for each of them in the order they appear."""

    def __init__(self, session: Session, actors: Iterable[str]) -> None:
        seen = dict.fromkeys(one for one in actors if one.startswith("account:"))
        ids = {one: UUID(one.removeprefix("account:")) for one in seen if _is_id(one)}
        rows = session.execute(
            select(AccountRole.account_id, AccountRole.role).where(
                AccountRole.account_id.in_(ids.values())
            )
        )
        roles: dict[UUID, list[Role]] = {}
        for account_id, role in rows:
            roles.setdefault(account_id, []).append(Role(role))
        self._words = {
            actor: f"{_title(roles.get(ids[actor], []) if actor in ids else [])} {_letter(place)}"
            for place, actor in enumerate(seen)
        }

    def of(self, actor: str) -> str:
        if actor.startswith("client:"):
            return "the force’s system"
        return self._words.get(actor, "the service")


def _is_id(actor: str) -> bool:
    try:
        UUID(actor.removeprefix("account:"))
    except ValueError:
        return False
    return True


def _title(roles: list[Role]) -> str:
    words = [_ROLE_WORDS[role] for role in _ROLE_WORDS if role in roles]
    return words[0] if words else "somebody"


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _acts(session: Session, found: Notification, *, why: bool) -> Iterator[Moment]:
    """Return what is on the trail; without `why` nobody stands beside a changed recipient.

    That somebody was not shown the content is told by the change alone.
    """
    rows = [row for row in _trail(session, found) if why or row.event != _WITHHELD]
    people = People(session, (row.actor for row in rows if why or row.event != _CHANGED))
    for row in rows:
        who = people.of(row.actor) if why or row.event != _CHANGED else ""
        yield Moment(row.at, "trail", row.event, who, row.reason_code or "")


def _trail(session: Session, found: Notification) -> Iterator[AuditEntry]:
    children = children_of(session, found)
    subjects = [f"notification:{found.id}"]
    subjects += [f"involved_child:{one.id}" for one in children]
    subjects += [f"incident:{one.incident_id}" for one in children]
    recalls = session.scalars(select(Recall.id).where(Recall.notification_id == found.id))
    subjects += [f"recall:{one}" for one in recalls]
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.subject.in_(subjects)).order_by(AuditEntry.seq)
    )
    return (row for row in rows if row.event not in _STEPS)


def _steps(session: Session, notification_id: UUID, *, why: bool) -> Iterator[Moment]:
    ladder = select(EscalationStep).where(EscalationStep.notification_id == notification_id)
    after = select(ReceiptStep).where(ReceiptStep.notification_id == notification_id)
    rows: list[EscalationStep | ReceiptStep] = [*session.scalars(ladder), *session.scalars(after)]
    for row in rows:
        at = row.settled_at or row.planned_at
        kind = f"step_{row.state.value}"
        reason = shown_reason(row.reason_code or "", why=why)
        yield Moment(at, kind, row.kind.value, "the service", reason)


def _alerts(session: Session, notification_id: UUID) -> Iterator[Moment]:
    """Return when each alert was planned, and every try of it with what its provider said."""
    rows = {f"alert:{row.id}": row for row in _alert_rows(session, notification_id)}
    to = {
        subject: "to a key adult" if row.key_adult_id is not None else "to an officer"
        for subject, row in rows.items()
    }
    for subject, row in rows.items():
        yield Moment(row.planned_at, "alert", "planned", to[subject], row.channel.value)
        if row.state is AlertState.NOT_NEEDED and row.settled_at is not None:
            yield Moment(row.settled_at, "alert", row.state.value, to[subject])
    tries = select(AuditEntry).where(AuditEntry.subject.in_(rows)).order_by(AuditEntry.seq)
    for one in session.scalars(tries):
        by = str((one.detail or {}).get("by") or rows[one.subject].channel.value)
        said = f"{by}: {one.reason_code}" if one.reason_code else by
        yield Moment(one.at, "try", one.event, to[one.subject], said)


def _alert_rows(session: Session, notification_id: UUID) -> Sequence[Alert]:
    covers = select(AlertCover.alert_id).where(AlertCover.notification_id == notification_id)
    abouts = [f"{kind}:{notification_id}" for kind in ASKED_ABOUT]
    about = select(AlertAbout.alert_id).where(AlertAbout.about.in_(abouts))
    rows = select(Alert).where(or_(Alert.id.in_(covers), Alert.id.in_(about)))
    return session.scalars(rows.order_by(Alert.planned_at, Alert.id)).all()


def _words(session: Session, acting: Acting, found: Notification) -> Iterator[Moment]:
    """Return in which words it was, and whether the same ones still give what was shown then."""
    for one in words_of_message(session, acting.cipher, found):
        yield _said(one)
    for one in words_of_alerts(session, _alert_rows(session, found.id)):
        yield _said(one)


def _said(one: WordsShown) -> Moment:
    """Return a line without the approver's name: nobody is named here."""
    who = "approved by name" if one.approved_by not in {"", BY_DEFAULT} else "as shipped"
    return Moment(one.at, "words", f"{one.what} in words {one.words}", who, one.kept.value)


def _machine_receipts(session: Session, notification_id: UUID) -> Iterator[Moment]:
    """What a provider says; what people did is on the trail."""
    kinds = (ReceiptKind.HANDED_OVER, ReceiptKind.REACHED_MAILBOX)
    rows = session.scalars(
        select(Receipt).where(Receipt.notification_id == notification_id, Receipt.kind.in_(kinds))
    )
    for row in rows:
        yield Moment(row.at, "receipt", row.kind.value, "the service", row.source)
