"""States of what comes after telling: steps, attendance, amendments, recalls, breaches. Pure."""

from enum import StrEnum


class ReceiptStepKind(StrEnum):
    """What is asked of a school beside its ladder, each at its own instant."""

    # At register-close: is the child in school?
    ATTENDANCE = "attendance"
    ATTENDANCE_UNANSWERED = "attendance_unanswered"
    # Opened, and nobody says that the school has it in hand.
    ACKNOWLEDGE = "acknowledge"
    ACKNOWLEDGE_LEAD = "acknowledge_lead"
    FOLLOW_UP = "follow_up"
    FOLLOW_UP_LEAD = "follow_up_lead"
    # A message that changed after somebody was told.
    AMENDMENT = "amendment"
    AMENDMENT_ALL = "amendment_all"
    AMENDMENT_UNREAD = "amendment_unread"
    # Going home: the desk rings by a deadline of its own, and who is alerted where it did not.
    DESK_CALL = "desk_call"
    DESK_CALL_UNMADE = "desk_call_unmade"
    # Absent, nobody knows why, and the desk has not said what it did.
    ABSENCE_UNMET = "absence_unmet"


class AttendanceAnswer(StrEnum):
    """What a school says at register-close (domain.md §7)."""

    IN_SCHOOL = "in_school"
    EXPECTED_AWAY = "expected_away"
    ABSENT = "absent"


class AbsenceResponse(StrEnum):
    """What the desk did about a child who is absent without a reason."""

    SEEN_SAFE = "seen_safe"
    OFFICER_SENT = "officer_sent"
    SOCIAL_CARE_TOLD = "social_care_told"
    CAME_TO_SCHOOL = "came_to_school"


class Said(StrEnum):
    """An answer that may stay open."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class BreachDecision(StrEnum):
    """What the data protection officer decided of a breach record."""

    REPORTED = "reported"
    NOT_REPORTABLE = "not_reportable"
    NO_BREACH = "no_breach"
