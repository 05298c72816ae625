"""Releasing a protected child: by voice, to one named person, once a force lead has confirmed it.

Source: domain.md §3. A reviewer chooses the school; whom at that school is told is named by the
desk and confirmed by somebody else: a force lead,
or from the duty officer's rung of the ladder on the duty officer. Nobody else at the school ever
sees it. A force of one person confirms alone.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import names_of
from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.connections import Tie, declared, desk_ties, require_untied
from app.casework.release_claims import (
    Claim,
    claim_of,
    give_back,
    let_go,
    require_claim,
    take,
)
from app.casework.released import (
    confirms_as,
    people_there,
    proposal,
    released,
    standing,
    waits_for_release,
    why_gone,
)
from app.casework.restricted import only_for
from app.casework.waiting import recipient_name
from app.core import audit
from app.core.clock import london_date
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.ids import new_id
from app.intake.models import Incident, InvolvedChild
from notifications.alerting import alert_officer, stop_alerts
from notifications.channels.call_sheet import open_line
from notifications.free_officers import Family, free_officers
from notifications.models import Notification, Occurrence, Release
from notifications.passing_over import told_of
from notifications.recipients import Recipient
from notifications.states import NOBODY, NotificationState
from notifications.unsettled import stop_review_ladder
from schools.officers import Duty


class WhySafe(StrEnum):
    """Why this person may be told; a code, so that nothing of the family is written down."""

    SOCIAL_CARE_AGREES = "social_care_agrees"
    HEAD_AGREES = "head_agrees"
    KNOWS_ALREADY = "knows_already"
    NO_TIE_KNOWN = "no_tie_known"


_NOTHING_HERE = "There is nothing here for you: check the address or sign in as another."


@dataclass(frozen=True, slots=True)
class Waiting:
    """One protected child whose release is to be named or confirmed; nothing of the child."""

    notification_id: UUID
    reference: str
    child_ref: str
    due_at: datetime
    # Both empty until this person has claimed it: where the child is, and who was proposed there.
    school: str
    proposed: str
    # Who proposed somebody; empty where nobody has.
    proposed_by: str
    may_confirm: bool
    is_council: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """The page of one release: whom it may be told, and what was proposed, to who claimed it."""

    waiting: Waiting
    people: tuple[Recipient, ...]
    claim: Claim | None

    @property
    def mine(self) -> bool:
        return self.claim is not None and self.claim.mine


def waiting(session: Session, acting: Acting, *, force: str) -> list[Waiting]:
    """Return the protected children of a force that nobody may be told of yet, least time first."""
    require(acting, Action.SEE_BOARD, Relation(force=force))
    rows = session.scalars(
        select(Notification)
        .where(
            Notification.force == force,
            Notification.state == NotificationState.READY,
            Notification.told_at.is_(None),
            Notification.shown_only_to.is_not(None),
        )
        .order_by(Notification.due_at, Notification.id)
    ).all()
    tied = desk_ties(session, acting, {row.id: row.force for row in rows})
    return [
        _line(session, acting, row, shown=False)
        for row in rows
        if tied.get(row.id) is not Tie.OUT and not released(session, acting.cipher, row, acting.now)
    ]


def case(session: Session, acting: Acting, *, notification_id: UUID) -> Case:
    """Return whom this child may be released to, to the person who claimed it; raise `NotFound`.

    It names the school, which no list does: each showing is on the trail.
    """
    row = _notification(session, acting, notification_id, action=Action.SEE_BOARD)
    held = claim_of(session, acting, row)
    if held is None or not held.mine:
        return Case(_line(session, acting, row, shown=False), (), held)
    _record(session, acting, row, audit.Event.RELEASE_SHOWN, proposal(session, row))
    people = people_there(session, acting.cipher, row, now=acting.now)
    return Case(_line(session, acting, row, shown=True), tuple(people), held)


def claim(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Take a release for a quarter of an hour; raise `NotFound`, `Conflict`."""
    row = _notification(session, acting, notification_id, action=Action.SEE_BOARD)
    take(session, acting, row, _account(acting))


def leave(session: Session, acting: Acting, *, notification_id: UUID) -> None:
    """Give a claimed release back before its time; raise `NotFound`, `Conflict`."""
    row = _notification(session, acting, notification_id, action=Action.SEE_BOARD)
    give_back(session, acting, row)


