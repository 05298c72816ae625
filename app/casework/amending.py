"""A newer version of an incident: what changes in place at a school, and what is taken back.

Source: domain.md §7. Who the child is and where it learns decide: where the newer version says the
same of both, the decision stands and the school's message is amended. Anything else is recalled by
whoever calls this, and the child matched afresh.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.casework.facts import matching_facts, notice_facts, priority_of
from app.core import keys
from app.core.cipher import Cipher, Erased, SealingKey
from app.intake.details import ChildDetails, IncidentDetails
from app.intake.models import Incident, InvolvedChild
from app.intake.moves import move_child
from app.intake.opening import open_children, open_incident
from app.intake.outcomes import IncidentState, Outcome
from app.intake.restrictions import was_lifted
from notifications import amending
from notifications.approving import notice_version
from notifications.compose import Content
from notifications.models import Notification, Occurrence, Run
from notifications.queries import contents_of
from notifications.runs import policy_of
from notifications.states import ENDED, TOLD, VISIBLE
from notifications.timing import Due, due_for_council, due_for_school
from schools.calendars import calendar_of, council_calendar, nation_of_council
from schools.connected_models import ConnectedDigest
from schools.matching.details import Band
from schools.matching.models import Match
from schools.matching.review import carry_decision
from schools.queries import establishment
from schools.term_dates import Nation


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of an incident, opened."""

    incident: Incident
    key: SealingKey
    facts: IncidentDetails = field(repr=False)
    children: dict[str, tuple[InvolvedChild, ChildDetails]] = field(repr=False)


def carry_over(
    session: Session, cipher: Cipher, *, replaced: Sequence[UUID], sent: Sequence[UUID],
    now: datetime, actor: str,
) -> int:  # fmt: skip
    """Amend what was sent of the children that only tell more or better now; return how many.

    `sent` are the children of the replaced incidents of whom a message had been sent. What is not
    amended here still tells of the replaced version when this returns: its caller recalls it.
    """
    amended = 0
    for incident_id in replaced if sent else ():
        versions = _two_versions(session, cipher, incident_id)
        if versions is None or not _same_incident(session, *versions):
            continue
        old, new = versions
        for ref, (child, details) in old.children.items():
            after = new.children.get(ref)
            if child.id not in sent or after is None or after[0].outcome is not Outcome.RECEIVED:
                continue
            if _amend_child(
                session, cipher, old, new, ref=ref, before=details, after=after[1], now=now,
                actor=actor,
            ):  # fmt: skip
                amended += 1
    return amended


def _two_versions(
    session: Session, cipher: Cipher, replaced: UUID
) -> tuple[_Version, _Version] | None:
    """Return the replaced version and the one that is acted on now, where both can be opened."""
    old = session.get_one(Incident, replaced)
    new = session.scalars(
        select(Incident).where(
            Incident.force == old.force, Incident.reference == old.reference,
            Incident.state == IncidentState.NEWEST,
        )
    ).one_or_none()  # fmt: skip
    if new is None or old.withdrawn_at is not None:
        return None
    try:
        return _opened(session, cipher, old), _opened(session, cipher, new)
    except Erased:
        return None


def _opened(session: Session, cipher: Cipher, incident: Incident) -> _Version:
    key = keys.open_key(session, cipher, incident.content_key_id)
    children = session.scalars(
        select(InvolvedChild)
        .where(InvolvedChild.incident_id == incident.id)
        .order_by(InvolvedChild.position)
    ).all()
    opened = open_children(cipher, children, key)
    return _Version(
        incident, key, open_incident(cipher, incident, key),
        {child.ref: (child, details) for child, details in zip(children, opened, strict=True)},
    )  # fmt: skip


def _same_incident(session: Session, old: _Version, new: _Version) -> bool:
    """Return whether nothing changed about who may be told: a restriction, or a hold."""
    return (
        new.facts.hold is None
        # A restriction is never lifted by a later version that does not speak of it.
        and (not new.facts.restricted_access or _stood_restricted(session, old))
        and old.facts.party_under_16 == new.facts.party_under_16
    )


def _stood_restricted(session: Session, old: _Version) -> bool:
    """Return whether a version said that it is restricted, and two people did not lift it since."""
    one = old.incident
    return old.facts.restricted_access and not was_lifted(
        session, force=one.force, reference=one.reference, since=one.received_at
    )


