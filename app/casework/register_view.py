"""Many schools at once: which can receive, which are assured, and what is missing (RE13).

By council for its people, by force for its lead and register administrator, and the own schools
for a key adult of several.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from app.access.accounts import able_to_sign_in
from app.access.forces import councils_of
from app.access.permissions import Action, Actor, Role, may_at_all
from app.casework.acting import Acting
from app.casework.school_reach import on_behalf_of_schools, policy_at
from app.core.clock import london_date
from app.core.errors import NotFound
from schools.assurance import Part, assurance_of
from schools.drills import last_answered
from schools.models import Establishment
from schools.queries import OPEN_STATUSES
from schools.readiness import reason_of, standings

PAGE = 50
READY, ASSURED, NOT_ASSURED = "ready", "assured", "not_assured"
_COUNCIL_ROLES = (Role.COUNCIL_OFFICER, Role.LEAD, Role.REGISTER_ADMIN)
_FORCE_ROLES = (Role.LEAD, Role.REGISTER_ADMIN)


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """One school; without a reason code it can receive today."""

    urn: int
    name: str
    town: str | None
    council: str
    reason_code: str | None
    able: int
    people: int
    missing: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SchoolsView:
    """A page of schools, with the counts of all that are in reach and in the chosen council.

    `counts` are by filter: a reason, `ready`, `assured` or `not_assured`. Where the whole register
    is in reach and no council was chosen, there are only councils to choose from. `without_area`:
    somebody of a force, and nobody has said which councils it polices.
    """

    lines: tuple[SchoolLine, ...]
    counts: dict[str, int]
    total: int
    page: int
    pages: int
    councils: dict[str, str]
    council: str | None
    chosen: str | None
    without_area: bool = False


def schools_view(
    session: Session, acting: Acting, *, council: str | None = None, chosen: str | None = None,
    page: int = 1,
) -> SchoolsView:  # fmt: skip
    """Return the schools in reach, those that cannot receive first; raise `NotFound` for none."""
    if not may_at_all(acting.actor, Action.SEE_REGISTER):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    reached = _reached(session, acting.actor)
    councils = _councils(session, reached)
    if council is not None and council not in councils:
        council = None
    if council is None and _whole_register(acting.actor):
        return SchoolsView((), {}, 0, 1, 1, councils, None, None)
    within = reached if council is None else reached & (Establishment.la_code == council)
    lines = _judged(session, acting, session.scalars(_open().where(within)).all())
    counts: dict[str, int] = {}
    for line in lines:
        for label in _labels(line):
            counts[label] = counts.get(label, 0) + 1
    picked = [line for line in lines if chosen is None or chosen in _labels(line)]
    picked.sort(key=lambda one: (one.reason_code is None, not one.missing, one.name, one.urn))
    pages = max(1, -(-len(picked) // PAGE))
    page = min(max(page, 1), pages)
    shown = tuple(picked[(page - 1) * PAGE : page * PAGE])
    return SchoolsView(
        shown, counts, len(picked), page, pages, councils, council, chosen,
        without_area=_without_area(session, acting.actor),
    )  # fmt: skip


def urns_reached(session: Session, acting: Acting) -> set[int]:
    """Return every open school whose register entries this person may see."""
    if not may_at_all(acting.actor, Action.SEE_REGISTER):
        raise NotFound("There is nothing here for you: check the address or sign in as another.")
    reached = _reached(session, acting.actor)
    return set(session.scalars(select(Establishment.urn).where(_is_open(), reached)))


def _judged(session: Session, acting: Acting, places: Iterable[Establishment]) -> list[SchoolLine]:
    """Judge each council's schools by the policy of its force."""
    on = london_date(acting.now)
    by_council: dict[str, list[Establishment]] = {}
    for place in places:
        by_council.setdefault(place.la_code, []).append(place)
    found: list[SchoolLine] = []
    for council, some in by_council.items():
        policy = policy_at(session, council, at=acting.now)
        urns = {place.urn for place in some}
        enrolled = able_to_sign_in(session, urns)
        stands = standings(session, urns, on=on, policy=policy, enrolled=enrolled)
        with on_behalf_of_schools(session, urns):
            drilled = last_answered(session, urns)
        assured = assurance_of(session, urns, on=on, policy=policy, drilled=drilled)
        found += [
            SchoolLine(
                place.urn, place.name, place.town, council, reason_of(stands.get(place.urn, ())),
                sum(one.can_receive for one in stands.get(place.urn, ())),
                len(stands.get(place.urn, ())), assured[place.urn].missing,
            )
            for place in some
        ]  # fmt: skip
    return found


def _labels(line: SchoolLine) -> tuple[str, str]:
    return line.reason_code or READY, NOT_ASSURED if line.missing else ASSURED


def _whole_register(actor: Actor) -> bool:
    return any(
        grant.role is Role.REGISTER_ADMIN and not (grant.urn or grant.force or grant.council)
        for grant in actor.grants
    )


def _without_area(session: Session, actor: Actor) -> bool:
    forces = actor.forces(*_FORCE_ROLES)
    return bool(forces) and not any(councils_of(session, force) for force in forces)


def _reached(session: Session, actor: Actor) -> ColumnElement[bool]:
    if _whole_register(actor):
        return Establishment.urn.is_not(None)
    councils: Collection[str] = actor.councils(*_COUNCIL_ROLES).union(
        *(councils_of(session, force) for force in actor.forces(*_FORCE_ROLES))
    )
    own = actor.urns(Role.KEY_ADULT)
    return or_(false(), Establishment.la_code.in_(councils), Establishment.urn.in_(own))


def _councils(session: Session, reached: ColumnElement[bool]) -> dict[str, str]:
    rows = session.execute(
        select(Establishment.la_code, Establishment.la_name)
        .where(_is_open(), reached)
        .distinct()
        .order_by(Establishment.la_name)
    )
    return dict(rows.all())


def _is_open() -> ColumnElement[bool]:
    return Establishment.status.in_(OPEN_STATUSES) & Establishment.statutory.is_(True)


def _open() -> Select[Establishment]:
    return select(Establishment).where(_is_open())
