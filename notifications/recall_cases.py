"""What a recall leaves to answer: who had seen it, and whether somebody wrong did.

Source: domain.md §7, DPA 2018 s.67. "Does anyone need protecting today?" comes first. Readers are
alerted neutrally and find on their pages that something was taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.cipher import Cipher
from app.core.errors import Conflict
from app.core.ids import new_id
from notifications.alerting import Addressee, plan_alert, stop_alerts
from notifications.asking_duty import alert_duty
from notifications.free_officers import family_of
from notifications.models import Notification, Receipt
from notifications.receipt_models import Breach, Recall
from notifications.receipt_rows import add_receipt, has_receipt
from notifications.receipt_states import BreachDecision, Said
from notifications.states import ENDED, ReceiptKind
from schools.models import KeyAdult
from schools.officers import Duty, Officer

# DPA 2018 s.67: without undue delay and, where feasible, within 72 hours of becoming aware.
REPORT_WITHIN = timedelta(hours=72)
# Evidence that somebody at the school read, heard or took away what there was to tell, or may have:
# what a caller had on the screen was perhaps read out. The first step alone, a first name and a
# year of birth, is how a wrong school is meant to find out.
SEEN = (
    ReceiptKind.OPENED, ReceiptKind.TOLD_BY_PHONE, ReceiptKind.SHOWN_TO_CALLER,
    ReceiptKind.PRINTED, ReceiptKind.EXPORTED,
)  # fmt: skip
_ALERT_WORTH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """One person and what they saw or took, each with its first time; `destroyed_at` is their word.

    Of a caller it is what was on the screen or told by phone: somebody at the school heard it.
    """

    actor: str
    seen: tuple[tuple[ReceiptKind, datetime], ...]
    destroyed_at: datetime | None


def open_recall(
    session: Session, notification: Notification, *, reason_code: str, actor: str, now: datetime
) -> Recall | None:
    """Open the questions of a recall, and tell those who had seen it; nothing where nobody had."""
    seen = readers_of(session, notification.id)
    if not any(kind in SEEN for one in seen for kind, _ in one.seen):
        return None
    recall = Recall(
        id=new_id(), force=notification.force, urn=notification.urn, council=notification.council,
        notification_id=notification.id, recalled_at=now, recalled_by=actor,
        reason_code=reason_code, readers=len(seen),
    )  # fmt: skip
    session.add(recall)
    session.flush()
    _alert_readers(session, notification, recall, now=now)
    return recall


def readers_of(
    session: Session, notification_id: UUID, recall: Recall | None = None
) -> list[Reader]:
    """Return who saw, heard or took something of a notification, in the order they did.

    With `recall`, who did before it, and what they said since: where one incident was taken back
    the message goes on, and who opens it later never saw that one.
    """
    rows = session.scalars(
        select(Receipt)
        .where(
            Receipt.notification_id == notification_id,
            Receipt.kind.in_((ReceiptKind.FIRST_STEP, *SEEN, ReceiptKind.DESTROYED)),
        )
        .order_by(Receipt.at)
    ).all()
    found: dict[str, dict[ReceiptKind, datetime]] = {}
    for row in rows:
        if recall is None or _concerns(recall, row):
            found.setdefault(row.actor, {}).setdefault(row.kind, row.at)
    return [
        Reader(
            actor,
            tuple((kind, at) for kind, at in seen.items() if kind is not ReceiptKind.DESTROYED),
            seen.get(ReceiptKind.DESTROYED),
        )
        for actor, seen in found.items()
    ]


def _concerns(recall: Recall, row: Receipt) -> bool:
    if row.kind is ReceiptKind.DESTROYED:
        return row.at >= recall.recalled_at
    return row.at <= recall.recalled_at


def destroyed(
    session: Session, notification: Notification, *, actor: str, now: datetime, source: str = "page"
) -> bool:
    """Record that a reader keeps nothing of what was recalled; return whether that was still open.

    It is said again of what is recalled later. Raises `Conflict` for who had seen nothing.
    """
    if not has_receipt(session, notification, ReceiptKind.OPENED, actor):
        raise Conflict("You had not opened this message: there is nothing to destroy.")
    if not to_destroy(session, notification, actor):
        return False
    return add_receipt(
        session, notification, ReceiptKind.DESTROYED, actor=actor, now=now, source=source,
        again=True,
    )  # fmt: skip


def to_destroy(session: Session, notification: Notification, actor: str) -> bool:
    """Return whether this person read what was recalled and has not said that nothing is kept.

    So it is with one incident of a message that goes on with the others.
    """
    open_ones = select(Recall.id).where(Recall.notification_id == notification.id, unsaid(actor))
    if session.scalars(open_ones.limit(1)).first() is not None:
        return True
    return (
        notification.state in ENDED
        and has_receipt(session, notification, ReceiptKind.OPENED, actor)
        and not has_receipt(session, notification, ReceiptKind.DESTROYED, actor)
    )


def unsaid(actor: str) -> ColumnElement[bool]:
    """Return which recalls took back what this person had read, and said nothing of since."""
    mine = and_(Receipt.notification_id == Recall.notification_id, Receipt.actor == actor)
    opened, destroyed_it = ReceiptKind.OPENED, ReceiptKind.DESTROYED
    return and_(
        exists().where(mine, Receipt.kind == opened, Receipt.at <= Recall.recalled_at),
        ~exists().where(mine, Receipt.kind == destroyed_it, Receipt.at >= Recall.recalled_at),
    )


def say_protecting(
    session: Session, recall: Recall, *, said: Said, actor: str, now: datetime
) -> None:
    """Answer the first question; an answer may be put right while the case is open."""
    recall.protecting, recall.protecting_at, recall.protecting_by = said, now, actor
    _record(session, recall, f"protecting_{said.value}", actor=actor, now=now)


def say_disclosed(
    session: Session, cipher: Cipher, recall: Recall, *, said: Said, actor: str, now: datetime,
    declared: frozenset[str] = frozenset(), only: frozenset[UUID] | None = None,
) -> Breach | None:  # fmt: skip
    """Answer whether a wrong person saw it; "yes" and "unsure" open a breach record.

    Its clock began when the force became aware: when it recalled, not when it answers. Raises
    `Conflict` before the first question is answered and once a breach record is open.
    """
    if recall.protecting is None:
        raise Conflict("First say whether anyone needs protecting today.")
    if breach_of(session, recall.id) is not None:
        raise Conflict("There is a breach record already: the force lead decides about it.")
    recall.disclosed, recall.disclosed_at, recall.disclosed_by = said, now, actor
    _record(session, recall, f"disclosed_{said.value}", actor=actor, now=now)
    if said is Said.NO:
        return None
    breach = Breach(
        id=new_id(), force=recall.force, recall_id=recall.id, certainty=said,
        aware_at=recall.recalled_at, report_by=recall.recalled_at + REPORT_WITHIN,
    )  # fmt: skip
    session.add(breach)
    session.flush()
    audit.record(
        session, event=audit.Event.BREACH_OPENED, actor=actor, force=recall.force,
        subject=f"breach:{breach.id}", now=now, reason_code=said.value,
        detail={"recall": str(recall.id), "notification": str(recall.notification_id)},
    )  # fmt: skip
    missing = alert_duty(
        session, cipher, owner=f"force:{recall.force}", duty=Duty.DATA_PROTECTION,
        force=recall.force, about=f"breach:{breach.id}", now=now,
        family=family_of(
            session, session.get_one(Notification, recall.notification_id), declared, only
        ),
    )  # fmt: skip
    if missing is None:
        tell_dpo(session, breach, actor="alert", now=now)
    return breach


def tell_dpo(session: Session, breach: Breach, *, actor: str, now: datetime) -> None:
    """Record that the data protection officer was told: alerted, or by a person's voice."""
    if breach.dpo_told_at is not None:
        return
    breach.dpo_told_at, breach.dpo_told_by = now, actor
    audit.record(
        session, event=audit.Event.BREACH_DPO_TOLD, actor=actor, force=breach.force,
        subject=f"breach:{breach.id}", now=now,
    )  # fmt: skip
    session.flush()


