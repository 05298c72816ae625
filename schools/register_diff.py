"""What an official file would do to the register, school by school, in words of the field. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_AMALGAMATED = "Result of Amalgamation"


class ChangeKind(StrEnum):
    """What happens to one school, the gravest first; a school is named once."""

    SPLIT = "split"
    MERGED = "merged"
    URN_CHANGED = "urn_changed"
    CLOSED = "closed"
    MISSING = "missing"
    CLOSING = "closing"
    REOPENED = "reopened"
    RENAMED = "renamed"
    CHANGED = "changed"
    ADDED = "added"


# A school in use that is one of these needs somebody to look before its next message.
GRAVE = frozenset({
    ChangeKind.SPLIT, ChangeKind.MERGED, ChangeKind.URN_CHANGED, ChangeKind.CLOSED,
    ChangeKind.MISSING,
})  # fmt: skip


class Use(StrEnum):
    """Why a school counts as active here."""

    KEY_ADULTS = "key_adults"
    ROLL = "roll"
    CALENDAR = "calendar"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class SchoolChange:
    """One school and what the file does to it; `others` are the numbers that come after it."""

    urn: int
    name: str
    change: ChangeKind
    uses: tuple[Use, ...] = ()
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """One line of the links: `heir` came after `urn`, as the register's link type has it."""

    urn: int
    heir: int
    link_type: str


def followed(urn: int, link_urn: int, link_type: str) -> Followed | None:
    """Return who came after whom by one link, whichever side says it; None for other links."""
    if link_type.startswith("Successor") or link_type == _AMALGAMATED:
        return Followed(urn, link_urn, link_type)
    if link_type.startswith("Predecessor"):
        return Followed(link_urn, urn, link_type)
    return None


def ending(links: Collection[Followed]) -> tuple[ChangeKind, tuple[int, ...]]:
    """Return how a closed school ended, and the numbers of those that came after it.

    Split: its children went several ways. Merged: into one with others. A single plain successor
    is the same school under another number, as when it becomes an academy.
    """
    heirs = tuple(sorted({link.heir for link in links}))
    said = " ".join(link.link_type.lower() for link in links)
    if "split" in said or len(heirs) > 1:
        return ChangeKind.SPLIT, heirs
    if "merged" in said or "amalgam" in said:
        return ChangeKind.MERGED, heirs
    return (ChangeKind.URN_CHANGED, heirs) if heirs else (ChangeKind.CLOSED, ())


def named(
    kinds: Mapping[int, ChangeKind], names: Mapping[int, str], *,
    links: Iterable[Followed], uses: Mapping[int, Sequence[Use]],
) -> tuple[SchoolChange, ...]:  # fmt: skip
    """Return every school that changes, gravest first, then by number."""
    by_urn: dict[int, list[Followed]] = {}
    for link in links:
        by_urn.setdefault(link.urn, []).append(link)
    found = []
    for urn, kind in kinds.items():
        others: tuple[int, ...] = ()
        if kind is ChangeKind.CLOSED:
            kind, others = ending(by_urn.get(urn, []))  # noqa: PLW2901 (the links say how)
        found.append(SchoolChange(urn, names.get(urn, ""), kind, tuple(uses.get(urn, ())), others))
    order = list(ChangeKind)
    return tuple(sorted(found, key=lambda one: (order.index(one.change), one.urn)))
