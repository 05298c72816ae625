"""Codes to words of what comes after telling: changes, attendance, recalls, the timeline."""

from app.casework.not_our_pupil import NotOurs
from app.casework.recalling import RecallReason
from app.pages import event_words
from notifications.receipt_states import AbsenceResponse, AttendanceAnswer, BreachDecision, Said
from notifications.states import ReceiptKind

ATTENDANCE = {
    AttendanceAnswer.IN_SCHOOL: ("In school", ""),
    AttendanceAnswer.EXPECTED_AWAY: ("Away, and you know why", "Ill, on a visit, on a timetable"),
    AttendanceAnswer.ABSENT: (
        "Absent, and nobody knows why",
        "This tells the police: the desk is alerted by name, and so is the council’s lead",
    ),
}

RESPONSES = {
    AbsenceResponse.SEEN_SAFE: "Somebody saw the child safe",
    AbsenceResponse.CAME_TO_SCHOOL: "The child came to school after all",
    AbsenceResponse.OFFICER_SENT: "An officer was sent",
    AbsenceResponse.SOCIAL_CARE_TOLD: "Children’s social care was told",
}

RECALL_REASONS = {
    RecallReason.WRONG_SCHOOL: "It went to a wrong school",
    RecallReason.WRONG_CHILD: "It is about another child",
    RecallReason.WRONG_CONTENT: "What it says is wrong",
    RecallReason.SENT_IN_ERROR: "It should not have been sent",
}

SAID = {Said.YES: "Yes", Said.NO: "No", Said.UNSURE: "Not sure"}

DECISIONS = {
    BreachDecision.REPORTED: "Reported to the Information Commissioner",
    BreachDecision.NOT_REPORTABLE: "A breach, and not to be reported: the reasons are on file",
    BreachDecision.NO_BREACH: "Not a breach: nobody wrong saw it",
}

SEEN = {
    ReceiptKind.FIRST_STEP: "saw a first name and a year of birth",
    ReceiptKind.OPENED: "opened it",
    ReceiptKind.TOLD_BY_PHONE: "told the school by phone",
    ReceiptKind.SHOWN_TO_CALLER: "had it on the screen to ring the school",
    ReceiptKind.PRINTED: "printed it",
    ReceiptKind.EXPORTED: "copied it to the school’s file",
}

NOT_OURS = {
    NotOurs.NEVER_OURS: "The child was never on our roll",
    NotOurs.LEFT: "The child has left us",
    NotOurs.WRONG_SCHOOL: "Another school of nearly the same name",
}

MOMENTS = {
    "trail": "", "alert": "Alert", "try": "", "receipt": "Mail", "step_planned": "Planned",
    "step_done": "Step taken", "step_skipped": "Step skipped", "words": "Words",
}  # fmt: skip


def code_words(code: str) -> str:
    """Return an event or another code in words: `snake_case` as it is, without its underscores."""
    return event_words.WORDS.get(code) or code.replace(":", ", ").replace("_", " ")
