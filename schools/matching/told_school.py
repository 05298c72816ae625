"""The school as told against the register: every candidate's share, and which may be sent. Pure.

Shares are a posterior over all candidates and `another school`; a wrong school is a data breach,
so some agreements never go without a person whatever their share (domain.md §3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schools.matching import likeness, rules
from schools.matching.ages import age_fit, right_kind
from schools.matching.details import SchoolFacts, ToldEducation
from schools.matching.likeness import ToldName
from schools.matching.normalise import district, postcode
from schools.matching.rules import AgeFit, Agreement, NameLevel, Place
from schools.matching.school_names import parse, place_key


@dataclass(frozen=True, slots=True)
class ToldCandidate:
    """One school with what speaks for it; `share` is its posterior."""

    school: SchoolFacts
    fields: dict[str, str]
    weights: dict[str, float]
    share: float
    sendable: bool


def told_name(
    education: ToldEducation, *, postcodes: Iterable[str], ages: tuple[int, ...],
    known_words: frozenset[str] = frozenset(),
) -> ToldName | None:  # fmt: skip
    """Return the told school taken apart; None where no name, or no name's own word, was told."""
    name = parse(education.school_name or "")
    if not name.core:
        return None
    districts = {district(postcode(code)) for code in postcodes}
    return ToldName(
        name=name,
        town=place_key(education.town),
        authorities=frozenset(education.authorities),
        districts=frozenset(code for code in districts if code),
        ages=ages,
        known_words=known_words,
    )


def candidates(told: ToldName, schools: Sequence[SchoolFacts]) -> list[ToldCandidate]:
    """Return the open schools that may be meant, likeliest first (ties by URN)."""
    seen = [(school, fields) for school in schools if (fields := _fields(told, school))]
    weighed = [(school, fields, _weights(told, school, fields)) for school, fields in seen]
    parts = [2.0 ** sum(weights.values()) for _, _, weights in weighed]
    whole = sum(parts) + 2.0**rules.TOLD_OTHER
    judged = [
        ToldCandidate(school, fields, weights, part / whole, sendable(told, fields))
        for (school, fields, weights), part in zip(weighed, parts, strict=True)
    ]
    return sorted(judged, key=lambda one: (-one.share, one.school.urn))


def _fields(told: ToldName, school: SchoolFacts) -> dict[str, str]:
    """Return the level of each field, nothing where this school cannot be meant."""
    level = likeness.name_level(told, school)
    if level is None or not school.is_open or not right_kind(school, told.ages):
        return {}
    return {
        "name": level,
        "kind": likeness.kind(told.name, school),
        "faith": likeness.faith(told.name, school),
        "place": likeness.place(told, school),
        "age": age_fit(school, told.ages, likeness.kinds_of(school)),
    }


def _weights(told: ToldName, school: SchoolFacts, fields: dict[str, str]) -> dict[str, float]:
    common = told.name.common or parse(school.name).common
    return {
        "name": rules.TOLD_NAME[NameLevel(fields["name"])][common],
        "kind": rules.TOLD_KIND[Agreement(fields["kind"])],
        "faith": rules.TOLD_FAITH[Agreement(fields["faith"])],
        "place": rules.TOLD_PLACE[Place(fields["place"])],
        "age": rules.TOLD_AGE[AgeFit(fields["age"])],
    }


def sendable(told: ToldName, fields: dict[str, str]) -> bool:
    """Return whether this agreement may go without a person, whatever its share.

    Never: a bare common name (`St Mary's`), a child whose age does not fit, a kind or faith that
    differs, a place that does not agree, a part of a name without its town. A child of unknown
    age needs a whole name of the school's own, its kind and its town.
    """
    if told.name.common and told.name.bare:
        return False
    if fields["age"] not in {AgeFit.FITS, AgeFit.UNKNOWN}:
        return False
    if Agreement.DIFFERS in {fields["kind"], fields["faith"]}:
        return False
    whole = fields["name"] in {NameLevel.FULL, NameLevel.EXACT}
    in_town = fields["place"] in {Place.TOWN, Place.TOWN_AND_COUNCIL}
    if not told.ages:
        named = whole and not told.name.common and fields["kind"] == Agreement.AGREES
        return named and in_town
    if fields["place"] == Place.COUNCIL_OTHER_TOWN:
        return whole and not told.name.common
    if fields["name"] in {NameLevel.PART, NameLevel.MORE}:
        return in_town
    return fields["place"] in rules.AGREED_PLACES
