"""Who is in scope, and who is not and why. Pure.

Source: Domestic Abuse Act 2021 ss.1 to 3 and s.49A: under 18 on the day, related to either adult,
and sees, hears or experiences the effects; what the Act leaves open is the policy of the force.
A wrong exclusion leaves a child untold, so every doubt goes to a person, never to silence.
"""

from datetime import date

from app.core.clock import london_date
from app.core.policy import Policy
from app.intake.details import ChildDetails, IncidentDetails
from app.intake.outcomes import Outcome, OutcomeReason
from app.intake.warnings import is_placeholder
from app.intake.words import EducationStatus, Involvement, LivesWith, PartyUnder16, Presence
from app.intake.words import Relation as Related

Answer = tuple[Outcome, OutcomeReason | None]

_RECEIVED: Answer = (Outcome.RECEIVED, None)
_IN_HOME = frozenset({Presence.SAW, Presence.HEARD, Presence.ELSEWHERE_IN_HOME})
_LIVES_THERE = frozenset({LivesWith.VICTIM, LivesWith.SUSPECT, LivesWith.BOTH})
_HARMED = frozenset({Involvement.HURT, Involvement.DIRECT_VICTIM})


def decide(child: ChildDetails, incident: IncidentDetails, *, policy: Policy) -> Answer:
    """Return the first outcome of a listed child: received, in review, held or not notified.

    Age and relation are judged on the London date of the incident. Residence, risk grade,
    attendance, crime, consent and custody never exclude.
    """
    excluded = _excluded(child, incident, policy)
    if excluded is not None:
        return Outcome.NOT_NOTIFIED, excluded
    if incident.hold is not None:
        return Outcome.HELD, OutcomeReason.FORCE_HOLD
    doubt = _doubt(child, incident)
    return _RECEIVED if doubt is None else (Outcome.IN_REVIEW, doubt)


def age_on(born: date, on: date) -> int:
    """Return completed years; who was born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _excluded(
    child: ChildDetails, incident: IncidentDetails, policy: Policy
) -> OutcomeReason | None:
    status = child.education.status
    if child.relation == Related.IS_SUSPECT:
        return OutcomeReason.IS_SUSPECT
    if status == EducationStatus.UNBORN:
        return OutcomeReason.UNBORN
    if status == EducationStatus.PRE_SCHOOL and not (_on_a_roll(child) or policy.early_years):
        return OutcomeReason.PRE_SCHOOL_NOT_REGISTERED
    if _surely_adult(child, london_date(incident.occurred_from)):
        return OutcomeReason.OVER_18
    if child.relation == Related.NOT_RELATED and _surely_elsewhere(child):
        return OutcomeReason.NOT_RELATED
    if child.relation == Related.RELATIVE and child.affected is False and not _touched(child):
        return OutcomeReason.NOT_AFFECTED
    return None


def _doubt(child: ChildDetails, incident: IncidentDetails) -> OutcomeReason | None:
    # First of all: the others ask whether to tell the school, this one whom at the school.
    # A protected child is released by voice to one person, which settles that question too.
    if any(child.connected_at_school):
        return OutcomeReason.PROTECTED if child.protected else OutcomeReason.CONNECTED_AT_SCHOOL
    # The test of age is about the two parties; a child hurt beside the victim stays a victim.
    if incident.party_under_16 != PartyUnder16.NONE and child.involvement not in _HARMED:
        return OutcomeReason.UNDER_16_PARTIES
    if child.relation == Related.NOT_RELATED:
        return OutcomeReason.UNRELATED_BUT_PRESENT
    if child.relation == Related.RELATIVE and child.affected is None and not _touched(child):
        return OutcomeReason.AFFECTED_UNKNOWN
    return None


def _on_a_roll(child: ChildDetails) -> bool:
    """A nursery class is part of a school: where one may be meant, matching finds out.

    A pupil number shows it too, even one that cannot be right.
    """
    education = child.education
    given = (education.urn, education.school_name, child.upn)
    return any(value is not None for value in given)


def _surely_adult(child: ChildDetails, on: date) -> bool:
    """A registered pupil is in scope at any age; an unknown or estimated age counts as a child."""
    born = child.date_of_birth
    if child.education.status == EducationStatus.REGISTERED or born is None:
        return False
    return not is_placeholder(born) and age_on(born, on) >= 18


def _surely_elsewhere(child: ChildDetails) -> bool:
    return child.presence == Presence.NOT_PRESENT and child.involvement == Involvement.NONE


def _touched(child: ChildDetails) -> bool:
    """Effects are presumed for a related child who lives in, or was in, the home."""
    return (
        child.lives_with in _LIVES_THERE
        or child.presence in _IN_HOME
        or child.involvement != Involvement.NONE
    )
