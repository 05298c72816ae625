"""The papers of who leads: the month's pack, the morning's digest, and all forces at once."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Force
from app.access.permissions import Action, Relation
from app.casework.acting import Acting, require
from app.casework.timeliness import enter
from app.core import audit
from app.core.scope import scope, scope_of
from app.reports.digest import Digest, digest
from app.reports.national import National, national
from app.reports.pack import Pack, pack
from app.reports.periods import Period
from app.reports.published import PublishedLine, published_lines
from app.reports.timeliness import Whose


@dataclass(frozen=True, slots=True)
class AllForces:
    """What a reader of all forces sees: small numbers hidden, the whole in the last line."""

    found: National
    forces: tuple[PublishedLine, ...]
    whole: PublishedLine


def see_pack(
    session: Session, acting: Acting, whose: Whose, *, month: Period, published: bool
) -> Pack:
    """Return the pack of a calendar month; the published one hides small numbers."""
    enter(session, acting, whose, f"pack:{month.first:%Y-%m}")
    return pack(session, whose, month=month, now=acting.now, published=published)


def see_digest(session: Session, acting: Acting, whose: Whose, *, on: date) -> Digest:
    """Return what is still open, seen from a London date."""
    enter(session, acting, whose, f"digest:{on.isoformat()}")
    return digest(session, whose, on=on, now=acting.now)


def see_national(session: Session, acting: Acting, *, period: Period) -> AllForces:
    """Return the figures of every force, for who runs the platform. Raises `NotFound`."""
    require(acting, Action.SEE_NATIONAL, Relation())
    audit.record(
        session, event=audit.Event.REPORT_VIEWED, actor=acting.actor.id, force=None,
        subject=f"national:{period.first.isoformat()}:{period.last.isoformat()}", now=acting.now,
    )  # fmt: skip
    names = {row.code: row.name for row in session.execute(select(Force.code, Force.name))}
    before = scope_of(session)
    # Of the forces' own rows only these sums are read.
    scope(session, replace(before, forces=before.forces | frozenset(names)))
    found = national(session, period=period)
    scope(session, before)
    lines = [(names.get(code, code), tally) for code, tally in sorted(found.forces.items())]
    return AllForces(found, published_lines(lines), published_lines([("All", found.total)])[0])
