"""Reading the register: schools by number, by what somebody typed, and who came after whom."""

import re
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session

from schools.matching.normalise import postcode
from schools.matching.school_names import name_key
from schools.models import Establishment, EstablishmentLink, Status
from schools.register_models import SuccessorConfirmation
from schools.term_dates import Nation

# Code 3 of the register is open until it closes.
OPEN_STATUSES = frozenset({Status.OPEN, Status.OPEN_PROPOSED_TO_CLOSE})
_HOPS = 6
_URN = re.compile(r"[1-9]\d{5}")
_LAESTAB = re.compile(r"(\d{3})/?(\d{4})")
# Amalgamation points both ways; whoever is open in the end is the successor.
_AMALGAMATED = "Result of Amalgamation"
_SPLIT = "Split"


def establishment(session: Session, urn: int) -> Establishment | None:
    """Return one school of the register, or None."""
    return session.scalars(select(Establishment).where(Establishment.urn == urn)).one_or_none()


def establishments(session: Session, urns: Iterable[int]) -> dict[int, Establishment]:
    """Return schools by URN; those that the register does not hold are left out."""
    wanted = set(urns)
    if not wanted:
        return {}
    rows = session.scalars(select(Establishment).where(Establishment.urn.in_(wanted)))
    return {row.urn: row for row in rows}


def nations(session: Session, urns: Iterable[int]) -> dict[int, Nation]:
    """Return the nations of schools by URN; those that the register does not hold are left out."""
    rows = session.execute(
        select(Establishment.urn, Establishment.nation).where(Establishment.urn.in_(set(urns)))
    )
    return {row.urn: row.nation for row in rows}


def find_establishments(session: Session, text: str, *, limit: int = 20) -> list[Establishment]:
    """Return open schools by URN, LAEstab number, postcode, or words of name, town and locality.

    Every word must be found; names that are or begin with what was typed come first.
    """
    condition = _typed(text)
    if condition is None:
        return []
    key = name_key(text)
    rank = case(
        (Establishment.name_key == key, 0),
        (Establishment.name_key.startswith(key, autoescape=True), 1),
        else_=2,
    )
    found = session.scalars(
        select(Establishment)
        .where(Establishment.status.in_(OPEN_STATUSES), condition)
        .order_by(rank, Establishment.name_key, Establishment.urn)
        .limit(limit)
    )
    return list(found)


def _typed(text: str) -> ColumnElement[bool] | None:
    said = text.strip()[:200]
    if _URN.fullmatch(said):
        return Establishment.urn == int(said)
    if number := _LAESTAB.fullmatch(said):
        return and_(
            Establishment.la_code == number[1], Establishment.establishment_number == int(number[2])
        )
    if code := postcode(said):
        return Establishment.postcode == code
    words = [word for word in name_key(said).split() if word not in {"the", "of", "and"}]
    return and_(*(_holds(word) for word in words[:12])) if words else None


def _holds(word: str) -> ColumnElement[bool]:
    return or_(
        Establishment.name_key.contains(word, autoescape=True),
        Establishment.town_key.contains(word, autoescape=True),
        Establishment.locality_key.contains(word, autoescape=True),
    )


def single_successor(session: Session, urn: int) -> int | None:
    """Return the one open school that followed a closed one, through closed ones between.

    None where nobody, or more than one, followed: a split school's children went several ways.
    """
    return single_successors(session, [urn]).get(urn)


def confirmed_successor(session: Session, urn: int) -> int | None:
    """Return the single open successor of a closed school, once its key adults confirmed it.

    Confirmed means: somebody of the new school said under its number that it serves the pupils of
    the old one (domain.md §3). None where nobody has, so that a person decides.
    """
    heir = single_successor(session, urn)
    if heir is None:
        return None
    confirmed = session.get(SuccessorConfirmation, (heir, urn))
    return heir if confirmed is not None else None


def single_successors(session: Session, urns: Collection[int]) -> dict[int, int]:
    """Return the single open successor of each closed school that has one."""
    found: dict[int, int] = {}
    ahead = {urn: urn for urn in urns}
    passed: dict[int, set[int]] = {urn: {urn} for urn in urns}
    for _ in range(_HOPS):
        heirs = _heirs(session, set(ahead.values()))
        is_open = open_among(session, {heir for some in heirs.values() for heir in some})
        further: dict[int, int] = {}
        for start, place in ahead.items():
            following = heirs.get(place, set()) - passed[start]
            opened = following & is_open
            if len(opened) == 1 and len(following) == 1:
                found[start] = opened.pop()
            elif len(following) == 1:
                further[start] = following.pop()
                passed[start].add(further[start])
        ahead = further
        if not ahead:
            break
    return found


def _heirs(session: Session, urns: Collection[int]) -> dict[int, set[int]]:
    """Return who followed each school; the register says it from either side."""
    link = EstablishmentLink
    forward = session.execute(
        select(link.urn, link.link_urn, link.link_type).where(
            link.urn.in_(urns),
            or_(link.link_type.startswith("Successor"), link.link_type == _AMALGAMATED),
        )
    )
    backward = session.execute(
        select(link.link_urn, link.urn, link.link_type).where(
            link.link_urn.in_(urns), link.link_type.startswith("Predecessor")
        )
    )
    heirs: dict[int, set[int]] = {}
    split: set[int] = set()
    for urn, heir, kind in (*forward, *backward):
        heirs.setdefault(urn, set()).add(heir)
        if _SPLIT in kind:
            split.add(urn)
    return {urn: some for urn, some in heirs.items() if urn not in split}


def open_among(session: Session, urns: Collection[int]) -> set[int]:
    """Return those of these schools that are open, also where it is proposed to close them."""
    if not urns:
        return set()
    rows = session.scalars(
        select(Establishment.urn).where(
            Establishment.urn.in_(urns), Establishment.status.in_(OPEN_STATUSES)
        )
    )
    return set(rows)


def council_known(session: Session, council: str) -> bool:
    """Return whether the register has a school in the council of this three-digit code."""
    return (
        session.scalars(
            select(Establishment.urn).where(Establishment.la_code == council).limit(1)
        ).first()
        is not None
    )


def register_empty(session: Session) -> bool:
    """Return whether no register was imported yet."""
    return session.scalars(select(Establishment.urn).limit(1)).first() is None


def council_name(session: Session, council: str) -> str:
    """Return the council's name by the register, or what its code says where it has none."""
    name = session.scalars(
        select(Establishment.la_name).where(Establishment.la_code == council).limit(1)
    ).first()
    return f"{name} council" if name else f"Council {council}"


def places_of_councils(session: Session, councils: Collection[str]) -> list[tuple[int, str]]:
    """Return the open statutory schools of councils: URN and council code."""
    rows = session.execute(
        select(Establishment.urn, Establishment.la_code)
        .where(
            Establishment.la_code.in_(councils),
            Establishment.status.in_(OPEN_STATUSES),
            Establishment.statutory.is_(True),
        )
        .order_by(Establishment.urn)
    )
    return [(urn, council) for urn, council in rows]
