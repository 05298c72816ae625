"""What schools and reviewers said of a child, kept for the next incident of the same child."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.permissions import Role
from app.casework.acting import Acting
from app.core import keys
from app.core.cipher import Cipher, Erased
from app.intake.details import ChildDetails
from app.intake.models import Incident, InvolvedChild
from app.intake.opening import open_children
from app.intake.person import area_digest
from notifications.models import Notification, Occurrence
from schools.matching import judgements
from schools.matching.details import Judged, Verdict
from schools.matching.models import Judgement, JudgementSource


def earlier_answers(
    session: Session, cipher: Cipher, child: InvolvedChild, details: ChildDetails, *, on: date,
    at: datetime | None = None,
) -> tuple[Judged, ...]:  # fmt: skip
    """Return what was said of this child, as the rules take it; `on` as they do.

    Until `at`, to tell how an earlier decision came about; else all of it, also what was said by a
    clock that was ahead: a school that said no must not be told for that.
    """
    before = rows_before(session, child)
    rows = judgements.of_person(
        session, child.force, child.person_digest, involved_child_id=child.id, at=at,
        earlier_rows=before,
    )  # fmt: skip
    if not rows:
        return ()
    area = area_digest(cipher, child.force, details.residences)
    same = {row.involved_child_id for row in rows if _same_person(row, child)}
    return judgements.judged(rows, on=on, area_digest=area, earlier_rows=before - same)


def rows_before(session: Session, child: InvolvedChild) -> set[UUID]:
    """Return the rows of this child in the other versions of its incident.

    A date of birth that a newer version corrects, or a name that is still missing, must not make a
    school that said no be told again.
    """
    incident = session.get_one(Incident, child.incident_id)
    return set(
        session.scalars(
            select(InvolvedChild.id)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(
                Incident.force == incident.force,
                Incident.reference == incident.reference,
                Incident.id != incident.id,
                InvolvedChild.ref == child.ref,
            )
        )
    )


def speaks_for(acting: Acting, notification: Notification) -> bool:
    """Return whether this person knows the school's roll; its council's officers do not."""
    return notification.urn in acting.actor.urns(Role.KEY_ADULT)


def remember_on_roll(session: Session, acting: Acting, notification: Notification) -> None:
    """Keep that a key adult of this school knows the child as a pupil; the school year counts.

    A council's officer who answers for the school in a holiday says nothing of its roll.
    """
    if not speaks_for(acting, notification):
        return
    for child in children_of(session, notification):
        judgements.remember(
            session, force=child.force, person_digest=child.person_digest,
            involved_child_id=child.id, urn=notification.urn, verdict=Verdict.YES,
            source=JudgementSource.KEY_ADULT, area_digest=_area(session, acting.cipher, child),
            actor=acting.actor.id, now=acting.now,
        )  # fmt: skip


def remember_refusal(session: Session, acting: Acting, notification: Notification) -> None:
    """Keep that this school does not know the child: never again without a person.

    What a council's officer answers for it in a holiday closes this message and no more.
    """
    if not speaks_for(acting, notification):
        return
    for child in children_of(session, notification):
        judgements.remember(
            session, force=child.force, person_digest=child.person_digest,
            involved_child_id=child.id, urn=notification.urn, verdict=Verdict.NO,
            source=JudgementSource.NOT_OUR_PUPIL, actor=acting.actor.id, now=acting.now,
        )  # fmt: skip


def remember_wrong_school(session: Session, acting: Acting, notification: Notification) -> None:
    """Keep that a message was taken back as another school's: never there without a person.

    A council has no roll that a child could not be on.
    """
    if notification.urn is None:
        return
    for child in children_of(session, notification):
        judgements.remember(
            session, force=child.force, person_digest=child.person_digest,
            involved_child_id=child.id, urn=notification.urn, verdict=Verdict.NO,
            source=JudgementSource.RECALL, actor=acting.actor.id, now=acting.now,
        )  # fmt: skip


def forget_refusal(session: Session, acting: Acting, notification: Notification) -> None:
    """Take "not our pupil" back; that it was said stays on record."""
    judgements.undo_said(
        session, involved_child_ids=[one.id for one in children_of(session, notification)],
        urn=notification.urn, source=JudgementSource.NOT_OUR_PUPIL, actor=acting.actor.id,
        now=acting.now,
    )  # fmt: skip


def remember_review(
    session: Session, acting: Acting, child: InvolvedChild, words: Iterable[tuple[int, Verdict]],
    *, match_id: UUID, reason_code: str,
) -> None:  # fmt: skip
    """Keep what a reviewer said of each candidate, with the decision it was part of."""
    area = _area(session, acting.cipher, child)
    for urn, verdict in words:
        judgements.remember(
            session, force=child.force, person_digest=child.person_digest,
            involved_child_id=child.id, match_id=match_id, urn=urn, verdict=verdict,
            source=JudgementSource.REVIEW, area_digest=area, reason_code=reason_code,
            actor=acting.actor.id, now=acting.now,
        )  # fmt: skip


def children_of(session: Session, notification: Notification) -> Sequence[InvolvedChild]:
    """Return the children, one for each incident, that a notification tells of."""
    return session.scalars(
        select(InvolvedChild)
        .join(Occurrence, Occurrence.involved_child_id == InvolvedChild.id)
        .where(Occurrence.notification_id == notification.id)
        .order_by(Occurrence.joined_at, InvolvedChild.id)
    ).all()


def _same_person(row: Judgement, child: InvolvedChild) -> bool:
    return row.person_digest is not None and row.person_digest == child.person_digest


def _area(session: Session, cipher: Cipher, child: InvolvedChild) -> bytes | None:
    """Return where the child lived, as a digest; nothing once the content is erased."""
    incident = session.get_one(Incident, child.incident_id)
    try:
        key = keys.open_key(session, cipher, incident.content_key_id)
    except Erased:
        return None
    (details,) = open_children(cipher, [child], key)
    return area_digest(cipher, child.force, details.residences)
