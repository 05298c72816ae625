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
from schools.matching.ages import school_ages
from schools.matching.case import Case
from schools.matching.details import Band, ChildFacts, Decision, Judged, Leads, SchoolFacts
from schools.matching.dual import sureness
from schools.matching.evidence import candidates_of, considered, shown
from schools.matching.jurisdiction import outside_england_and_wales
from schools.matching.likeness import loosely, name_level, place
from schools.matching.normalise import person_name
from schools.matching.roll_match import RollCandidate
from schools.matching.rules import NameLevel

_AT_NO_SCHOOL = frozenset({"home_educated", "not_in_education"})
_WHOLE_NAMES = frozenset({NameLevel.FULL, NameLevel.EXACT})


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
    left: Sequence[RollCandidate] = (), judged: Sequence[Judged] = (), on: date,
    matching: Matching, input_digest: bytes,
) -> Decision:  # fmt: skip
    """Return the decision for one child.

    `roll` are its schools after the incident's children were told apart, `left` those that a roll
    says it has left, `judged` what people said of it before (one for each school); `on` is the
    London date of the incident.
    """
    ages = school_ages(child.identity, on)
    told = told_school.told_name(
        child.education, postcodes=child.identity.postcodes, ages=ages,
        known_words=leads.known_words, sex=child.identity.sex,
    )  # fmt: skip
    found = told_school.candidates(told, leads.told, successors=leads.successors) if told else []
    gone = frozenset(one.urn for one in left if one.share >= rules.LOUD)
    case = Case(
        child, leads, ages, told, tuple(found), tuple(roll), gone, tuple(judged), matching
    )  # fmt: skip
    first = _answer(case)
    answer = _held_back(case, _not_unread(case, _not_denied(case, first)))
    return _decision(case, answer, input_digest, given_urns=_given_urns(case, first))


def _answer(case: Case) -> _Answer:
    education = case.child.education
    home = education.urn == rules.URN_HOME_EDUCATED
    status = "home_educated" if home else education.status
    if status in _AT_NO_SCHOOL:
        known = (
            case.leads.given, case.roll_best, case.registered_at, case.told_likely, case.linked
        )  # fmt: skip
        return _DISAGREES if any(known) else _Answer(Band.NONE, status, ())
    if case.leads.given is not None:
        return _by_number(case, case.leads.given)
    if case.registered_at:
        return _by_two_rolls(case)
    if case.roll_best is not None:
        return _by_roll(case, case.roll_best)
    if case.leads.given_unknown and case.told_likely:
        return _DISAGREES
    return _by_told(case) or _closed(case) or _unsure(case)


def _by_number(case: Case, given: SchoolFacts) -> _Answer:
    """Take a number from a picker at its word, unless other evidence contradicts it.

    A closed school's single successor takes its place once its key adults have confirmed that
    they serve the old school's children; before that it is offered to a person.
    """
    school = _today(case, given)
    if school is None:
        return _school_closed(case, given.urn)
    if case.registered_at:
        at = {one.urn for one in case.registered_at}
        return _by_two_rolls(case) if school.urn in at else _DISAGREES
    on_roll = case.roll_best is not None and case.today(case.roll_best.urn) == school.urn
    elsewhere = (case.roll_best is not None and not on_roll) or school.urn in case.left_now()
    elsewhere = elsewhere or (_linked_elsewhere(case, school.urn) and not on_roll)
    named_elsewhere = _named_elsewhere(case, given, school, on_roll=on_roll)
    if elsewhere or not case.can_attend(school) or named_elsewhere:
        return _DISAGREES
    return _Answer(Band.MATCHED, None, (school.urn,), 1.0)


def _named_elsewhere(case: Case, *schools: SchoolFacts, on_roll: bool) -> bool:
    """Return whether the told name speaks against the given number.

    It means another school clearly, or the given one bears nothing of it under any of its names
    and no roll has the child there: one mistyped digit names a school that exists.
    """
    told = case.told
    if told is None or any(name_level(told, school) is not None for school in schools):
        return False
    if case.told_likely or on_roll:
        return case.told_likely
    return all(loosely(told, school) is None for school in schools)


def _linked_elsewhere(case: Case, urn: int) -> bool:
    """Return whether a key adult's word of this school year speaks for other schools only."""
    return bool(case.linked) and urn not in case.linked


def _by_two_rolls(case: Case) -> _Answer:
    """Tell both schools of a dual registration, unless the officer clearly named a third."""
    urns = tuple(one.urn for one in case.registered_at)
    schools = [case.leads.schools[urn] for urn in urns]
    best = case.told_best
    third = best is not None and case.told_is_sure and best.school.urn not in urns
    linked = bool(case.linked) and not case.linked & set(urns)
    fits = all(case.can_attend(school) for school in schools)
    if third or linked or not fits or case.leads.given_unknown:
        return _DISAGREES
    return _Answer(Band.MATCHED, None, urns, sureness(case.registered_at))


