"""A child against the pupils of the rolls: weights per field and a posterior. Pure.

After Fellegi and Sunter: each field adds the log-odds of its level, names by how common they are.
The posterior is over every candidate, `a brother or sister of a pupil, not on a roll` and
`nobody`, so a twin or a namesake is doubt, not a match (performance.md, Matching).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import log2

from rapidfuzz.distance import JaroWinkler

from schools.matching import rules
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.names import COMMON_FORENAMES, COMMON_SURNAMES
from schools.matching.normalise import (
    district,
    halves,
    person_name,
    postcode,
    real_birth_date,
    roots,
    swapped,
    upn,
)
from schools.matching.rules import Level


@dataclass(frozen=True, slots=True)
class PupilScore:
    """One pupil compared: `bits` for being the child, `sibling_bits` for being next of kin."""

    pupil: PupilFacts
    fields: dict[str, str]
    weights: dict[str, float]
    bits: float
    sibling_bits: float


@dataclass(frozen=True, slots=True)
class RollCandidate:
    """One school with the pupil that speaks best for it; `share` is the school's posterior."""

    urn: int
    share: float
    best: PupilScore


def compare(child: ChildIdentity, pupil: PupilFacts) -> PupilScore | None:
    """Return how a pupil stands to the child, or None where two valid pupil numbers differ."""
    ours, theirs = upn(child.upn), upn(pupil.upn)
    if ours and theirs and ours != theirs:
        return None
    names = _names(child, pupil)
    levels = {
        **{field: level for field, (level, _) in names.items()},
        "birth": _birth(child, pupil.date_of_birth),
        "postcode": _postcode(child.postcodes, pupil.postcode),
        "sex": _sex(child.sex, pupil.sex),
    }
    weights = {
        **{field: weight for field, (_, weight) in names.items()},
        "birth": rules.BIRTH[levels["birth"]],
        "postcode": rules.POSTCODE[levels["postcode"]],
        "sex": rules.SEX[levels["sex"]],
    }
    if ours and ours == theirs:
        levels["upn"], weights["upn"] = Level.EXACT, rules.UPN_AGREES
    kin = (
        weights["surname"] + weights["postcode"] + rules.SIBLING_BIRTH[levels["birth"]]
        + rules.SIBLING_FORENAME.get(levels["forename"], 0.0)
    )  # fmt: skip
    fields = {field: level.value for field, level in levels.items()}
    return PupilScore(pupil, fields, weights, sum(weights.values()), kin)


def posterior(scores: Sequence[PupilScore], roll_size: int) -> list[RollCandidate]:
    """Return the schools' shares, likeliest first (ties by URN), over all who it could be.

    `roll_size` pupils could have been candidates. A child of the area is each of them with equal
    chance before anything is compared, and nobody on a roll where few schools gave one.
    """
    population = max(roll_size, rules.POPULATION)
    pupil, next_of_kin = rules.ON_ROLL / population, rules.HOUSEHOLD / population
    nobody = 1.0 - roll_size * (pupil + next_of_kin)
    parts = {id(one): pupil * 2.0**one.bits for one in scores}
    kin = sum(next_of_kin * 2.0**one.sibling_bits for one in scores)
    whole = sum(parts.values()) + kin + nobody
    by_school: dict[int, list[PupilScore]] = {}
    for one in scores:
        by_school.setdefault(one.pupil.urn, []).append(one)
    found = [
        RollCandidate(
            urn, sum(parts[id(one)] for one in group) / whole, max(group, key=lambda one: one.bits)
        )
        for urn, group in by_school.items()
    ]
    return sorted(found, key=lambda one: (-one.share, one.urn))


def without_shared(scored: Sequence[Sequence[PupilScore]]) -> list[list[PupilScore]]:
    """Return each child's scores without the pupils who are better another child of the incident.

    Children of one incident are different people: a pupil whom two of them resemble stays with
    the one it resembles clearly more, and with neither where that is not clear.
    """
    best: dict[int, list[tuple[float, int]]] = {}
    for index, scores in enumerate(scored):
        for one in scores:
            best.setdefault(one.pupil.pupil_id, []).append((one.bits, index))
    kept = {pupil: _owner(claims) for pupil, claims in best.items()}
    return [
        [one for one in scores if kept[one.pupil.pupil_id] in {index, _ANYBODY}]
        for index, scores in enumerate(scored)
    ]


_ANYBODY, _NOBODY = -1, -2


