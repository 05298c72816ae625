"""When a told school is clear enough to be sent without a person. Pure.

A careful person with the register before them would say so at once: the name is its own, the place
agrees, the age fits, and no other school near could have been meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schools.matching.details import SchoolFacts
from schools.matching.likeness import ALIKE, PAIR, ToldName
from schools.matching.normalise import area, district
from schools.matching.rules import AgeFit, Agreement, NameLevel, Place
from schools.matching.school_names import parse

_WHOLE = frozenset({NameLevel.FULL, NameLevel.EXACT})
_IN_TOWN = frozenset({Place.TOWN, Place.TOWN_AND_COUNCIL})
_IN_COUNCIL = _IN_TOWN | {Place.COUNCIL, Place.COUNCIL_OTHER_TOWN}
# Never sent: words were told that the school does not bear, or too few that it does.
_TOO_LOOSE = frozenset({NameLevel.MORE, NameLevel.LOOSE})
# Whoever bears all that was told of the name may be meant by it.
_BEARS_ALL = _WHOLE | {NameLevel.PART, NameLevel.STREET, NameLevel.INITIALS}
_BEARS_NEARLY = _BEARS_ALL | {NameLevel.CLOSE, NameLevel.CLOSE_PART}
_SHORTENED = frozenset({NameLevel.PART, NameLevel.CLOSE_PART})


@dataclass(frozen=True, slots=True)
class Standing:
    """How one school stands to what was told, field by field.

    `common` says that many schools carry the name, `named` that a told word is its own,
    `with_place` that its place was told beside the name, `only_place` instead of it,
    `shortened` that the school bears more words; `follower` follows it, where it closed.
    """

    school: SchoolFacts
    fields: dict[str, str]
    common: bool
    named: bool = True
    with_place: bool = False
    only_place: bool = False
    shortened: bool = False
    follower: int | None = None

    @property
    def level(self) -> NameLevel:
        return NameLevel(self.fields["name"])

    @property
    def contradicted(self) -> bool:
        """Whether kind, faith or age speak against it."""
        unfit = self.fields["age"] in {AgeFit.UNFIT, AgeFit.NEAR}
        return unfit or Agreement.DIFFERS in {self.fields["kind"], self.fields["faith"]}


def sendable(told: ToldName, best: Standing, standings: Iterable[Standing]) -> bool:
    """Return whether this school may go without a person, whatever its share.

    Never: a bare common name (`St Mary's`), a town's name alone, a child whose age does not fit, a
    kind or faith that differs, a place that does not agree, a school beside which another of
    that name may be meant.
    """
    if best.level in _TOO_LOOSE or best.contradicted or best.fields["kind"] == Agreement.UNKNOWN:
        return False
    if not told.name.kinds and len(parse(best.school.name).kinds & PAIR) == 1:
        return False  # the infants or the juniors
    if told.cut_short or not _right_gender(told, best.school):
        return False
    whole_with_place = best.level is NameLevel.FULL and best.with_place
    nameless = best.common or best.only_place or (best.shortened and not _part_is_enough(best))
    short = best.level is NameLevel.INITIALS
    if told.name.bare and nameless and not (whole_with_place or short or _in_full(told, best)):
        return False
    if best.level in _SHORTENED and (best.common or not best.named):
        return False
    if best.only_place and not (short or _says_its_kind(told, best)):
        return False
    if best.only_place and not short and not told.name.faiths and parse(best.school.name).faiths:
        return False  # villages have a church school and another
    agreed = _place_is_enough(told, best) if told.ages else _enough_without_age(best)
    return agreed and not any(_rivals(told, best, other) for other in standings)


def _in_full(told: ToldName, best: Standing) -> bool:
    """Return whether `Oakwood Academy` was told word for word; no dedication, and not `Oakwood`."""
    words = told.name.key.split()
    whole = best.level is NameLevel.FULL and len(words) > len(told.name.core)
    return whole and "st" not in words and not best.only_place


def _part_is_enough(best: Standing) -> bool:
    """Return whether part of a name may stand alone, where town and council both agree."""
    return best.level is NameLevel.PART and best.fields["place"] == Place.TOWN_AND_COUNCIL


def _says_its_kind(told: ToldName, best: Standing) -> bool:
    """Return whether a kind or faith was told that its name says: a town has several schools."""
    own = parse(best.school.name)
    said = told.name.kinds & own.kinds or told.name.faiths & own.faiths
    alike = told.name.kinds & ALIKE and own.kinds & ALIKE
    return best.level is NameLevel.FULL or bool(said or alike)


def _right_gender(told: ToldName, school: SchoolFacts) -> bool:
    """Return whether a girls' or boys' school was told as one, or is the child's kind of school.

    Many stand in pairs: `Mockbury High School` means either the girls' or the boys'.
    """
    genders = parse(school.name).genders
    return genders <= (told.name.genders or {_GENDERS.get(told.sex, "")}) and (
        bool(genders) or not told.name.genders
    )


_GENDERS = {"F": "girls", "M": "boys"}


def _enough_without_age(best: Standing) -> bool:
    """A child of unknown age needs a name of the school's own, its kind and its town."""
    named = (
        best.level in _WHOLE | {NameLevel.CLOSE}
        and not best.common
        and best.fields["kind"] == Agreement.AGREES
    )
    return named and best.fields["place"] in _IN_TOWN


