"""A roll as a dictionary: the product's own block keys without a database, for training weights."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random

from benchmarks.people import ON, Child, Neighbourhood, row
from schools.matching import rules
from schools.matching.blocks import Findable, block_values, child_findable, lookup_values
from schools.matching.details import ChildIdentity, PupilFacts
from schools.matching.normalise import postcode


class RollInMemory:
    """Pupils by block value, in the order of their numbers."""

    def __init__(self) -> None:
        self._blocks: dict[int, list[int]] = defaultdict(list)
        self._pupils: list[PupilFacts] = []

    @property
    def size(self) -> int:
        return len(self._pupils)

    def add(self, places: Iterable[Neighbourhood]) -> Iterator[Neighbourhood]:
        """Put the pupils of each neighbourhood on the roll and pass it on."""
        for place in places:
            for home in place.households:
                for child in home:
                    if child.urn is not None:
                        self._take(child)
            yield place

    def _take(self, child: Child) -> None:
        pupil = facts(child, len(self._pupils))
        for value in block_values(
            Findable(
                forenames=(pupil.forename,),
                surnames=(pupil.surname, pupil.preferred_surname, pupil.former_surname),
                date_of_birth=pupil.date_of_birth, upn=pupil.upn, postcodes=(pupil.postcode,),
            )
        ):  # fmt: skip
            self._blocks[hash(value)].append(pupil.pupil_id)
        self._pupils.append(pupil)

    def pupils_like(self, identity: ChildIdentity) -> tuple[PupilFacts, ...]:
        """Return the pupils who share a block with the child, as the product would."""
        blocks = (
            self._blocks.get(hash(value), ())
            for value in lookup_values(child_findable(identity, on=ON))
        )
        found = {one for block in blocks if len(block) <= rules.BLOCK_CAP for one in block}
        return tuple(self._pupils[one] for one in sorted(found))

    def any_pupil(self, rng: Random) -> PupilFacts:
        return rng.choice(self._pupils)

    def at_postcode(self, identity: ChildIdentity) -> dict[str, int]:
        """Return how many pupils live at each of the child's postcodes."""
        known = {code for code in map(postcode, identity.postcodes) if code}
        return {code: len(self._blocks.get(hash(f"postcode|{code}"), ())) for code in known}


def facts(child: Child, number: int) -> PupilFacts:
    """Return a pupil as it comes off the roll."""
    one = row(child)
    return PupilFacts(
        pupil_id=number, urn=child.urn or 0, forename=one["Forename"], surname=one["Surname"],
        middle_names=one["MiddleNames"] or None, preferred_surname=one["PreferredSurname"] or None,
        former_surname=one["FormerSurname"] or None,
        date_of_birth=datetime.strptime(one["DOB"], "%d-%m-%Y").date(),  # noqa: DTZ007 (a day)
        sex=one["Sex"], upn=one["UPN"] or None, postcode=one["PostCode"],
    )  # fmt: skip
