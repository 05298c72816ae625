"""Codes to words: outcomes, reasons, causes, results; a notification's are in its own room."""

from app.intake.outcomes import Outcome, OutcomeReason
from app.intake.warnings import Warn
from app.reports.unusual import Sign
from notifications.compose import Pattern
from notifications.states import CallResult, LateCause, ToldHow
from schools.connected_models import ChangeReason

OUTCOMES = {
    Outcome.RECEIVED: "Being matched",
    Outcome.DETAILS_AWAITED: "Details awaited",
    Outcome.IN_REVIEW: "In review",
    Outcome.SENT_TO_SCHOOL: "Sent to school",
    Outcome.SENT_TO_COUNCIL: "Sent to council",
    Outcome.NOT_NOTIFIED: "Not notified",
    Outcome.HELD: "Held",
    Outcome.WITHDRAWN: "Withdrawn",
    Outcome.SUPERSEDED: "Superseded",
}

REASONS = {
    OutcomeReason.OVER_18: "over 18",
    OutcomeReason.UNBORN: "not born yet",
    OutcomeReason.PRE_SCHOOL_NOT_REGISTERED: "pre-school, not registered",
    OutcomeReason.NOT_RELATED: "not related to either adult",
    OutcomeReason.NOT_AFFECTED: "not affected",
    OutcomeReason.IS_SUSPECT: "is a suspect",
    OutcomeReason.UNDER_16_PARTIES: "a party is under 16",
    OutcomeReason.OTHER_JURISDICTION: "school outside England and Wales",
    OutcomeReason.REGULATIONS: "excepted by regulations",
    OutcomeReason.UNRELATED_BUT_PRESENT: "present but not related",
    OutcomeReason.AFFECTED_UNKNOWN: "not known whether affected",
    OutcomeReason.NAME_MISSING: "name missing",
    OutcomeReason.PROTECTED: "protected: released by voice only",
    OutcomeReason.CONNECTED_AT_SCHOOL: "an adult of the incident is connected with the school",
    OutcomeReason.NO_SCHOOL_KNOWN: "no school known",
    OutcomeReason.SEVERAL_SCHOOLS: "several schools fit",
    OutcomeReason.EVIDENCE_DISAGREES: "what is known disagrees",
    OutcomeReason.TOO_UNCERTAIN: "too uncertain to send",
    OutcomeReason.HOME_EDUCATED: "home educated",
    OutcomeReason.NOT_IN_EDUCATION: "not in education",
    OutcomeReason.SCHOOL_CLOSED: "school closed",
    OutcomeReason.NOT_OUR_PUPIL: "the school said: not our pupil",
    OutcomeReason.CHILD_UNNAMED: "child not named",
    OutcomeReason.FORCE_HOLD: "held by the force",
    OutcomeReason.RESTRICTED: "restricted access",
}

TOLD_HOW = {
    ToldHow.OPENED: "opened",
    ToldHow.BY_PHONE: "by phone",
    ToldHow.BY_PHONE_UNTRAINED: "by phone, recipient not trained",
}

LATE_CAUSES = {
    LateCause.RECORD_RECEIVED_LATE: "the force’s record came late",
    LateCause.SETTLED_LATE: "the school was settled late",
    LateCause.SERVICE_LATE: "this service was late",
    LateCause.DELIVERY_FAILED: "the alert could not be delivered",
    LateCause.NOT_OPENED: "the message was not opened",
    LateCause.NO_KEY_ADULT: "the school has nobody who can receive",
}

RESULTS = {
    CallResult.TOLD: "told",
    CallResult.NO_ANSWER: "no answer",
    CallResult.RING_BACK: "ring again",
    CallResult.WRONG_NUMBER: "wrong number",
    CallResult.STOOD_DOWN: "stood down",
}

WARNINGS = {
    Warn.DOB_MISSING: "Date of birth missing",
    Warn.DOB_PLACEHOLDER: "Date of birth is a placeholder",
    Warn.DOB_IN_FUTURE: "Date of birth is still to come",
    Warn.NAME_MISSING: "Name missing",
    Warn.NAME_LOOKS_SWAPPED: "Names look swapped",
    Warn.SCHOOL_MISSING: "No school given",
    Warn.POSTCODE_UNKNOWN: "Postcode missing or impossible",
    Warn.UPN_INVALID: "Pupil number cannot be right",
    Warn.RELATION_MISSING: "Relation to the adults missing",
    Warn.VOICE_MISSING: "Not said who spoke with the child",
    Warn.WORDS_WITHHELD: "The child’s words spoke of somebody else and were not kept",
    Warn.CHILDREN_FEWER_THAN_SEEN: "Seen and not listed",
}

DECISIONS = {"excluded": "Not notified", "held": "Held", "withdrawn": "Withdrawn"}

PATTERNS = {
    Pattern.IN_30_DAYS: "Several in 30 days",
    Pattern.IN_90_DAYS: "Several in 90 days",
}

CHANGE_REASONS = {
    ChangeReason.IDENTITY: "Is one of the adults of the incident, or shares their telephone or "
    "email",
    ChangeReason.NAMED_AT_SCHOOL: "Has the name that the officer was told works at the school",
    ChangeReason.SAID_RELATED: "Said that they are related to or involved with the family",
    ChangeReason.KNOWS_THE_FAMILY: "Said that they know the family outside school",
}

# Why somebody's week stands out, for the auditor.
UNUSUAL_SIGNS = {
    Sign.MORE_THAN_OWN: "Many more children than in own earlier weeks",
    Sign.MORE_THAN_COLLEAGUES: "Many more children than colleagues",
    Sign.OUT_OF_HOURS: "Looks out of hours",
    Sign.SAME_CHILD: "The same child again and again",
    Sign.REFUSED: "Refused again and again",
    Sign.TAKEN_AWAY: "Took much away",
}

# What a checkpoint found, by the code that `app.jobs.checkpoint_trail` leaves.
CHECKPOINT_FAULTS = {
    "place_refused": "the second place could not be read or written.",
    "last_line_wrong": "the last line kept in the second place was changed.",
    "went_back": "rows are missing at its end.",
    "changed": "a row was changed.",
}
