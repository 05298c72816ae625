"""Who is connected with an incident: its adults as keyed digests, compared with who would be told.

A telephone number, an address, or a name with its date of birth identifies; a name alone only asks
(domain.md §4). Digests are per force, so that nobody is compared across forces.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.ids import new_id
from schools.connected_models import ConnectedDigest, DigestKind
from schools.matching.normalise import fold, halves, person_name, roots

# What stands before a name and is none of it.
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "sir", "dame", "lady"})
# Fewer digits than this are an extension or a short code, which many share.
_PHONE_DIGITS = 9


class Hit(StrEnum):
    """How a person is connected, the strongest first."""

    IDENTITY = "identity"
    # The officer was told that somebody of this name works at the school.
    NAMED_AT_SCHOOL = "named_at_school"
    NAME_ONLY = "name_only"


_STRENGTH = {hit: rank for rank, hit in enumerate(Hit)}
_MEANS = {
    DigestKind.NAME_BORN: Hit.IDENTITY, DigestKind.PHONE: Hit.IDENTITY,
    DigestKind.EMAIL: Hit.IDENTITY, DigestKind.AT_SCHOOL: Hit.NAMED_AT_SCHOOL,
    DigestKind.NAME: Hit.NAME_ONLY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Adult:
    """An adult of an incident as the force gave it; held in memory only."""

    forename: str | None = field(default=None, repr=False)
    surname: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PersonOfInterest:
    """One record of somebody who would be told or would decide; one `id` may have several."""

    id: object
    name: str = field(repr=False)
    email: str = field(default="", repr=False)
    telephone: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)


class Mark(NamedTuple):
    """What is compared: the kind and the keyed digest."""

    kind: DigestKind
    digest: bytes


class Connection(NamedTuple):
    """That a person is connected with an incident, and the child where it is beside that alone."""

    incident_id: UUID
    child_id: UUID | None
    hit: Hit


def adult_marks(cipher: Cipher, force: str, adult: Adult) -> frozenset[Mark]:
    """Return what is kept of an adult of an incident, and nothing else is."""
    names: frozenset[str] = frozenset()
    if adult.forename and adult.surname:
        names = _variants(adult.forename, adult.surname)
    return frozenset(
        Mark(kind, _digest(cipher, force, kind, value))
        for kind, value in _values(names, adult.date_of_birth, adult.phone, adult.email)
    )


def at_school_marks(cipher: Cipher, force: str, name: str) -> frozenset[Mark]:
    """Return what is compared of a name that is said to work at the school.

    `Mrs Nair` and `J Smith` are names as well: by surname, and by initial and surname.
    """
    words = _words(name)
    first, last = words[:-1], words[-1:]
    if not last:
        return frozenset()
    if not first:
        values = frozenset({f"|{last[0]}"})
    elif len(first[0]) == 1:
        values = frozenset({f"{first[0]}|{last[0]}"})
    else:
        values = _full_names(words)
    kind = DigestKind.AT_SCHOOL
    return frozenset(Mark(kind, _digest(cipher, force, kind, value)) for value in values)


def rows_of(
    marks: Iterable[Mark], *, force: str, incident_id: UUID, involved_child_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return the rows of `connected_digest` to insert, in a fixed order."""
    return [
        {
            "id": new_id(), "force": force, "incident_id": incident_id,
            "involved_child_id": involved_child_id, "kind": mark.kind, "digest": mark.digest,
        }
        for mark in sorted(marks)
    ]  # fmt: skip


def connected(
    session: Session, cipher: Cipher, *, incident_ids: Collection[UUID],
    people: Iterable[PersonOfInterest], child_ids: Collection[UUID] = (),
) -> dict[object, Hit]:  # fmt: skip
    """Return the people connected with any of these incidents, each with the strongest hit.

    Who is said to work at the school counts only beside the children given. Needs the force's
    scope; without it nobody is found.
    """
    return connected_by(cipher, digests_of(session, incident_ids), people, child_ids=child_ids)


def connected_by(
    cipher: Cipher, digests: Iterable[ConnectedDigest], people: Iterable[PersonOfInterest], *,
    child_ids: Collection[UUID] = (),
) -> dict[object, Hit]:  # fmt: skip
    """Return the same by digests of incidents that were read before."""
    kept = _beside(digests, child_ids)
    if not kept:
        return {}
    found: dict[object, Hit] = {}
    for person in people:
        hits = [hit for marks in _by_force(kept).items() if (hit := _hit(cipher, *marks, person))]
        if hits:
            found[person.id] = _strongest([*hits, *filter(None, [found.get(person.id)])])
    return found


def marks_of(cipher: Cipher, force: str, records: Iterable[PersonOfInterest]) -> frozenset[Mark]:
    """Return everything by which one person, known by these records, could be meant in a force."""
    return frozenset().union(*(_marks(cipher, force, one) for one in records))


