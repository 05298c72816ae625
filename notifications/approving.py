"""Which words count: a version is used from when a named person approved it, and not before.

A force approves what its schools are shown, the installation the alerts, which are the same for
all. Where nobody has approved anything yet, the version this release came with is used, and that
is recorded as the installation's approval: no child waits for a signature.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.database import insert_unless_there
from app.core.errors import Refused
from notifications import wording
from notifications.states import WordingKind
from notifications.wording_models import WordingApproval

INSTALLATION = "installation"
# Who approved the words that came with the release, where no person has yet.
BY_DEFAULT = "the installation, as shipped"
_FIRST = 1


def owner_of(force: str) -> str:
    """Return whose approvals are a force's."""
    return f"force:{force}"


def approvals(session: Session, owner: str) -> Sequence[WordingApproval]:
    """Return what was approved, newest first."""
    return session.scalars(
        select(WordingApproval)
        .where(WordingApproval.owner == owner)
        .order_by(WordingApproval.number.desc())
    ).all()


def version_of(session: Session, owner: str, *, now: datetime) -> str:
    """Return the version that counts, and record what is used before anybody approved it.

    An approved version that this release does not have, after a roll-back, gives way to the one
    approved before it.
    """
    kind = kind_of(owner)
    known = wording.shipped(kind)
    found = approvals(session, owner)
    for one in found:
        if one.version in known:
            return one.version
    if not found:
        # Several may be first at once: one row is kept, and it is the record.
        insert_unless_there(
            session, WordingApproval, owner=owner, number=_FIRST, kind=kind, version=known[-1],
            digest=wording.digest_of(kind, known[-1]), approved_by=BY_DEFAULT, approved_at=now,
        )  # fmt: skip
    return known[-1]


def notice_version(session: Session, force: str, *, now: datetime) -> str:
    """Return the version in which a force's schools are told."""
    return version_of(session, owner_of(force), now=now)


def alert_version(session: Session, *, now: datetime) -> str:
    """Return the version of this installation's alerts."""
    return version_of(session, INSTALLATION, now=now)


def approve(
    session: Session, owner: str, *, version: str, approved_by: str, now: datetime, actor: str
) -> WordingApproval:
    """Let a version count from now on, approved by a person who is named.

    Raises `Refused` for a version this release does not have, for one whose words are not those
    that were shipped, and for a name that is empty or too long.
    """
    kind, name = kind_of(owner), approved_by.strip()
    if version not in wording.shipped(kind):
        raise unknown(kind)
    if f"{kind} {version}" in wording.changed_without_a_version():
        raise Refused("These words are not as they were shipped: install the release again.")
    if not 1 <= len(name) <= 100:
        raise Refused("Say who approves these words, briefly.")
    found = approvals(session, owner)
    made = WordingApproval(
        owner=owner, number=found[0].number + 1 if found else _FIRST, kind=kind, version=version,
        digest=wording.digest_of(kind, version), approved_by=name, approved_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, event=audit.Event.WORDING_APPROVED, actor=actor,
        force=None if owner == INSTALLATION else owner.partition(":")[2],
        subject=f"wording:{kind}:{version}", now=now, detail={"number": made.number},
    )  # fmt: skip
    return made


def unknown(kind: WordingKind) -> Refused:
    """Return the refusal of a version that this release does not have."""
    known = ", ".join(wording.shipped(kind))
    return Refused(f"This release has no such words: choose one of {known}.")


def kind_of(owner: str) -> WordingKind:
    """Return whose words an owner approves."""
    return WordingKind.ALERT if owner == INSTALLATION else WordingKind.NOTICE