def _place_is_enough(told: ToldName, best: Standing) -> bool:
    """Return whether the place agrees as far as this name needs it."""
    place = Place(best.fields["place"])
    if best.common and told.town == best.school.la_key and "st" in told.name.core:
        return _lives_in_its_district(told, best)
    if place is Place.TOWN and told.authorities and best.common:
        return _lives_round(told, best)
    if place in _IN_TOWN:
        return True
    if place is Place.COUNCIL:
        if best.level in {NameLevel.CLOSE_PART, NameLevel.INITIALS}:
            return False
        return not best.common or _lives_round(told, best)
    if place is Place.COUNCIL_OTHER_TOWN:
        return not best.common and best.level in _WHOLE | {NameLevel.CLOSE}
    return False


def _lives_in_its_district(told: ToldName, best: Standing) -> bool:
    """Return whether the child lives in the school's postcode district, or nobody knows where."""
    return not told.districts or district(best.school.postcode) in told.districts


def _lives_round(told: ToldName, best: Standing) -> bool:
    """Return whether the child lives in the post town's country round the school, or nowhere."""
    return not told.districts or area(best.school.postcode) in {area(one) for one in told.districts}


def _rivals(told: ToldName, best: Standing, other: Standing) -> bool:
    """Return whether another school near could have been meant by the same words."""
    if best.school.urn in {other.school.urn, other.follower} or other.contradicted:
        return False
    if other.level not in (_BEARS_ALL if best.level in _WHOLE else _BEARS_NEARLY):
        return False
    if best.fields["kind"] == Agreement.AGREES and other.fields["kind"] == Agreement.UNKNOWN:
        return False
    place = Place(other.fields["place"])
    in_town = best.fields["place"] in _IN_TOWN
    if in_town and other.level not in _WHOLE and not (best.common and best.level not in _WHOLE):
        return place in _IN_TOWN
    if in_town and best.common and _lives_elsewhere(told, best):
        return place in _IN_TOWN
    round_about = {area(code) for code in (best.school.postcode, *told.districts)} - {None}
    near = area(other.school.postcode) in round_about
    return place in _IN_COUNCIL or place is Place.DISTRICT or near


def _lives_elsewhere(told: ToldName, best: Standing) -> bool:
    """Return whether the told town cannot be the home's, told for the school's by mistake."""
    return bool(told.districts) and not _lives_round(told, best)