def decide_breach(
    session: Session, breach: Breach, *, decision: BreachDecision, actor: str, now: datetime
) -> None:
    """Store what was decided; raise `Conflict` where the officer was not told, or twice."""
    if breach.dpo_told_at is None:
        raise Conflict("Tell the data protection officer first, then record what was decided.")
    if breach.decision is not None:
        raise Conflict("This was decided already: the decision stays on record.")
    breach.decision, breach.decided_at, breach.decided_by = decision, now, actor
    stop_alerts(session, f"breach:{breach.id}", now)
    audit.record(
        session, event=audit.Event.BREACH_DECIDED, actor=actor, force=breach.force,
        subject=f"breach:{breach.id}", now=now, reason_code=decision.value,
    )  # fmt: skip
    session.flush()


def breach_of(session: Session, recall_id: UUID) -> Breach | None:
    """Return the breach record of a recall, where there is one."""
    return session.scalars(select(Breach).where(Breach.recall_id == recall_id)).one_or_none()


def newest_recall(session: Session, notification_id: UUID) -> Recall | None:
    """Return the newest case of a notification, where somebody had read it."""
    return session.scalars(
        select(Recall)
        .where(Recall.notification_id == notification_id)
        .order_by(Recall.recalled_at.desc())
        .limit(1)
    ).first()


