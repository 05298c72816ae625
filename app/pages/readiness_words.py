"""Readiness in words: why a school could not receive and what to do, and what a force lacks."""

from app.reports.readiness import Gap

# Why, and what mends it.
UNREADY = {
    "no_key_adult": ("Nobody is registered", "Ring the school and ask it to name a key adult"),
    "no_account": (
        "Nobody who can receive has an account",
        "Send the link again, so that a key adult can set up the account",
    ),
    "away": ("Everybody is away", "Ask the school who covers, and register them"),
    "training_expired": ("Training ran out too long ago", "Book the course again"),
    "not_trained": ("Nobody has been trained", "Book the course; until then the school is rung"),
    "contact_unverified": (
        "No address is proved this term",
        "Ask a key adult to sign in and type the code that is sent",
    ),
    "unreadable": ("The record cannot be read", "Tell whoever runs the service today"),
}

GAPS = {
    Gap.AREA_UNKNOWN: "Nobody has said which councils this force polices: an operator does "
    "(encompass force area)",
    Gap.REVIEWER_MISSING: "Nobody can review: no reviewer is enrolled",
    Gap.SECOND_REVIEWER_MISSING: "There is one reviewer and no second",
    Gap.DESK_MISSING: "Nobody is at the desk: no desk account is enrolled",
    Gap.DUTY_OFFICER_MISSING: "There is no duty officer",
    Gap.DUTY_OFFICER_WITHOUT_NUMBER: "No duty officer has a telephone number",
    Gap.DUTY_OFFICER_UNTESTED: "No duty officer’s contact has been tested",
    Gap.STAND_IN_MISSING: "The duty officer has no stand-in",
    Gap.LEAD_MISSING: "No lead is enrolled",
    Gap.POLICY_NOT_FOLLOWABLE: "The force’s policy cannot be followed: an operator sees why "
    "(encompass force policy --check)",
    Gap.RESTRICTED_GROUP_MISSING: "Nobody is named who sees restricted incidents: they are open to "
    "all until an operator names a group (encompass force restricted-group)",
    Gap.RESTRICTED_GROUP_SMALL: "The group for restricted incidents cannot do the work alone: it "
    "needs a reviewer, somebody of the desk, and two who can be alerted",
}
