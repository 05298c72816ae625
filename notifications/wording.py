"""The words of a notification for its readers, by code; the alert's words are in `templates/`.

English; domain.md §4 is the source. A page shows these beside the content, nothing else.
"""

from notifications.compose import (
    Demeanour,
    GoingHome,
    Guidance,
    Involvement,
    Location,
    Pattern,
    Presence,
    SpokenWith,
)
from notifications.states import FollowUpCode

# Changes whenever a sentence here changes; stored with each version of a notification's content.
TEMPLATE_VERSION = "2026-11.2"

LOCATION = {
    Location.WAS: "The incident was where the child lives",
    Location.WAS_NOT: "The incident was not where the child lives",
    Location.MAY_NOT_HAVE_BEEN: "The incident may not have been where the child lives",
}

PRESENCE = {
    Presence.SAW: "Saw it",
    Presence.HEARD: "Heard it",
    Presence.ELSEWHERE_IN_HOME: "Was elsewhere in the home",
    Presence.NOT_PRESENT: "Was not there, and lives with its effects",
    Presence.UNKNOWN: "Not known",
}

INVOLVEMENT = {
    Involvement.NONE: "None known",
    Involvement.INTERVENED: "Stepped in",
    Involvement.HURT: "Was hurt",
    Involvement.CALLED_FOR_HELP: "Called for help",
    Involvement.DIRECT_VICTIM: "Was harmed directly",
}

PATTERN = {
    Pattern.IN_30_DAYS: "Incidents of this child follow closely on each other: think of the whole",
    Pattern.IN_90_DAYS: "Incidents of this child come again and again: think of the whole",
}

SPOKEN_WITH = {
    SpokenWith.OFFICER_ALONE: "An officer spoke with the child alone",
    SpokenWith.WITH_VICTIM: "An officer spoke with the child, with an adult of the family there",
    SpokenWith.WITH_SUSPECT: "An officer spoke with the child, with an adult of the family there",
    SpokenWith.WITH_OTHER_ADULT: "An officer spoke with the child, with another adult there",
    SpokenWith.OBSERVED_ONLY: "An officer saw the child and did not speak with them",
    SpokenWith.NOT_SPOKEN_TO: "No officer spoke with the child",
}

DEMEANOUR = {
    Demeanour.CALM: "Calm",
    Demeanour.UPSET: "Upset",
    Demeanour.FRIGHTENED: "Frightened",
    Demeanour.WITHDRAWN: "Withdrawn",
    Demeanour.ANGRY: "Angry",
    Demeanour.ASLEEP: "Asleep",
    Demeanour.NOT_SEEN: "Not seen",
}

GOING_HOME = {
    GoingHome.NONE: "No concern about going home was recorded",
    GoingHome.CONCERN: "There is a concern about going home today",
    GoingHome.ORDER_IN_FORCE: "There is a court order about who may see this child",
}

# {desk}, {telephone} and {staffed_until} come from the content.
GOING_HOME_ADVICE = (
    "Before the end of today ring {desk} on {telephone}, staffed until {staffed_until}, to agree "
    "who collects. Treat the child as usual. If someone you were warned of comes, or you fear for "
    "the child, ring 999."
)

GUIDANCE = {
    Guidance.NOT_WHO_DID_WHAT: "You are not told who did what.",
    Guidance.ANY_ADULT: (
        "Any adult who lives with, collects or rings about this child may be the one who caused "
        "harm."
    ),
    Guidance.NO_CONTACT: (
        "Do not speak to, message or write to any parent, carer or relative about this unless the "
        "desk has said it is safe."
    ),
    Guidance.SILENT_SUPPORT: "Support is silent unless the child wants otherwise.",
    Guidance.LISTEN: "Listen, do not question, and write down the child's own words.",
    Guidance.NEED_TO_KNOW: "Share this only with staff who need to know.",
    Guidance.THINK_BEFORE_SANCTION: (
        "Behaviour, lateness or no kit may be because of this. Think before any sanction."
    ),
    Guidance.NOT_A_REFERRAL: (
        "This is not a referral. Refer as you usually would. If a child is in danger now, ring 999."
    ),
    Guidance.CHILD_PROTECTION_FILE: (
        "Record it on the child-protection file, never in an app or register note that a parent "
        "can see."
    ),
    Guidance.NO_COPY_TO_PARENT: (
        "Do not give a copy of this to a parent: ring the desk and your data protection officer "
        "first."
    ),
}

FOLLOW_UP = {
    FollowUpCode.SILENT_SUPPORT: "Silent support",
    FollowUpCode.OVERT_SUPPORT: "Support the child knows about",
    FollowUpCode.STAFF_TOLD: "Told staff who need to know",
    FollowUpCode.WELFARE_CHECK: "Checked how the child is",
    FollowUpCode.EARLY_HELP: "Early help",
    FollowUpCode.SOCIAL_CARE_REFERRAL: "Referred to children's social care",
    FollowUpCode.ADDED_TO_FILE: "Added to the child-protection file",
    FollowUpCode.NO_FURTHER_ACTION: "No further action",
}
