"""Told schools in the database: whom the index names, read as they stand now.

The index is kept in memory for each database of the process, under a stamp of the register's
latest change: an import that was committed anywhere is seen by the next child.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schools.matching.details import SchoolFacts, ToldEducation
from schools.matching.register_index import Entry, RegisterIndex, built
from schools.matching.school_names import parse
from schools.matching.told_school import told_name
from schools.models import Establishment, EstablishmentLink
from schools.register_models import EstablishmentAlias, ImportState, RegisterImport

Stamp = tuple[object, ...]
# One for each connection pool, that is for each database: tests and tools hold several.
_HELD: WeakKeyDictionary[Any, tuple[Stamp, RegisterIndex]] = WeakKeyDictionary()
_BUILDING = Lock()


class ToldSearch:
    """Looks told names up for one batch of children: the stamp is compared once."""

    def __init__(
        self, session: Session, facts: Callable[[Collection[int]], dict[int, SchoolFacts]]
    ) -> None:
        self._session = session
        self._facts = facts
        self._index: RegisterIndex | None = None

    def find(self, education: ToldEducation) -> tuple[tuple[SchoolFacts, ...], frozenset[str]]:
        """Return the schools that the told name may mean, closed ones too, and its real words."""
        said = education.school_name or ""
        if not parse(said).core:
            return (), frozenset()
        if self._index is None:
            self._index = register_index(self._session)
        known = self._index.known(parse(said).core)
        told = told_name(education, postcodes=(), ages=(), known_words=known)
        if told is None:
            return (), known
        return self._read(self._index, self._index.lookup(told, said)), known

    def _read(self, index: RegisterIndex, urns: set[int]) -> tuple[SchoolFacts, ...]:
        """Return these schools as they stand now; one of the links alone is closed."""
        before = {urn: index.before[urn] for urn in urns & index.before.keys()}
        schools = self._facts(urns | {follower for _, follower in before.values()})
        found = {urn: schools[urn] for urn in urns & schools.keys()}
        for urn, (name, follower) in before.items():
            if urn not in schools and (heir := schools.get(follower)):
                found[urn] = replace(heir, urn=urn, name=name, aliases=(), is_open=False)
        return tuple(
            replace(found[urn], aliases=index.aliases.get(urn, ())) for urn in sorted(found)
        )


def register_index(session: Session) -> RegisterIndex:
    """Return the index of the register as this session sees it."""
    stamp, pool = tuple(session.execute(_STAMP).one()), session.get_bind().engine.pool
    held = _HELD.get(pool)
    if held is not None and held[0] == stamp:
        return held[1]
    with _BUILDING:
        held = _HELD.get(pool)
        if held is None or held[0] != stamp:
            held = (stamp, built(_entries(session)))
            _HELD[pool] = held
    return held[1]


def forget(session: Session) -> None:
    """Drop the index of this session's database: the register changed within one instant."""
    _HELD.pop(session.get_bind().engine.pool, None)


# What every change of the register changes; each part is read from an index.
_STAMP = select(
    select(func.max(Establishment.imported_at)).scalar_subquery(),
    select(func.count(Establishment.urn)).scalar_subquery(),
    select(func.count(EstablishmentAlias.id)).scalar_subquery(),
    select(func.count(EstablishmentAlias.removed_at)).scalar_subquery(),
    select(func.max(EstablishmentAlias.added_at)).scalar_subquery(),
    select(func.max(RegisterImport.at))
    .where(RegisterImport.state == ImportState.APPLIED)
    .scalar_subquery(),
)


def _entries(session: Session) -> Iterator[Entry]:
    school, alias = Establishment, EstablishmentAlias
    rows = session.execute(
        select(
            school.urn, school.name, school.la_code, school.la_name, school.town_key,
            school.locality_key, school.street, school.postcode,
        ).order_by(school.urn)
    )  # fmt: skip
    held = {row.urn: Entry(*row) for row in rows}
    yield from held.values()
    names = session.execute(
        select(alias.urn, alias.name).where(alias.removed_at.is_(None)).order_by(alias.urn)
    )
    for urn, name in names:
        if urn in held:
            yield replace(held[urn], name=name, is_alias=True)
    yield from _predecessors(session, held)


def _predecessors(session: Session, held: Mapping[int, Entry]) -> Iterator[Entry]:
    """Yield the schools of the links alone, standing where the school stands that followed them."""
    link = EstablishmentLink
    rows = session.execute(
        select(link.urn, link.link_urn, link.link_name)
        .where(link.link_type.startswith("Predecessor"), link.link_name.is_not(None))
        .order_by(link.link_urn, link.urn)
    )
    for heir, urn, name in rows:
        follower = held.get(heir)
        if follower is None or urn in held or parse(name or "").core == parse(follower.name).core:
            continue
        yield replace(follower, urn=urn, name=name or "", follower=heir)