def _owner(claims: list[tuple[float, int]]) -> int:
    """Return whose the pupil is, by index; a faint resemblance claims nothing."""
    serious = sorted((claim for claim in claims if claim[0] >= rules.CLAIMS_FROM), reverse=True)
    if not serious:
        return _ANYBODY
    if len(serious) == 1 or serious[0][0] - serious[1][0] >= rules.CLEARLY_MORE:
        return serious[0][1]
    return _NOBODY


def _names(child: ChildIdentity, pupil: PupilFacts) -> dict[str, tuple[Level, float]]:
    straight = {
        "forename": _forename((child.forename, *child.known_as), pupil.forename),
        "surname": _surname((child.surname, child.former_surname), _surnames_of(pupil)),
    }
    crossed = {
        "forename": _forename((child.surname,), pupil.forename),
        "surname": _surname((child.forename,), _surnames_of(pupil)),
    }
    both = sum(weight for _, weight in crossed.values()) - rules.SWAP_COST
    if both <= sum(weight for _, weight in straight.values()):
        return straight
    return {
        field: (Level.SWAPPED, weight - rules.SWAP_COST / 2)
        for field, (_, weight) in crossed.items()
    }


def _surnames_of(pupil: PupilFacts) -> tuple[str | None, ...]:
    return (pupil.surname, pupil.preferred_surname, pupil.former_surname)


def _forename(ours: Sequence[str | None], theirs: str) -> tuple[Level, float]:
    said = [person_name(name) for name in ours if name]
    other = person_name(theirs)
    if not said or not other or not said[0]:
        return Level.MISSING, 0.0
    if said[0] == other:
        share = max((COMMON_FORENAMES.get(full, 0.0) for full in roots(other)), default=0.0)
        return Level.EXACT, -log2(max(share, rules.RARE_FORENAME))
    if other in said:
        return Level.KNOWN_AS, rules.FORENAME[Level.KNOWN_AS]
    if any(roots(name) & roots(other) for name in said):
        return Level.NICKNAME, rules.FORENAME[Level.NICKNAME]
    level = _likeness(said, (other,))
    return level, rules.FORENAME[level]


def _surname(ours: Sequence[str | None], theirs: Sequence[str | None]) -> tuple[Level, float]:
    said = [name for name in map(person_name, ours) if name]
    others = [name for name in map(person_name, theirs) if name]
    if not said or not others:
        return Level.MISSING, 0.0
    if said[0] == others[0]:
        share = COMMON_SURNAMES.get(said[0], 0.0)
        return Level.EXACT, -log2(max(share, rules.RARE_SURNAME))
    if set(said) & set(others):
        return Level.KNOWN_AS, rules.SURNAME[Level.KNOWN_AS]
    parts = {part for name in ours for part in halves(name)} | set(said)
    other_parts = {part for name in theirs for part in halves(name)} | set(others)
    if parts & other_parts:
        return Level.HALF, rules.SURNAME[Level.HALF]
    level = _likeness(said, others)
    return level, rules.SURNAME[level]


def _likeness(ours: Iterable[str], theirs: Iterable[str]) -> Level:
    best = max(JaroWinkler.similarity(one, other) for one in ours for other in theirs)
    if best >= 0.92:
        return Level.CLOSE
    return Level.ALIKE if best >= 0.84 else Level.DIFFERS


def _birth(child: ChildIdentity, theirs: date | None) -> Level:
    ours, other = real_birth_date(child.date_of_birth), real_birth_date(theirs)
    year = child.date_of_birth.year if child.date_of_birth else child.birth_year
    if ours is None or other is None:
        their_year = theirs.year if theirs else None
        if year is None or their_year is None:
            return Level.MISSING
        return Level.YEAR if year == their_year else Level.DIFFERS
    if ours == other:
        return Level.EXACT
    if swapped(ours) == other:
        return Level.SWAPPED
    changed = sum(a != b for a, b in zip(ours.isoformat(), other.isoformat(), strict=True))
    return Level.ONE_DIGIT if changed == 1 else Level.DIFFERS


def _postcode(ours: Iterable[str], theirs: str | None) -> Level:
    said = {code for code in map(postcode, ours) if code}
    other = postcode(theirs)
    if not said or other is None:
        return Level.MISSING
    if other in said:
        return Level.EXACT
    near = district(other) is not None and district(other) in set(map(district, said))
    return Level.DISTRICT if near else Level.DIFFERS


def _sex(ours: str, theirs: str | None) -> Level:
    if ours not in {"F", "M"} or theirs not in {"F", "M"}:
        return Level.MISSING
    return Level.EXACT if ours == theirs else Level.DIFFERS
