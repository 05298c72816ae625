"""States as enumerations with their allowed moves, and named groups of them. Pure."""

from enum import StrEnum

# A protected child's message whom nobody reads: before its release, and where a head hears it.
NOBODY = "nobody"


class NotificationState(StrEnum):
    """`ready` is visible to its recipient; from then on nothing outside can lose or double it."""

    DRAFT = "draft"
    READY = "ready"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    FOLLOWED_UP = "followed_up"
    SUPERSEDED = "superseded"
    RECALLED = "recalled"
    HELD = "held"


class Purpose(StrEnum):
    """Why this recipient is told; a re-match after a holiday is a notification of its own."""

    INFORM = "inform"
    RETURN = "return"


class ToldHow(StrEnum):
    """The two things that count as told: opened by a named person, or told by phone."""

    OPENED = "opened"
    BY_PHONE = "by_phone"
    BY_PHONE_UNTRAINED = "by_phone_untrained"


class LateCause(StrEnum):
    """Why a deadline passed untold; the force's lag is kept apart from ours."""

    RECORD_RECEIVED_LATE = "record_received_late"
    SETTLED_LATE = "settled_late"
    SERVICE_LATE = "service_late"
    DELIVERY_FAILED = "delivery_failed"
    NOT_OPENED = "not_opened"
    NO_KEY_ADULT = "no_key_adult"


class AlertState(StrEnum):
    """`unknown` is an honest state: it may or may not have been handed over."""

    PLANNED = "planned"
    ATTEMPTING = "attempting"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REACHED_MAILBOX = "reached_mailbox"
    BOUNCED = "bounced"
    SET_ASIDE = "set_aside"
    # Told before it was sent: nothing left to say.
    NOT_NEEDED = "not_needed"


class Medium(StrEnum):
    """What an alert is: an e-mail, or a text message to a mobile."""

    EMAIL = "email"
    TEXT = "text"


class Channel(StrEnum):
    """By which provider an alert travels."""

    SMTP = "smtp"
    SMTP_SECOND = "smtp_second"
    NOTIFY = "govuk_notify"
    NOTIFY_TEXT = "govuk_notify_text"
    RECORDING = "recording"
    RECORDING_SECOND = "recording_second"
    RECORDING_TEXT = "recording_text"


TEXTING = frozenset({Channel.NOTIFY_TEXT, Channel.RECORDING_TEXT})
# These say later what became of what they took.
REPORTING = frozenset({Channel.NOTIFY, Channel.NOTIFY_TEXT})


class DeliveryStatus(StrEnum):
    """What a provider that reports says became of a message it took."""

    SENDING = "sending"
    DELIVERED = "delivered"
    # No such mailbox or number.
    PERMANENT_FAILURE = "permanent_failure"
    # Tried for as long as the provider tries: a full mailbox, a mobile that was off.
    TEMPORARY_FAILURE = "temporary_failure"
    # Never left the provider.
    TECHNICAL_FAILURE = "technical_failure"


class WordingKind(StrEnum):
    """Whose words have versions: what a school is shown, and the alerts of this installation."""

    NOTICE = "notice"
    ALERT = "alert"


class Template(StrEnum):
    """The messages there are, neutral and without a name: folders in `templates/alert/…`."""

    WAITING = "message_waiting"
    # To officers: something waits that is not a notification.
    REVIEW = "review"
    DRILL = "drill"
    CODE = "code"
    INVITATION = "invitation"
    # To a key adult: sign in and confirm something about yourself.
    ACCOUNT = "account"


class StepKind(StrEnum):
    """The rungs of the escalation ladder (domain.md §6)."""

    KEY_ADULT = "key_adult"
    SECOND_KEY_ADULT = "second_key_adult"
    CALL_SHEET = "call_sheet"
    ALL_KEY_ADULTS = "all_key_adults"
    DUTY_OFFICER = "duty_officer"
    LATE = "late"
    DUTY_OFFICER_AGAIN = "duty_officer_again"
    LEADS = "leads"


class ReviewStepKind(StrEnum):
    """The rungs for a child whose school is not settled (domain.md §3)."""

    REVIEWER = "reviewer"
    REVIEWER_AGAIN = "reviewer_again"
    # A protected child: confirms who alone may be told.
    FORCE_LEAD = "force_lead"
    SECOND_REVIEWER = "second_reviewer"
    COUNCIL_LOOKUP = "council_lookup"
    DUTY_OFFICER = "duty_officer"
    LATE = "late"
    # Every hour while it is late, to people by name.
    HOURLY = "hourly"
    COUNCIL_OFFICER = "council_officer"


class StepState(StrEnum):
    """A step is planned until it was done or skipped with a coded reason."""

    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"


class ReceiptKind(StrEnum):
    """The evidence, in the order of the receipt ladder; never collapsed into `sent`."""

    HANDED_OVER = "handed_over"
    REACHED_MAILBOX = "reached_mailbox"
    FIRST_STEP = "first_step"
    # This person knows the family outside school and is not shown the content.
    WITHHELD = "withheld"
    OPENED = "opened"
    TOLD_BY_PHONE = "told_by_phone"
    ACKNOWLEDGED = "acknowledged"
    NOT_OUR_PUPIL = "not_our_pupil"
    NOT_OUR_PUPIL_UNDONE = "not_our_pupil_undone"
    FOLLOWED_UP = "followed_up"
    # The child was on the screen of a caller, who may now say that they told the school.
    SHOWN_TO_CALLER = "shown_to_caller"
    # What changed after somebody had read it was read, too.
    AMENDMENT_READ = "amendment_read"
    # Who had read what was recalled says that nothing of it is kept.
    DESTROYED = "destroyed"
    EXPORTED = "exported"
    PRINTED = "printed"


