"""A child against the pupils of the rolls: weights per field and a posterior. Pure.

After Fellegi and Sunter: each field adds the log-odds of its level, names by how common they are,
postcodes by how many live there. The posterior is over every candidate, `a brother or sister of a
pupil, not on a roll` and `nobody`, so a twin or a namesake is doubt, not a match (performance.md,
Matching).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import fsum, log2

from schools.matching import roll_levels, rules
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.names import COMMON_FORENAMES, COMMON_SURNAMES
from schools.matching.normalise import person_name, postcode, roots, same_pupil_number, upn
from schools.matching.roll_levels import Level, Sought
from schools.matching.roll_weights import WEIGHTS, RollWeights


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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How many there are of what the child has: pupils on the rolls, at its postcodes, namesakes.

    A postcode that is not counted has as many pupils as most have.
    """

    roll_size: int = 0
    at_postcode: Mapping[str, int] | None = None
    namesakes: int = 0

    @property
    def population(self) -> int:
        return max(self.roll_size, rules.POPULATION)


def compare(
    child: ChildIdentity, pupil: PupilFacts, around: Surroundings | None = None,
    *, weights: RollWeights = WEIGHTS,
) -> PupilScore | None:  # fmt: skip
    """Return how a pupil stands to the child, or None where their pupil numbers rule it out."""
    return _compared(child, Sought.of(child), pupil, around or Surroundings(), weights)


def compare_all(
    child: ChildIdentity, pupils: Sequence[PupilFacts], *, roll_size: int,
    at_postcode: Mapping[str, int] | None = None,
) -> list[PupilScore]:  # fmt: skip
    """Return how each candidate stands to the child, in order, without those ruled out."""
    around = Surroundings(roll_size, at_postcode, namesakes_of(child, pupils))
    sought = Sought.of(child)
    compared = (_compared(child, sought, pupil, around, WEIGHTS) for pupil in pupils)
    return [score for score in compared if score is not None]


def _compared(
    child: ChildIdentity, sought: Sought, pupil: PupilFacts, around: Surroundings,
    weights: RollWeights,
) -> PupilScore | None:  # fmt: skip
    one_pupil = child.upn and same_pupil_number(child.upn, pupil.upn, formerly=pupil.former_upn)
    if one_pupil is False:
        return None
    number = Level.EXACT if one_pupil else None
    levels = _levels(sought, pupil)
    rarity = _rarity(pupil, levels, around)
    fields, itself, bits, kin = _weighed(levels, rarity, number, weights)
    if child.upn and upn(child.upn) is None:
        # Said to the reviewer: a number was given, and it fails its check letter.
        fields, itself = {**fields, "upn": "ignored"}, {**itself, "upn": 0.0}
    return PupilScore(pupil, fields, itself, bits, kin)


FIELDS = ("forename", "surname", "birth", "postcode", "sex")
_Levels = tuple[Level, Level, Level, Level, Level]
_Rarity = tuple[float, float, float]


@lru_cache(maxsize=32_768)
def _weighed(
    levels: _Levels, rarity: _Rarity, number: Level | None, weights: RollWeights
) -> tuple[dict[str, str], dict[str, float], float, float]:
    """Return the levels and weights by field, the bits and those of next of kin; never changed.

    Most candidates of a night are strangers at the child's postcode, alike in all of this.
    """
    fields: dict[str, str] = dict(zip(FIELDS, levels, strict=True))
    if number is not None:
        fields["upn"] = number
    rare = dict(zip(("forename", "surname", "postcode"), rarity, strict=True))
    itself: dict[str, float] = {}
    bits = kin = 0.0
    for field, level in fields.items():
        itself[field] = weighs = weights.itself[field][Level(level)] + rare.get(field, 0.0)
        bits += weighs
        kin += weights.kin[field][Level(level)] + rare.get(field, 0.0)
    return fields, itself, bits, kin