def propose(
    session: Session, acting: Acting, *, notification_id: UUID, person_id: UUID | None,
    reason: WhySafe,
) -> None:  # fmt: skip
    """Name one key adult or officer, or the head by role; the force lead is asked at once.

    Raises `Invalid` for somebody who is not among its people, `Conflict` without a claim, where a
    proposal waits or somebody may be told already. The claim ends: somebody else confirms.
    """
    row = _notification(session, acting, notification_id, action=Action.PROPOSE_RELEASE)
    require_claim(session, acting, row)
    if proposal(session, row) is not None:
        raise Conflict("Somebody is named already: the force lead confirms or refuses first.")
    if released(session, acting.cipher, row, acting.now):
        raise Conflict("Somebody may be told already: load the board again.")
    people = {one.id: one for one in people_there(session, acting.cipher, row, now=acting.now)}
    named = people.get(person_id) if person_id is not None else None
    if person_id is not None and named is None:
        error = FieldError("person", "missing", "Choose whom the child is released to")
        raise Invalid("The release is not complete.", [error])
    made = Release(
        id=new_id(), force=row.force, involved_child_id=row.involved_child_id,
        notification_id=row.id, urn=row.urn,
        key_adult_id=named.id if named is not None and not named.is_officer else None,
        officer_id=named.id if named is not None and named.is_officer else None,
        reason=reason.value, proposed_by=_account(acting),
        proposed_at=acting.now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    told = told_of(session, [row.id])[row.id]
    leads, _ = free_officers(
        session, acting.cipher, owner=f"force:{row.force}", duty=Duty.FORCE_LEAD,
        on=london_date(acting.now),
        family=Family(
            frozenset(told.incidents), frozenset(told.children), declared(session, told.incidents),
            only_for(session, told.incidents, now=acting.now),
        ),
    )  # fmt: skip
    for lead in leads:
        if lead.can_receive:
            alert_officer(
                session, officer_id=lead.officer_id, force=row.force, about=f"release:{made.id}",
                due_at=row.due_at, now=acting.now,
            )  # fmt: skip
    let_go(session, row)
    _record(session, acting, row, audit.Event.RELEASE_PROPOSED, made)


def answer(session: Session, acting: Acting, *, notification_id: UUID, confirms: bool) -> None:
    """Confirm or refuse what another proposed; confirmed, the school is rung at once.

    Raises `NotFound`, and `Conflict` without a claim, for who proposed it, or before the duty
    officer's time.
    """
    row = _notification(session, acting, notification_id, action=Action.CONFIRM_RELEASE)
    require_claim(session, acting, row)
    found = proposal(session, row)
    if found is None:
        raise Conflict("Nothing is proposed: name whom the child is released to first.")
    confirmed_as = confirms_as(session, acting, row, found)
    if confirmed_as is None:
        raise Conflict("Somebody else confirms this: a force lead, or later the duty officer.")
    stop_alerts(session, f"release:{found.id}", acting.now)
    if not confirms:
        found.refused_at = acting.now
        let_go(session, row)
        _record(session, acting, row, audit.Event.RELEASE_REFUSED, found)
        return
    if why_gone(session, acting.cipher, row, found, acting.now) is not None:
        raise Conflict("The person named is not there any more: refuse, and name somebody else.")
    before = standing(session, row.id)
    if before is not None:
        before.ended_at, before.end_code = acting.now, "replaced"
    found.confirmed_at, found.confirmed_by = acting.now, _account(acting)
    found.confirmed_as = confirmed_as
    row.shown_only_to = _shown_to(session, acting, row, found)
    session.flush()
    open_line(session, row, now=acting.now)
    for child_id in _children(session, row):
        # At the other school of a child at two there may be nobody yet.
        if not waits_for_release(session, child_id):
            stop_review_ladder(
                session, child_id, code="released", now=acting.now, actor=acting.actor.id
            )
    let_go(session, row)
    _record(session, acting, row, audit.Event.RELEASE_CONFIRMED, found)


def _notification(
    session: Session, acting: Acting, notification_id: UUID, *, action: Action
) -> Notification:
    found = session.get(Notification, notification_id)
    if found is None or found.shown_only_to is None:
        raise NotFound(_NOTHING_HERE)
    require(acting, action, Relation(force=found.force))
    require_untied(desk_ties(session, acting, {found.id: found.force}).get(found.id))
    if found.state is not NotificationState.READY or found.told_at is not None:
        raise Conflict("This child was told of already, or taken back: load the board again.")
    return found


def _line(session: Session, acting: Acting, row: Notification, *, shown: bool) -> Waiting:
    found = proposal(session, row)
    reference, ref = session.execute(
        select(Incident.reference, InvolvedChild.ref)
        .join(Incident, Incident.id == InvolvedChild.incident_id)
        .where(InvolvedChild.id == row.involved_child_id)
    ).one()
    proposed, by = "", ""
    if found is not None:
        proposed = _proposed(session, acting, row, found) if shown else ""
        by = names_of(session, acting.cipher, [found.proposed_by]).get(found.proposed_by, "")
    return Waiting(
        row.id, reference, ref, row.due_at, recipient_name(session, row) if shown else "",
        proposed, by,
        found is not None and confirms_as(session, acting, row, found) is not None,
        is_council=row.urn is None,
    )  # fmt: skip


def _proposed(session: Session, acting: Acting, row: Notification, found: Release) -> str:
    named = found.key_adult_id or found.officer_id
    if named is None:
        duty = "The officer on duty for children’s services, by role"
        return "The head, by role" if row.urn is not None else duty
    people = people_there(session, acting.cipher, row, now=acting.now)
    gone = "Somebody who is not there any more: refuse"
    return next((one.name for one in people if one.id == named), gone)


def _shown_to(session: Session, acting: Acting, row: Notification, found: Release) -> str:
    """Return whose account opens it; somebody without one, and the head, hear it and no more."""
    for one in people_there(session, acting.cipher, row, now=acting.now):
        if one.id in {found.key_adult_id, found.officer_id}:
            return f"account:{one.account_id}" if one.account_id is not None else one.person
    return NOBODY


def _children(session: Session, row: Notification) -> list[UUID]:
    told = select(Occurrence.involved_child_id).where(Occurrence.notification_id == row.id)
    return list(session.scalars(told))


def _account(acting: Acting) -> UUID:
    if acting.actor.account_id is None:
        raise NotFound(_NOTHING_HERE)
    return acting.actor.account_id


def _record(
    session: Session, acting: Acting, row: Notification, event: audit.Event,
    found: Release | None,
) -> None:  # fmt: skip
    audit.record(
        session, event=event, actor=acting.actor.id, force=row.force,
        subject=f"notification:{row.id}", now=acting.now,
        reason_code=found.confirmed_as if found is not None else None,
        detail=None if found is None else {
            "release": str(found.id),
            "key_adult": str(found.key_adult_id) if found.key_adult_id else None,
            "officer": str(found.officer_id) if found.officer_id else None,
        },
    )  # fmt: skip
