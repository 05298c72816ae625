"""Further names of schools: what people call them, and what they were called before."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.ids import new_id
from schools.matching.school_names import name_key
from schools.models import Establishment
from schools.register_models import AliasKind, EstablishmentAlias

_LONGEST = 200


def names_of(session: Session, urn: int) -> list[EstablishmentAlias]:
    """Return a school's further names that are in use, in the order of the alphabet."""
    return list(
        session.scalars(
            select(EstablishmentAlias)
            .where(EstablishmentAlias.urn == urn, EstablishmentAlias.removed_at.is_(None))
            .order_by(EstablishmentAlias.name_key)
        )
    )


def add_name(
    session: Session, place: Establishment, name: str, *, now: datetime, actor: str
) -> EstablishmentAlias:
    """Add a name that people use; raise `Invalid` for one that is empty, too long or there."""
    said = " ".join(name.split())
    key = name_key(said)
    if not key or len(said) > _LONGEST:
        raise _wrong(f"Write the name as people say it, in {_LONGEST} characters at most.")
    if key == place.name_key or any(one.name_key == key for one in names_of(session, place.urn)):
        raise _wrong("The school is found by this name already.")
    return _add(session, place.urn, said, key, AliasKind.ALIAS, now=now, actor=actor)


def remove_name(
    session: Session, urn: int, alias_id: UUID, *, now: datetime, actor: str
) -> EstablishmentAlias | None:
    """Take a name out of use; it stays as a record. None where it is not this school's."""
    row = session.get(EstablishmentAlias, alias_id)
    if row is None or row.urn != urn or row.removed_at is not None:
        return None
    row.removed_at, row.removed_by = now, actor
    session.flush()
    return row


def keep_former(
    session: Session, before: Mapping[int, str], renamed: Iterable[tuple[int, str]], *,
    now: datetime, actor: str, dry_run: bool = False,
) -> int:  # fmt: skip
    """Keep the names that schools had before an import gave them others; return how many are new.

    `before` holds the stored names by URN, `renamed` the pairs of URN and new name. A name that is
    folded to the same key, or that somebody took out of use, is not brought back. A dry run only
    counts.
    """
    wanted = {
        urn: before[urn]
        for urn, name in renamed
        if urn in before and name_key(before[urn]) != name_key(name)
    }
    known: set[tuple[int, str]] = set()
    for urn, key in session.execute(
        select(EstablishmentAlias.urn, EstablishmentAlias.name_key).where(
            EstablishmentAlias.urn.in_(wanted)
        )
    ):
        known.add((urn, key))
    kept = 0
    for urn, name in wanted.items():
        key = name_key(name)
        if key and (urn, key) not in known:
            if not dry_run:
                _add(session, urn, name, key, AliasKind.FORMER, now=now, actor=actor)
            kept += 1
    return kept


def _add(
    session: Session, urn: int, name: str, key: str, kind: AliasKind, *, now: datetime, actor: str
) -> EstablishmentAlias:
    row = EstablishmentAlias(
        id=new_id(), urn=urn, name=name, name_key=key[:_LONGEST], kind=kind, added_at=now,
        added_by=actor,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _wrong(message: str) -> Invalid:
    return Invalid(message, [FieldError("name", "name", message)])