def posterior(
    scores: Sequence[PupilScore], roll_size: int, *, weights: RollWeights = WEIGHTS
) -> list[RollCandidate]:
    """Return the schools' shares, likeliest first (ties by URN), over all who it could be.

    `roll_size` pupils could have been candidates. A child of the area is each of them with equal
    chance before anything is compared, and nobody on a roll where few schools gave one. Sums are
    exact before they are rounded once, so no order of pupils changes a bit of a share.
    """
    if not scores:
        return []
    population = max(roll_size, rules.POPULATION)
    pupil, next_of_kin = weights.on_roll / population, weights.household / population
    nobody = 1.0 - roll_size * (pupil + next_of_kin)
    parts = [pupil * 2.0**one.bits for one in scores]
    kin = [next_of_kin * 2.0**one.sibling_bits for one in scores]
    whole = fsum((*parts, *kin, nobody))
    by_school: dict[int, list[tuple[float, PupilScore]]] = {}
    for part, one in zip(parts, scores, strict=True):
        by_school.setdefault(one.pupil.urn, []).append((part, one))
    found = [
        RollCandidate(urn, fsum(part for part, _ in group) / whole, _best(group))
        for urn, group in by_school.items()
    ]
    return sorted(found, key=lambda one: (-one.share, one.urn))


def _best(group: Sequence[tuple[float, PupilScore]]) -> PupilScore:
    if len(group) == 1:
        return group[0][1]
    return max((one for _, one in group), key=lambda one: (one.bits, -one.pupil.pupil_id))


def without_shared(scored: Sequence[Sequence[PupilScore]]) -> list[list[PupilScore]]:
    """Return each child's scores without the pupils who are better another child of the incident.

    Children of one incident are different people: a pupil whom two of them resemble stays with
    the one it resembles clearly more; where that is not clear, with the one who resembles nobody
    else as much; and with neither where that is not clear either.
    """
    if len(scored) == 1:
        return [list(scored[0])]
    claims: dict[int, list[tuple[float, int]]] = {}
    for index, scores in enumerate(scored):
        for one in scores:
            claims.setdefault(one.pupil.pupil_id, []).append((one.bits, index))
    clear = {pupil: _owner(made) for pupil, made in claims.items()}
    kept = {
        pupil: _left_over(pupil, claims, clear) if owner == _NOBODY else owner
        for pupil, owner in clear.items()
    }
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


def _left_over(
    pupil: int, claims: Mapping[int, list[tuple[float, int]]], clear: Mapping[int, int]
) -> int:
    """Return who is left for a pupil that several resemble alike: who has no pupil of its own."""
    most = max(bits for bits, _ in claims[pupil])
    alike = [index for bits, index in claims[pupil] if bits > most - rules.CLEARLY_MORE]
    without = [index for index in alike if not _settled(index, most, claims, clear)]
    return without[0] if len(without) == 1 else _NOBODY


def _settled(
    index: int, bits: float, claims: Mapping[int, list[tuple[float, int]]], clear: Mapping[int, int]
) -> bool:
    """Return whether another pupil is clearly this child's, and resembles it as much."""
    return any(
        clear[other] == whose == index and mine > bits - rules.CLEARLY_MORE
        for other, made in claims.items()
        for mine, whose in made
    )


def levels_of(child: ChildIdentity, pupil: PupilFacts) -> dict[str, Level]:
    """Return the level of every field; names in each other's boxes are `swapped`."""
    return dict(zip(FIELDS, _levels(Sought.of(child), pupil), strict=True))


def _levels(sought: Sought, pupil: PupilFacts) -> _Levels:
    forename, surname = _names(sought, pupil)
    return (
        forename,
        surname,
        roll_levels.birth(sought, pupil.date_of_birth),
        roll_levels.postcodes(sought.postcodes, pupil),
        roll_levels.sex(sought.sex, pupil.sex),
    )


