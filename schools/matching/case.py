"""One child's evidence, weighed source by source, before the sources are put together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.core.policy import Matching
from schools.matching import rules
from schools.matching.ages import age_fit, right_kind
from schools.matching.details import ChildFacts, Judged, Leads, SchoolFacts, Verdict
from schools.matching.dual import registered_at_two
from schools.matching.likeness import ToldName, kinds_of
from schools.matching.roll_match import RollCandidate
from schools.matching.rules import AgeFit, Agreement, Place
from schools.matching.told_school import ToldCandidate


@dataclass(frozen=True, slots=True)
class Case:
    """What each source says; `left` are the schools that a roll says the child has left."""

    child: ChildFacts
    leads: Leads
    ages: tuple[int, ...]
    told: ToldName | None
    told_found: tuple[ToldCandidate, ...]
    roll: tuple[RollCandidate, ...]
    left: frozenset[int]
    judged: tuple[Judged, ...]
    matching: Matching

    @property
    def told_best(self) -> ToldCandidate | None:
        return self.told_found[0] if self.told_found else None

    @property
    def told_likely(self) -> bool:
        return self.told_best is not None and self.told_best.share >= rules.LOUD

    @property
    def roll_best(self) -> RollCandidate | None:
        """The school that a roll speaks for, where it speaks loudly enough."""
        return self.roll[0] if self.roll and self.roll[0].share >= rules.LOUD else None

    @property
    def registered_at(self) -> tuple[RollCandidate, ...]:
        """The two open schools of a dual registration, or none."""
        pair = registered_at_two(self.roll, threshold=self.matching.auto_threshold)
        schools = [self.leads.schools.get(one.urn) for one in pair]
        return pair if all(one is not None and one.is_open for one in schools) else ()

    @property
    def denied(self) -> frozenset[int]:
        """Schools of which a person last said that the child is not there, and who followed them.

        A yes on the school that followed outweighs the older no.
        """
        said_no = {one.urn for one in self.judged if one.verdict is Verdict.NO}
        said_yes = {one.urn for one in self.judged if one.verdict is Verdict.YES}
        return frozenset(said_no | (self._heirs(said_no) - said_yes))

    @property
    def linked(self) -> frozenset[int]:
        """Open schools whose key adult said this school year that the child is on the roll."""
        return frozenset(
            one.urn
            for one in self.judged
            if one.link and one.urn not in self.left and self._is_open(one.urn)
        )

    @property
    def told_is_sure(self) -> bool:
        """Whether the told name alone may send: a clear winner, and the force's policy allows."""
        best, matching = self.told_best, self.matching
        if best is None or not matching.told_school_alone or not best.sendable:
            return False
        gap = best.share - (self.told_found[1].share if len(self.told_found) > 1 else 0.0)
        return best.share >= matching.told_school_threshold and gap >= matching.told_school_margin

    def by_the_force_alone(self) -> "Case":
        """Return the case without what schools, councils and people answered."""
        return replace(self, roll=(), left=frozenset(), judged=())

    def today(self, urn: int) -> int:
        """Return the school that serves a school's children today, where it confirmed that."""
        heir = self.leads.successors.get(urn)
        return heir.urn if heir is not None and urn in self.leads.confirmed else urn

    def can_attend(self, school: SchoolFacts) -> bool:
        """Return whether the child's age does not rule the school out; an unknown age does not."""
        if not self.ages:
            return school.statutory
        fit = age_fit(school, self.ages, kinds_of(school))
        return right_kind(school, self.ages) and fit is not AgeFit.UNFIT

    def lifted(self, share: float) -> float:
        """Return a share of a linked school with the link's weight added."""
        times: float = 2.0**rules.LINK_BITS
        return share * times / (1.0 + share * (times - 1.0))

    def told_with_link(self) -> ToldCandidate | None:
        """Return the linked school that the told name means once the link is weighed in too.

        Town, kind, faith and age must not speak against it: a link makes a vague name clear, and
        never a wrong one right.
        """
        linked = [one for one in self.told_found if one.school.urn in self.linked]
        if len(linked) != 1 or len(self.linked) != 1 or _against(linked[0]):
            return None
        (best,) = linked
        share = self.lifted(best.share)
        rest = max((one.share for one in self.told_found if one is not best), default=0.0)
        gap = share - rest * (1.0 - share) / max(1.0 - best.share, 1e-12)
        matching = self.matching
        sure = share >= matching.told_school_threshold and gap >= matching.told_school_margin
        return best if sure and self.can_attend(best.school) else None

    def left_now(self) -> frozenset[int]:
        """Return the schools left, and who followed them unless a roll has the child there."""
        here = {one.urn for one in self.roll if one.share >= rules.LOUD}
        return frozenset(self.left | (self._heirs(self.left) - here))

    def _heirs(self, urns: Iterable[int]) -> set[int]:
        return {heir.urn for urn in urns if (heir := self.leads.successors.get(urn)) is not None}

    def _is_open(self, urn: int) -> bool:
        school = self.leads.schools.get(urn)
        return school is not None and school.is_open


def _against(candidate: ToldCandidate) -> bool:
    fields = candidate.fields
    differs = {fields.get("kind"), fields.get("faith")} & {str(Agreement.DIFFERS)}
    return bool(differs) or fields.get("place") == Place.ELSEWHERE