def connections_of(session: Session, *, force: str, marks: Collection[Mark]) -> list[Connection]:
    """Return all incidents of a force with which the person of these marks is connected.

    Needs the force's scope and the marks of this force: they are keyed by it. Asked from the person
    and not from the incidents: a morning has hundreds of these with a dozen digests each, and a
    person is in none or few.
    """
    if not marks:
        return []
    rows = session.execute(
        select(
            ConnectedDigest.incident_id, ConnectedDigest.involved_child_id, ConnectedDigest.kind,
            ConnectedDigest.digest,
        ).where(
            ConnectedDigest.force == force,
            ConnectedDigest.digest.in_(sorted({mark.digest for mark in marks})),
        )
    )  # fmt: skip
    return [
        Connection(incident_id, child_id, _MEANS[kind])
        for incident_id, child_id, kind, digest in rows
        if Mark(kind, digest) in marks
    ]


def digests_of(session: Session, incident_ids: Collection[UUID]) -> list[ConnectedDigest]:
    """Return what is kept of who is connected with these incidents. Needs the force's scope."""
    if not incident_ids:
        return []
    wanted = ConnectedDigest.incident_id.in_(set(incident_ids))
    return list(session.scalars(select(ConnectedDigest).where(wanted)))


def _beside(rows: Iterable[ConnectedDigest], child_ids: Collection[UUID]) -> list[ConnectedDigest]:
    """Return those of the incident as a whole, and those beside one of the children."""
    children = {None, *child_ids}
    return [row for row in rows if row.involved_child_id in children]


def _by_force(rows: Iterable[ConnectedDigest]) -> dict[str, set[Mark]]:
    found: dict[str, set[Mark]] = {}
    for row in rows:
        found.setdefault(row.force, set()).add(Mark(row.kind, row.digest))
    return found


def _hit(cipher: Cipher, force: str, marks: set[Mark], person: PersonOfInterest) -> Hit | None:
    common = marks & _marks(cipher, force, person)
    return _strongest(_MEANS[mark.kind] for mark in common) if common else None


def _strongest(hits: Iterable[Hit]) -> Hit:
    return min(hits, key=_STRENGTH.__getitem__)


def _marks(cipher: Cipher, force: str, person: PersonOfInterest) -> frozenset[Mark]:
    """Return everything by which this person could be meant, names in either order."""
    words = _words(person.name)
    names = _full_names(words) | _full_names(words[::-1])
    said = {DigestKind.AT_SCHOOL: names | _short_names(words)}
    values = [
        *_values(names, person.date_of_birth, person.telephone, person.email),
        *((kind, value) for kind, some in said.items() for value in some),
    ]
    return frozenset(Mark(kind, _digest(cipher, force, kind, value)) for kind, value in values)


def _values(
    names: Iterable[str], born: date | None, phone: str | None, email: str | None
) -> Iterator[tuple[DigestKind, str]]:
    for name in names:
        yield DigestKind.NAME, name
        if born is not None:
            yield DigestKind.NAME_BORN, f"{name}|{born.isoformat()}"
    # The last nine digits: +44 7700 900123 and 07700 900123 are one telephone.
    digits = "".join(c for c in phone or "" if c.isdecimal())
    if len(digits) >= _PHONE_DIGITS:
        yield DigestKind.PHONE, digits[-_PHONE_DIGITS:]
    if email and email.strip():
        yield DigestKind.EMAIL, email.strip().casefold()


def _variants(forename: str, surname: str) -> frozenset[str]:
    """Return a name in the forms in which it may be met: short and long, either half, joined."""
    first = fold(forename).split()[:1]
    firsts = {person_name(forename), *(root for word in first for root in roots(word))}
    lasts = {person_name(surname), *halves(surname)}
    return frozenset(f"{one}|{other}" for one in firsts if one for other in lasts if other)


def _full_names(words: list[str]) -> frozenset[str]:
    """Return the variants of a name that was not given in parts: where it divides is unknown."""
    if len(words) < 2:
        return frozenset()
    tails = {words[-1], " ".join(words[-2:]) if len(words) > 2 else words[-1], " ".join(words[1:])}
    return frozenset(name for tail in tails for name in _variants(words[0], tail))


def _short_names(words: list[str]) -> frozenset[str]:
    if len(words) < 2:
        return frozenset()
    return frozenset({f"|{words[-1]}", f"{words[0][0]}|{words[-1]}"})


def _words(name: str) -> list[str]:
    words = fold(name).split()
    return [word for word in words if word not in _TITLES] or words


def _digest(cipher: Cipher, force: str, kind: DigestKind, value: str) -> bytes:
    return cipher.digest(f"connected_{kind.value}", value, force=force)