def open_recalls(session: Session, *, force: str) -> Sequence[tuple[Recall, Breach | None]]:
    """Return the recalls whose questions are open, and those whose breach is not decided."""
    rows = session.execute(
        select(Recall, Breach)
        .outerjoin(Breach, Breach.recall_id == Recall.id)
        .where(
            Recall.force == force,
            or_(
                Recall.disclosed.is_(None),
                (Breach.id.is_not(None)) & (Breach.decision.is_(None)),
            ),
        )
        .order_by(Recall.recalled_at, Recall.id)
    ).all()
    return [(recall, breach) for recall, breach in rows]


def _alert_readers(
    session: Session, notification: Notification, recall: Recall, *, now: datetime
) -> None:
    """Alert whoever opened it themselves: a message was taken back, nothing more is said."""
    actors = session.scalars(
        select(Receipt.actor)
        .where(Receipt.notification_id == notification.id, Receipt.kind == ReceiptKind.OPENED)
        .distinct()
    ).all()
    accounts = [account for one in actors if (account := _account(one)) is not None]
    key_adults = session.scalars(
        select(KeyAdult.id)
        .where(KeyAdult.account_id.in_(accounts), KeyAdult.urn == notification.urn)
        .where(KeyAdult.left_on.is_(None))
    ).all()
    officers = session.scalars(
        select(Officer.id).where(
            Officer.account_id.in_(accounts), Officer.owner == f"council:{notification.council}",
            Officer.duty == Duty.COUNCIL_OFFICER, Officer.left_on.is_(None),
        )
    ).all()  # fmt: skip
    owned = (notification.force, notification.urn, notification.council)
    readers = [Addressee(*owned, key_adult_id=one) for one in key_adults]
    readers += [Addressee(*owned, officer_id=one) for one in officers]
    for to in readers:
        plan_alert(session, to, due_at=now + _ALERT_WORTH, now=now, about=f"recall:{recall.id}")


def _account(actor: str) -> UUID | None:
    kind, _, ident = actor.partition(":")
    try:
        return UUID(ident) if kind == "account" else None
    except ValueError:
        return None


def _record(session: Session, recall: Recall, code: str, *, actor: str, now: datetime) -> None:
    audit.record(
        session, event=audit.Event.RECALL_ANSWERED, actor=actor, force=recall.force,
        subject=f"notification:{recall.notification_id}", now=now, reason_code=code,
        detail={"recall": str(recall.id)},
    )  # fmt: skip
    session.flush()