def _by_roll(case: Case, best: RollCandidate) -> _Answer:
    enrolled = case.leads.schools.get(best.urn)
    school = _today(case, enrolled) if enrolled is not None else None
    if enrolled is None or school is None:
        return _school_closed(case, best.urn)
    agrees = _roll_agrees_with_told(case, enrolled, school)
    if not agrees or not case.can_attend(school):
        return _DISAGREES
    if _linked_elsewhere(case, school.urn) and case.told is None:
        return _DISAGREES
    told_share = next((one.share for one in case.told_found if one.school.urn == school.urn), 0.0)
    share = case.lifted(best.share) if school.urn in case.linked else best.share
    score = 1.0 - (1.0 - share) * (1.0 - told_share)
    gap = share - (case.roll[1].share if len(case.roll) > 1 else 0.0)
    if score >= case.matching.auto_threshold and gap >= case.matching.auto_margin:
        return _Answer(Band.MATCHED, None, (school.urn,), score)
    return _unsure(case)


def _roll_agrees_with_told(case: Case, *schools: SchoolFacts) -> bool:
    """Return whether the told name, if any, can mean the roll's school and means no other."""
    if case.told is None:
        return not case.leads.given_unknown
    best = case.told_best
    urns = {school.urn for school in schools}
    if best is not None and case.told_is_sure and best.school.urn not in urns:
        return False
    return any(name_level(case.told, school) is not None for school in schools)


def _by_told(case: Case) -> _Answer | None:
    """Return the answer where the told name means one school, alone or with a link beside it."""
    best = case.told_best if case.told_is_sure else case.told_with_link()
    if best is None:
        return None
    urn = best.school.urn
    if urn in case.left_now() or _linked_elsewhere(case, urn):
        return _DISAGREES
    score = case.lifted(best.share) if urn in case.linked else best.share
    return _Answer(Band.MATCHED, None, (urn,), score)


def _closed(case: Case) -> _Answer | None:
    """Return the answer for a told school that the register knows only as closed."""
    if case.told is None or case.told_likely:
        return None
    for school in case.leads.told:
        whole = not school.is_open and name_level(case.told, school) in _WHOLE_NAMES
        if whole and place(case.told, school) in rules.AGREED_PLACES:
            return _school_closed(case, school.urn)
    return None


def _today(case: Case, school: SchoolFacts) -> SchoolFacts | None:
    """Return the open school that a school is now; None where nobody confirmed a successor."""
    if school.is_open:
        return school
    return case.leads.successors.get(school.urn) if school.urn in case.leads.confirmed else None


def _school_closed(case: Case, urn: int) -> _Answer:
    successor = case.leads.successors.get(urn)
    offered = () if successor is None else (successor.urn,)
    return _Answer(Band.POSSIBLE, "school_closed", offered)


def _unsure(case: Case) -> _Answer:
    found = shown(candidates_of(case))
    if not found:
        abroad = outside_england_and_wales(case.child.identity.postcodes)
        return _Answer(Band.NONE, "other_jurisdiction" if abroad else "no_school_known", ())
    if sum(one.score >= rules.PLAUSIBLE for one in found) > 1:
        return _Answer(Band.SEVERAL, "several_schools")
    return _Answer(Band.POSSIBLE, "too_uncertain")


def _not_denied(case: Case, answer: _Answer) -> _Answer:
    """A school of which a person said no is never told again without a person."""
    denied = answer.band is Band.MATCHED and case.denied & set(answer.urns or ())
    return _DISAGREES if denied else answer


def _not_unread(case: Case, answer: _Answer) -> _Answer:
    """Nobody is told by the rules while a damaged row may be this child's: a person looks."""
    told = answer.band is Band.MATCHED or answer.reason_code in _AT_NO_SCHOOL
    if not case.leads.unreadable or not told:
        return answer
    return _Answer(Band.POSSIBLE, "too_uncertain", answer.urns, answer.score)


def _held_back(case: Case, answer: _Answer) -> _Answer:
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


def _given_urns(case: Case, answer: _Answer) -> tuple[int, ...]:
    """Return the schools that the force's own words come to, whatever anybody else answered."""
    if case.told is None and case.leads.given is None:
        return ()
    if case.roll or case.left or case.judged:
        answer = _answer(case.by_the_force_alone())
    return (answer.urns or ()) if answer.band is Band.MATCHED else ()


def _decision(
    case: Case, answer: _Answer, input_digest: bytes, *, given_urns: tuple[int, ...]
) -> Decision:
    chosen = frozenset(answer.urns or ())
    everyone = candidates_of(case, offered=chosen)
    evidence = shown(everyone, chosen=chosen)
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
        given_urns=given_urns,
        considered=considered(everyone),
    )
