"""From evidence to a decision: matched, or a coded reason why a person has to look. Pure.

A wrong school is a data breach, a late notice a lesser harm, an untold child the worst: only
agreement is sent, disagreement and doubt go to a person with at most five candidates
(domain.md §3). Reason codes are the values of `app.intake.outcomes.OutcomeReason`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.core.policy import Matching
from schools.matching import rules, told_school
from schools.matching.ages import age_fit, right_kind, school_ages
from schools.matching.details import (
    Band,
    ChildFacts,
    Decision,
    Leads,
    SchoolFacts,
)
from schools.matching.evidence import candidate_evidence
from schools.matching.likeness import ToldName, kinds_of, name_level, place
from schools.matching.normalise import person_name
from schools.matching.roll_match import RollCandidate
from schools.matching.rules import AgeFit, NameLevel
from schools.matching.told_school import ToldCandidate

_WHOLE_NAMES = frozenset({NameLevel.FULL, NameLevel.EXACT})


@dataclass(frozen=True, slots=True)
class _Case:
    """One child's evidence, weighed source by source."""

    child: ChildFacts
    leads: Leads
    ages: tuple[int, ...]
    told: ToldName | None
    told_found: tuple[ToldCandidate, ...]
    roll: tuple[RollCandidate, ...]
    left: frozenset[int]
    matching: Matching

    @property
    def told_best(self) -> ToldCandidate | None:
        return self.told_found[0] if self.told_found else None

    @property
    def roll_best(self) -> RollCandidate | None:
        """The school that a roll speaks for, where it speaks loudly enough."""
        return self.roll[0] if self.roll and self.roll[0].share >= rules.LOUD else None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the rules say; `urns` None means the candidates in order of their score."""

    band: Band
    reason_code: str | None = None
    urns: tuple[int, ...] | None = None
    score: float | None = None


_DISAGREES = _Answer(Band.POSSIBLE, "evidence_disagrees")


def decide(
    child: ChildFacts, leads: Leads, roll: Sequence[RollCandidate], *,
    left: Sequence[RollCandidate] = (), on: date, matching: Matching, input_digest: bytes,
) -> Decision:  # fmt: skip
    """Return the decision for one child.

    `roll` are its schools after the incident's children were told apart, `left` those that a roll
    says it has left; `on` is the London date of the incident.
    """
    ages = school_ages(child.identity, on)
    told = told_school.told_name(
        child.education, postcodes=child.identity.postcodes, ages=ages,
        known_words=leads.known_words,
    )  # fmt: skip
    found = told_school.candidates(told, leads.told) if told else []
    gone = frozenset(one.urn for one in left if one.share >= rules.LOUD)
    case = _Case(child, leads, ages, told, tuple(found), tuple(roll), gone, matching)
    return _decision(case, _held_back(case, _answer(case)), input_digest)


def _answer(case: _Case) -> _Answer:
    education = case.child.education
    home = education.urn == rules.URN_HOME_EDUCATED
    status = "home_educated" if home else education.status
    if status in {"home_educated", "not_in_education"}:
        known = case.leads.given or case.roll_best or _likely(case.told_best)
        return _DISAGREES if known else _Answer(Band.NONE, status, ())
    if case.leads.given is not None:
        return _by_number(case, case.leads.given)
    if case.roll_best is not None:
        return _by_roll(case, case.roll_best)
    if case.leads.given_unknown and _likely(case.told_best):
        return _DISAGREES
    if case.told_best is not None and _told_is_sure(case):
        if case.told_best.school.urn in case.left:
            return _DISAGREES
        return _Answer(Band.MATCHED, None, (case.told_best.school.urn,), case.told_best.share)
    return _closed(case) or _unsure(case)


def _by_number(case: _Case, school: SchoolFacts) -> _Answer:
    """Take a number from a picker at its word, unless other evidence contradicts it.

    A closed school's single successor is offered: nothing is stored yet by which its key adults
    confirm that they serve the old school's children.
    """
    if not school.is_open:
        return _school_closed(case, school.urn)
    elsewhere = case.roll_best is not None and case.roll_best.urn != school.urn
    elsewhere = elsewhere or school.urn in case.left
    if elsewhere or not _can_attend(case, school) or _named_elsewhere(case, school):
        return _DISAGREES
    return _Answer(Band.MATCHED, None, (school.urn,), 1.0)


def _can_attend(case: _Case, school: SchoolFacts) -> bool:
    """Return whether the child's age does not rule the school out; an unknown age does not."""
    if not case.ages:
        return school.statutory
    fit = age_fit(school, case.ages, kinds_of(school))
    return right_kind(school, case.ages) and fit is not AgeFit.UNFIT