_UNLIKE = frozenset({Level.DIFFERS, Level.ALIKE, Level.OTHER_NAME, Level.INITIAL, Level.MISSING})
_WHOLE = frozenset({Level.EXACT, Level.KNOWN_AS, Level.SPELLING})


def _names(sought: Sought, pupil: PupilFacts) -> tuple[Level, Level]:
    surnames = roll_levels.surnames_of(pupil)
    forename = roll_levels.forename(sought.forenames, pupil, middle=sought.middle)
    surname = roll_levels.surname(sought.surnames, surnames)
    unlike = forename in _UNLIKE and surname in _UNLIKE
    if not unlike or not roll_levels.may_be_swapped(sought, pupil):
        return forename, surname
    crossed = (
        roll_levels.forename(sought.surnames[:1], pupil, middle=None),
        roll_levels.surname(sought.forenames[:1], surnames),
    )
    if _UNLIKE.isdisjoint(crossed) and not _WHOLE.isdisjoint(crossed):
        return Level.SWAPPED, Level.SWAPPED
    return forename, surname


_RARE = frozenset({Level.EXACT, Level.SWAPPED})
_THERE = {Level(level): pupils for level, pupils in rules.PUPILS_THERE.items()}


def rarity_of(
    pupil: PupilFacts, levels: Mapping[str, Level], around: Surroundings
) -> dict[str, float]:
    """Return what the values themselves add: how few people share a name or an address."""
    forename, surname, birth, postcode, sex = (levels[field] for field in FIELDS)
    found = _rarity(pupil, (forename, surname, birth, postcode, sex), around)
    return dict(zip(("forename", "surname", "postcode"), found, strict=True))


def _rarity(pupil: PupilFacts, levels: _Levels, around: Surroundings) -> _Rarity:
    forename = surname = home = 0.0
    if levels[0] in _RARE:
        forename = _forename_rarity(person_name(pupil.forename))
    if levels[1] in _RARE:
        surname = _surname_rarity(person_name(pupil.surname))
        if levels[0] in _RARE:
            surname = min(surname, _both(forename, surname, around) - forename)
    there = _THERE.get(levels[3])
    if there is not None:
        if levels[3] is Level.EXACT and around.at_postcode:
            there = max(there, around.at_postcode.get(postcode(pupil.postcode) or "", 0))
        home = log2(around.population / there)
    return forename, surname, home


def _both(forename: float, surname: float, around: Surroundings) -> float:
    """Return the rarity of both names together: communities share more than chance says.

    The names' own rarities stand for so many pupils; namesakes seen on the rolls add to them.
    """
    apart = 2.0 ** -(forename + surname)
    seen_among = around.roll_size * rules.NAMESAKE_YEARS / rules.SCHOOL_YEARS
    share = (apart * rules.NAMES_STAND_FOR + around.namesakes) / (
        rules.NAMES_STAND_FOR + seen_among
    )
    return -log2(max(share, apart))


@lru_cache(maxsize=32_768)
def _forename_rarity(name: str) -> float:
    share = max((COMMON_FORENAMES.get(full, 0.0) for full in roots(name)), default=0.0)
    return -log2(max(share, rules.RARE_FORENAME))


@lru_cache(maxsize=32_768)
def _surname_rarity(name: str) -> float:
    return -log2(max(COMMON_SURNAMES.get(name, 0.0), rules.RARE_SURNAME))


def namesakes_of(child: ChildIdentity, pupils: Iterable[PupilFacts]) -> int:
    """Return how many other candidates of about that age carry both names of the child."""
    first, last = person_name(child.forename), person_name(child.surname)
    year = child.date_of_birth.year if child.date_of_birth else child.birth_year
    same = sum(
        person_name(one.surname) == last
        and person_name(one.forename) == first
        and (year is None or one.date_of_birth is None or abs(one.date_of_birth.year - year) <= 1)
        for one in pupils
    )
    return max(same - 1, 0)
