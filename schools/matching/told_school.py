"""The school as told against the register: every candidate's share, and which may be sent. Pure.

Shares are a posterior over all candidates and `another school`; a wrong school is a data breach,
so some agreements never go without a person whatever their share (domain.md §3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from schools.matching import clear, likeness, rules
from schools.matching.ages import age_fit, right_kind
from schools.matching.clear import Standing
from schools.matching.details import SchoolFacts, ToldEducation
from schools.matching.likeness import ToldName
from schools.matching.normalise import district, fold, postcode
from schools.matching.rules import AgeFit, Agreement, NameLevel, Place
from schools.matching.school_names import mended, place_key, told_street


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
    known_words: frozenset[str] = frozenset(), sex: str = "unknown",
) -> ToldName | None:  # fmt: skip
    """Return the told school taken apart; None where no name, or no name's own word, was told."""
    name = mended(education.school_name or "", known_words)
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
        sex=sex,
        cut_short=fold(education.school_name or "").endswith((" for", " of", " and")),
        street=told_street(fold(education.school_name or "")),
    )


def candidates(
    told: ToldName, schools: Sequence[SchoolFacts], *,
    successors: Mapping[int, SchoolFacts] | None = None,
) -> list[ToldCandidate]:  # fmt: skip
    """Return the open schools that may be meant, likeliest first (ties by URN).

    `successors` says who follows a closed school: a name that a closed school bore where it was
    told speaks against an open namesake, unless that one follows it.
    """
    standings = [one for school in schools if (one := _standing(told, school)) is not None]
    ahead = [one for one in standings if one.school.is_open]
    rivals = [*ahead, *_before(standings, successors or {})]
    weighed = [(one, _weights(one)) for one in ahead]
    parts = [2.0 ** sum(weights.values()) for _, weights in weighed]
    whole = sum(parts) + 2.0**rules.TOLD_OTHER
    judged = [
        ToldCandidate(
            one.school, one.fields, weights, part / whole, clear.sendable(told, one, rivals)
        )
        for (one, weights), part in zip(weighed, parts, strict=True)
    ]
    return sorted(judged, key=lambda one: (-one.share, one.school.urn))


def _before(standings: Iterable[Standing], successors: Mapping[int, SchoolFacts]) -> list[Standing]:
    """Return the closed schools of that name, in the place of who follows them."""
    return [
        replace(one, follower=successors[one.school.urn].urn)
        for one in standings
        if not one.school.is_open and one.school.urn in successors
    ]


def _standing(told: ToldName, school: SchoolFacts) -> Standing | None:
    """Return the level of each field, None where this school cannot be meant."""
    level = likeness.loosely(told, school)
    if level is None or not right_kind(school, told.ages):
        return None
    return Standing(
        school,
        {
            "name": level,
            "kind": likeness.kind(told.name, school),
            "faith": likeness.faith(told.name, school),
            "place": likeness.place(told, school),
            "age": age_fit(school, told.ages, likeness.kinds_of(school)),
        },
        common=likeness.is_common(told, school),
        named=likeness.names_it(told, school),
        with_place=likeness.with_its_place(told, school),
        shortened=likeness.is_shortened(told, school),
        only_place=likeness.is_only_its_place(told, school),
    )


def _weights(standing: Standing) -> dict[str, float]:
    fields = standing.fields
    return {
        "name": rules.TOLD_NAME[NameLevel(fields["name"])][standing.common],
        "kind": rules.TOLD_KIND[Agreement(fields["kind"])],
        "faith": rules.TOLD_FAITH[Agreement(fields["faith"])],
        "place": rules.TOLD_PLACE[Place(fields["place"])],
        "age": rules.TOLD_AGE[AgeFit(fields["age"])],
    }