def _amend_child(
    session: Session, cipher: Cipher, old: _Version, new: _Version, *, ref: str,
    before: ChildDetails, after: ChildDetails, now: datetime, actor: str,
) -> bool:  # fmt: skip
    """Amend every message about one child; False where one of them cannot go on as it is."""
    child, successor = old.children[ref][0], new.children[ref][0]
    if not _same_child(before, after) or not _same_people(session, old, new, ref=ref):
        return False
    messages = _messages_of(session, child.id)
    if not messages or not all(one.state in VISIBLE for one in messages):
        return False
    if before.residences != after.residences and not all(one.state in TOLD for one in messages):
        # Where a child lives is evidence of its school until somebody there said "on our roll".
        return False
    match = _decision(session, child.id)
    if match is None:
        return False
    work = [_change(session, cipher, one, old, new, ref=ref, now=now) for one in messages]
    for notification, change, content, told in work:
        amending.amend(
            session, cipher, notification, change, content=content, before=told, now=now,
            actor=actor,
        )  # fmt: skip
    carry_decision(session, match, to_child=successor.id, actor=actor, now=now)
    to_council = all(one.urn is None for one in messages)
    sent = Outcome.SENT_TO_COUNCIL if to_council else Outcome.SENT_TO_SCHOOL
    move_child(session, successor, to=sent, now=now, due_at=child.due_at)
    # Its clock is that of the first version: what was told then was told then.
    successor.received_at = child.received_at
    successor.return_on, successor.rematched_at = child.return_on, child.rematched_at
    successor.again_on = child.again_on
    session.flush()
    return True


def _same_child(before: ChildDetails, after: ChildDetails) -> bool:
    """Return whether both versions mean the same child at the same school, and nobody hidden."""
    old, new = matching_facts(before), matching_facts(after)
    hidden = before.protected or after.protected
    return (
        not hidden
        and _known_by(old.identity) == _known_by(new.identity)
        and old.education.status == new.education.status
        and before.education == after.education
        and before.connected_at_school == after.connected_at_school
    )


def _known_by(identity: object) -> tuple[object, ...]:
    """Return who a child is; where it lives is looked at apart."""
    names = (
        "forename", "middle_names", "surname", "known_as", "former_surname", "date_of_birth",
        "birth_year", "age_range", "sex", "upn",
    )  # fmt: skip
    return tuple(getattr(identity, name) for name in names)


def _same_people(session: Session, old: _Version, new: _Version, *, ref: str) -> bool:
    """Return whether the same adults are concerned: else somebody may have to be left out."""
    return _people(session, old, ref) == _people(session, new, ref)


def _people(session: Session, version: _Version, ref: str) -> set[tuple[str, bytes, bool]]:
    child_id = version.children[ref][0].id
    rows = session.scalars(
        select(ConnectedDigest).where(ConnectedDigest.incident_id == version.incident.id)
    )
    return {
        (row.kind.value, row.digest, row.involved_child_id is None)
        for row in rows
        if row.involved_child_id in {None, child_id}
    }


def _messages_of(session: Session, child_id: UUID) -> list[Notification]:
    """Return what tells of a child, locked: nobody opens or refuses it until this is stored."""
    told = select(Occurrence.notification_id).where(Occurrence.involved_child_id == child_id)
    return list(
        session.scalars(
            select(Notification)
            .where(Notification.id.in_(told), Notification.state.not_in(ENDED))
            .order_by(Notification.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )


def _decision(session: Session, child_id: UUID) -> Match | None:
    return session.scalars(
        select(Match)
        .where(
            Match.involved_child_id == child_id, Match.band == Band.MATCHED,
            Match.undone_at.is_(None), Match.composed_at.is_not(None),
        )
        .order_by(Match.decided_at.desc())
        .limit(1)
    ).first()  # fmt: skip


def _change(
    session: Session, cipher: Cipher, notification: Notification, old: _Version, new: _Version, *,
    ref: str, now: datetime,
) -> tuple[Notification, amending.Change, Content, Content]:  # fmt: skip
    run = session.scalars(select(Run).where(Run.id == notification.run_id)).one()
    policy = policy_of(run)
    child, successor = old.children[ref][0], new.children[ref][0]
    details = new.children[ref][1]
    change = amending.Change(
        old=(old.incident.id, child.id), new=(new.incident.id, successor.id), key=new.key,
        facts=notice_facts(details, new.facts, welsh=_welsh(session, notification)),
        priority=priority_of(details, new.facts), policy=policy,
        policy_version=run.policy_version, read_by=_read_by(session, notification, run, now=now),
    )  # fmt: skip
    told = contents_of(session, cipher, notification)[old.incident.id]
    version = notice_version(session, notification.force, now=now)
    content = amending.changed_content(
        told, change.facts, policy, template_version=version,
        restricted=new.incident.restricted_access,
    )  # fmt: skip
    return notification, change, content, told


def _read_by(session: Session, notification: Notification, run: Run, *, now: datetime) -> Due:
    """Return by when a change is to be read: as if it were a record accepted now."""
    timing = policy_of(run).timing
    if notification.urn is not None:
        calendar = calendar_of(session, notification.urn)
        return due_for_school(calendar, accepted_at=now, incident_at=now, timing=timing)
    calendar = council_calendar(session, notification.council or "")
    return due_for_council(calendar, accepted_at=now, incident_at=now, timing=timing)


def _welsh(session: Session, notification: Notification) -> bool:
    if notification.urn is None:
        return nation_of_council(notification.council or "") is Nation.WALES
    school = establishment(session, notification.urn)
    return school is not None and school.nation is Nation.WALES
