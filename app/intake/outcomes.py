"""The states of an incident and the outcomes of an involved child, with their reasons. Pure."""

from enum import StrEnum


class IncidentState(StrEnum):
    """`newest` is acted on; the others are kept and never acted on."""

    NEWEST = "newest"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What was done for an involved child; each has exactly one (domain.md §2)."""

    RECEIVED = "received"
    DETAILS_AWAITED = "details_awaited"
    IN_REVIEW = "in_review"
    SENT_TO_SCHOOL = "sent_to_school"
    SENT_TO_COUNCIL = "sent_to_council"
    NOT_NOTIFIED = "not_notified"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class OutcomeReason(StrEnum):
    """Why a child is not notified, held, awaited or in review."""

    OVER_18 = "over_18"
    UNBORN = "unborn"
    PRE_SCHOOL_NOT_REGISTERED = "pre_school_not_registered"
    NOT_RELATED = "not_related"
    NOT_AFFECTED = "not_affected"
    IS_SUSPECT = "is_suspect"
    UNDER_16_PARTIES = "under_16_parties"
    OTHER_JURISDICTION = "other_jurisdiction"
    REGULATIONS = "regulations"
    # From here on: why a person has to look.
    UNRELATED_BUT_PRESENT = "unrelated_but_present"
    AFFECTED_UNKNOWN = "affected_unknown"
    NAME_MISSING = "name_missing"
    PROTECTED = "protected"
    CONNECTED_AT_SCHOOL = "connected_at_school"
    NO_SCHOOL_KNOWN = "no_school_known"
    SEVERAL_SCHOOLS = "several_schools"
    EVIDENCE_DISAGREES = "evidence_disagrees"
    TOO_UNCERTAIN = "too_uncertain"
    HOME_EDUCATED = "home_educated"
    NOT_IN_EDUCATION = "not_in_education"
    SCHOOL_CLOSED = "school_closed"
    NOT_OUR_PUPIL = "not_our_pupil"
    CHILD_UNNAMED = "child_unnamed"
    FORCE_HOLD = "force_hold"
    RESTRICTED = "restricted"


# No school here is told and the child stays at risk: another service has to be, and a person says
# which, when and by what reference (domain.md §2).
NEEDS_SERVICE = frozenset(
    {
        OutcomeReason.OTHER_JURISDICTION, OutcomeReason.UNBORN, OutcomeReason.UNDER_16_PARTIES,
        OutcomeReason.PRE_SCHOOL_NOT_REGISTERED,
    }
)  # fmt: skip

SENT = (Outcome.SENT_TO_SCHOOL, Outcome.SENT_TO_COUNCIL)

# A higher version that comes after a withdrawal takes the place of what was withdrawn.
INCIDENT_MOVES: dict[IncidentState, frozenset[IncidentState]] = {
    IncidentState.NEWEST: frozenset({IncidentState.SUPERSEDED, IncidentState.WITHDRAWN}),
    IncidentState.WITHDRAWN: frozenset({IncidentState.SUPERSEDED}),
    IncidentState.SUPERSEDED: frozenset(),
}

# Which outcome may follow which; what is not here may not happen.
OUTCOME_MOVES: dict[Outcome, frozenset[Outcome]] = {
    Outcome.RECEIVED: frozenset(Outcome) - {Outcome.RECEIVED, Outcome.DETAILS_AWAITED},
    Outcome.DETAILS_AWAITED: frozenset(
        {
            Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.HELD, Outcome.NOT_NOTIFIED,
            Outcome.WITHDRAWN, Outcome.SUPERSEDED,
        }
    ),
    Outcome.IN_REVIEW: frozenset(
        {
            Outcome.SENT_TO_SCHOOL, Outcome.SENT_TO_COUNCIL, Outcome.NOT_NOTIFIED, Outcome.HELD,
            Outcome.WITHDRAWN, Outcome.SUPERSEDED,
        }
    ),
    Outcome.HELD: frozenset(
        {
            Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.NOT_NOTIFIED, Outcome.WITHDRAWN,
            Outcome.SUPERSEDED,
        }
    ),
    # A school that says "not our pupil" sends the child back to a person; the first pupil morning
    # after a holiday, to the rules.
    Outcome.SENT_TO_SCHOOL: frozenset(
        {Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.WITHDRAWN, Outcome.SUPERSEDED}
    ),
    Outcome.SENT_TO_COUNCIL: frozenset(
        {Outcome.RECEIVED, Outcome.IN_REVIEW, Outcome.WITHDRAWN, Outcome.SUPERSEDED}
    ),
    Outcome.NOT_NOTIFIED: frozenset({Outcome.IN_REVIEW, Outcome.WITHDRAWN, Outcome.SUPERSEDED}),
    Outcome.WITHDRAWN: frozenset(),
    Outcome.SUPERSEDED: frozenset(),
}  # fmt: skip


def may_become(before: Outcome, after: Outcome) -> bool:
    """Return whether a child with one outcome may get the other."""
    return after in OUTCOME_MOVES[before]