class CallResult(StrEnum):
    """What came of a call."""

    TOLD = "told"
    NO_ANSWER = "no_answer"
    RING_BACK = "ring_back"
    WRONG_NUMBER = "wrong_number"
    STOOD_DOWN = "stood_down"


class FollowUpCode(StrEnum):
    """What a school did (domain.md §7)."""

    SILENT_SUPPORT = "silent_support"
    OVERT_SUPPORT = "overt_support"
    STAFF_TOLD = "staff_told"
    WELFARE_CHECK = "welfare_check"
    EARLY_HELP = "early_help"
    SOCIAL_CARE_REFERRAL = "social_care_referral"
    ADDED_TO_FILE = "added_to_file"
    NO_FURTHER_ACTION = "no_further_action"


NOTIFICATION_MOVES: dict[NotificationState, frozenset[NotificationState]] = {
    NotificationState.DRAFT: frozenset(
        {NotificationState.READY, NotificationState.HELD, NotificationState.RECALLED}
    ),
    # Held while a hold runs or while a school says "not our pupil"; undoing brings it back.
    NotificationState.HELD: frozenset(
        {
            NotificationState.READY,
            NotificationState.OPENED,
            NotificationState.ACKNOWLEDGED,
            NotificationState.RECALLED,
        }
    ),
    NotificationState.READY: frozenset(
        {
            NotificationState.OPENED,
            NotificationState.HELD,
            NotificationState.SUPERSEDED,
            NotificationState.RECALLED,
        }
    ),
    NotificationState.OPENED: frozenset(
        {
            NotificationState.ACKNOWLEDGED,
            NotificationState.HELD,
            NotificationState.SUPERSEDED,
            NotificationState.RECALLED,
        }
    ),
    NotificationState.ACKNOWLEDGED: frozenset(
        {
            NotificationState.FOLLOWED_UP,
            NotificationState.HELD,
            NotificationState.SUPERSEDED,
            NotificationState.RECALLED,
        }
    ),
    NotificationState.FOLLOWED_UP: frozenset(
        {NotificationState.SUPERSEDED, NotificationState.RECALLED}
    ),
    NotificationState.SUPERSEDED: frozenset(),
    NotificationState.RECALLED: frozenset(),
}

_A = AlertState
ALERT_MOVES: dict[AlertState, frozenset[AlertState]] = {
    # Also when it comes back to be tried again: news of an earlier try may still say it arrived.
    _A.PLANNED: frozenset({_A.ATTEMPTING, _A.NOT_NEEDED, _A.REACHED_MAILBOX}),
    # An attempt that nobody settles is taken again, with a higher fence.
    _A.ATTEMPTING: frozenset(
        {
            _A.PLANNED, _A.HANDED_OVER, _A.FAILED, _A.UNKNOWN, _A.SET_ASIDE, _A.NOT_NEEDED,
        }
    ),
    _A.UNKNOWN: frozenset({_A.ATTEMPTING, _A.NOT_NEEDED, _A.REACHED_MAILBOX, _A.BOUNCED}),
    _A.HANDED_OVER: frozenset({_A.REACHED_MAILBOX, _A.BOUNCED}),
    _A.FAILED: frozenset(),
    _A.REACHED_MAILBOX: frozenset(),
    _A.BOUNCED: frozenset(),
    _A.SET_ASIDE: frozenset(),
    _A.NOT_NEEDED: frozenset(),
}  # fmt: skip

# Of a ladder's step, of a review's, and of what is asked after telling: settled once.
STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.PLANNED: frozenset({StepState.DONE, StepState.SKIPPED}),
    StepState.DONE: frozenset(),
    StepState.SKIPPED: frozenset(),
}

VISIBLE = frozenset(
    {
        NotificationState.READY, NotificationState.OPENED, NotificationState.ACKNOWLEDGED,
        NotificationState.FOLLOWED_UP,
    }
)  # fmt: skip
# Nobody is shown one of these, whether or not somebody was before.
NOT_VISIBLE = tuple(one for one in NotificationState if one not in VISIBLE)
TOLD = VISIBLE - {NotificationState.READY}
ENDED = frozenset({NotificationState.SUPERSEDED, NotificationState.RECALLED})
# An alert in one of these is still the outbox's to settle.
UNSETTLED = (AlertState.ATTEMPTING, AlertState.PLANNED, AlertState.UNKNOWN)
# Untold in one of these, a notification still has somebody waiting for it.
STILL_WAITING = (NotificationState.READY, NotificationState.HELD)


def may_move(before: NotificationState, after: NotificationState) -> bool:
    """Return whether a notification may go from one state to the other."""
    return after in NOTIFICATION_MOVES[before]


def alert_may_move(before: AlertState, after: AlertState) -> bool:
    """Return whether an alert may go from one state to the other."""
    return after in ALERT_MOVES[before]


def step_may_move(before: StepState, after: StepState) -> bool:
    """Return whether a step may go from one state to the other."""
    return after in STEP_MOVES[before]