def _named_elsewhere(case: _Case, school: SchoolFacts) -> bool:
    """Return whether the told name clearly means another school than the given number."""
    if case.told is None or name_level(case.told, school) is not None:
        return False
    return _likely(case.told_best)


def _by_roll(case: _Case, best: RollCandidate) -> _Answer:
    school = case.leads.schools.get(best.urn)
    if school is None or not school.is_open:
        return _school_closed(case, best.urn)
    if not _roll_agrees_with_told(case, school) or not _can_attend(case, school):
        return _DISAGREES
    told_share = next((one.share for one in case.told_found if one.school.urn == best.urn), 0.0)
    score = 1.0 - (1.0 - best.share) * (1.0 - told_share)
    gap = best.share - (case.roll[1].share if len(case.roll) > 1 else 0.0)
    if score >= case.matching.auto_threshold and gap >= case.matching.auto_margin:
        return _Answer(Band.MATCHED, None, (best.urn,), score)
    return _unsure(case)


def _roll_agrees_with_told(case: _Case, school: SchoolFacts) -> bool:
    """Return whether the told name, if any, can mean the roll's school and means no other."""
    if case.told is None:
        return not case.leads.given_unknown
    best = case.told_best
    if best is not None and _told_is_sure(case) and best.school.urn != school.urn:
        return False
    return name_level(case.told, school) is not None


def _told_is_sure(case: _Case) -> bool:
    best, matching = case.told_best, case.matching
    if best is None or not matching.told_school_alone or not best.sendable:
        return False
    gap = best.share - (case.told_found[1].share if len(case.told_found) > 1 else 0.0)
    return best.share >= matching.told_school_threshold and gap >= matching.told_school_margin


def _closed(case: _Case) -> _Answer | None:
    """Return the answer for a told school that the register knows only as closed."""
    if case.told is None or _likely(case.told_best):
        return None
    for school in case.leads.told:
        whole = not school.is_open and name_level(case.told, school) in _WHOLE_NAMES
        if whole and place(case.told, school) in rules.AGREED_PLACES:
            return _school_closed(case, school.urn)
    return None


def _school_closed(case: _Case, urn: int) -> _Answer:
    successor = case.leads.successors.get(urn)
    offered = () if successor is None else (successor.urn,)
    return _Answer(Band.POSSIBLE, "school_closed", offered)


def _unsure(case: _Case) -> _Answer:
    shown = candidate_evidence(case.leads, case.told_found, case.roll)
    if not shown:
        return _Answer(Band.NONE, "no_school_known", ())
    if sum(one.score >= rules.PLAUSIBLE for one in shown) > 1:
        return _Answer(Band.SEVERAL, "several_schools")
    return _Answer(Band.POSSIBLE, "too_uncertain")


def _held_back(case: _Case, answer: _Answer) -> _Answer:
    """A protected child, or one whose name is not whole, is never sent without a person."""
    identity = case.child.identity
    if case.child.protected:
        reason = "protected"
    elif not person_name(identity.forename) or not person_name(identity.surname):
        reason = "name_missing"
    else:
        return answer
    band = Band.POSSIBLE if answer.band is Band.MATCHED else answer.band
    return _Answer(band, reason, answer.urns, answer.score)


def _likely(candidate: ToldCandidate | None) -> bool:
    return candidate is not None and candidate.share >= rules.LOUD


def _decision(case: _Case, answer: _Answer, input_digest: bytes) -> Decision:
    chosen = frozenset(answer.urns or ())
    evidence = candidate_evidence(case.leads, case.told_found, case.roll, chosen=chosen)
    best = evidence[0].score if evidence else 0.0
    score = best if answer.score is None else answer.score
    ahead = chosen or {one.urn for one in evidence[:1]}
    behind = max((one.score for one in evidence if one.urn not in ahead), default=0.0)
    return Decision(
        band=answer.band,
        score=round(score, 6),
        margin=round(score - behind, 6),
        urns=tuple(one.urn for one in evidence) if answer.urns is None else answer.urns,
        reason_code=answer.reason_code,
        evidence=evidence,
        rules_version=rules.RULES_VERSION,
        input_digest=input_digest,
    )
