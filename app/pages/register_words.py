"""Codes of the register to words: why somebody cannot receive, what a school lacks, what is due."""

from typing import Any

from app.casework.own_contact import Notice
from app.casework.register_view import ASSURED, NOT_ASSURED, READY
from app.core.policy import HolidayPolicy
from notifications.states import StepKind
from schools.assurance import Part

# Why a school, or one of its people, cannot receive.
REASONS = {
    "no_key_adult": "no key adult",
    "no_account": "nobody has an account",
    "away": "away",
    "training_expired": "training ran out",
    "not_trained": "not trained",
    "contact_unverified": "email not verified",
    "left": "left",
    "unreadable": "entry does not open",
}
STEPS = {
    StepKind.KEY_ADULT: "An alert by email to the first who can receive",
    StepKind.SECOND_KEY_ADULT: "An alert to the next, and text messages to those asked so far",
    StepKind.CALL_SHEET: "The school is on the force’s list of schools to ring",
    StepKind.ALL_KEY_ADULTS: "An alert to everybody who can receive",
    StepKind.DUTY_OFFICER: "The force’s duty officer has the call",
    StepKind.LATE: "The deadline: from here on it is late, and that stays on the record",
    StepKind.DUTY_OFFICER_AGAIN: "The duty officer has the call again",
    StepKind.LEADS: "The force’s lead has it",
}
HOLIDAYS = {
    HolidayPolicy.DELIVER: "The school is on holiday then: it is told all the same, and the child "
    "is looked for again on the first pupil morning.",
    HolidayPolicy.HOLD: "The school is on holiday then: the force holds the message until pupils "
    "are back.",
    HolidayPolicy.COUNCIL: "The school is on holiday then: its council is told instead.",
}
ALERTING = frozenset({StepKind.KEY_ADULT, StepKind.SECOND_KEY_ADULT, StepKind.ALL_KEY_ADULTS})
PARTS = {
    Part.TWO_KEY_ADULTS: "two key adults who can receive",
    Part.PROTOCOL: "a signed protocol",
    Part.PARENTS_STATEMENT: "a statement for parents",
    Part.HOLIDAY_CONTACT: "a contact for the holidays",
    Part.DRILL: "a drill this term",
}
FILTERS = {READY: "can receive", ASSURED: "assured", NOT_ASSURED: "not assured"} | REASONS
UNVERIFIED_WHY = {
    "bounced": "The last message to this address came back.",
    "address_changed": "The address was changed.",
}
SOURCES = {
    "own": "said so", "colleague": "a colleague said so", "auto_reply": "by an automatic reply",
    None: "from a file",
}  # fmt: skip
MADE_SURE = {
    "rung_at_school": "I rang the school on the register’s number and have spoken with them",
    "known_in_person": "I know them in person, and that they work at this school",
}

REFUSALS = {
    "not_known": "I do not know this person",
    "not_at_school": "Not at this school",
    "not_trained": "Not trained yet",
    "wrong_details": "The details are wrong: ask again with the right ones",
}
NOTICES = {
    Notice.CONTACT_UNVERIFIED: "Your email address is not verified, so no message can reach you",
    Notice.NOT_TRAINED: "No training is recorded for you, so no message can reach you",
    Notice.TRAINING_EXPIRED: "Your training ran out, so no message can reach you",
    Notice.TRAINING_LAPSED: "Your training ran out. You can still receive for a short time",
    Notice.VERIFY_AGAIN: "Verify your email address for this term",
    Notice.TRAINING_ENDS_SOON: "Your training runs out soon",
}
WORDS: dict[str, Any] = {
    "reason_words": REASONS, "part_words": PARTS, "filter_words": FILTERS,
    "unverified_words": UNVERIFIED_WHY, "source_words": SOURCES, "refusal_words": REFUSALS,
    "made_sure_words": MADE_SURE, "notice_words": NOTICES,
}  # fmt: skip
