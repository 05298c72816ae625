"""A call and a board in the words of a page; a notification has `notifications.rendered`."""

from dataclasses import dataclass

from app.casework.call_lines import School
from app.casework.calling import KnownBy
from app.casework.opening import Shown
from app.casework.releasing import Waiting
from app.intake.outcomes import OutcomeReason
from app.reports.rows import Board, ChildRow
from app.reports.told import Told
from notifications.states import CallResult, FollowUpCode

TITLES = {
    Shown.COVER: "A message is waiting",
    Shown.QUESTIONS: "Two questions first",
    Shown.CONTENT: "Message about a child",
    Shown.WITHHELD: "Ask a colleague to open this",
    Shown.CLOSED: "Closed: not your pupil",
    Shown.ENDED: "This message is no longer here",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a caller may say came of a call, and what that records."""

    text: str
    hint: str
    result: CallResult
    recipient_trained: bool = False


@dataclass(frozen=True, slots=True)
class BoardPart:
    """One force's half of the morning page: the board and the call sheet."""

    board: Board
    sheet: tuple[School, ...]
    # Protected children whom nobody may be told of yet.
    releases: tuple[Waiting, ...] = ()

    @property
    def not_told(self) -> tuple[ChildRow, ...]:
        return tuple(row for row in self.board.rows if row.told is Told.NOT_TOLD)

    @property
    def abroad(self) -> tuple[ChildRow, ...]:
        """Who may be at a school outside England and Wales: a person tells somebody there."""
        reason = OutcomeReason.OTHER_JURISDICTION
        return tuple(row for row in self.not_told if row.outcome_reason is reason)

    @property
    def others(self) -> tuple[ChildRow, ...]:
        return tuple(row for row in self.board.rows if row.told is not Told.NOT_TOLD)

    @property
    def next_due(self) -> ChildRow | None:
        """The child with the least time left of those whose time is not over."""
        return next((row for row in self.not_told if (row.minutes_left or -1) >= 0), None)

    @property
    def late(self) -> int:
        return sum(row.minutes_left is not None and row.minutes_left < 0 for row in self.not_told)


FOLLOW_UPS = {
    FollowUpCode.SILENT_SUPPORT: "Staff keep a quiet eye on the child, who is not told why",
    FollowUpCode.OVERT_SUPPORT: "The child knows that staff know, and is supported openly",
    FollowUpCode.STAFF_TOLD: "Only those who need to know, and no more than they need",
    FollowUpCode.WELFARE_CHECK: "Somebody the child trusts saw how the child is today",
    FollowUpCode.EARLY_HELP: "An early help assessment or plan was begun or changed",
    FollowUpCode.SOCIAL_CARE_REFERRAL: "By the usual way, because this message is not a referral",
    FollowUpCode.ADDED_TO_FILE: "Never in an app or register note that a parent can see",
    FollowUpCode.NO_FURTHER_ACTION: "Nothing more is needed today",
}

CALL_RESULTS = {
    "told_key_adult": Choice(
        "I told a trained key adult", "By name, one of those listed above", CallResult.TOLD,
        recipient_trained=True,
    ),
    "told_other": Choice(
        "I told the DSL, DSP or head, who is not on the list",
        "The minimum and the guidance, read out", CallResult.TOLD,
    ),
    "ring_back": Choice(
        "They will ring back, or I ring again", "Nobody is told yet", CallResult.RING_BACK
    ),
    "no_answer": Choice("No answer", "No voicemail was left", CallResult.NO_ANSWER),
    "wrong_number": Choice(
        "The number is wrong", "Find the school’s own number another way", CallResult.WRONG_NUMBER
    ),
}  # fmt: skip

KNOWN_BY = {one.value: one for one in KnownBy}

# What a caller who rang from the encrypted sheet enters later.
TOLD_FROM_PAPER = {
    "told_key_adult": Choice("A trained key adult", "", CallResult.TOLD, recipient_trained=True),
    "told_other": Choice("The DSL, DSP or head, who was not on the list", "", CallResult.TOLD),
}


def questions_left(
    on_roll: str, knows_family: str, tied: str = "no", *, at_council: bool = False
) -> dict[str, str]:
    """Return what is still to be answered before a notification can open.

    `tied` is asked of a person of whose name somebody is concerned.
    """
    left = {}
    if on_roll not in {"yes", "no"}:
        child = "for your council" if at_council else "on your roll"
        left["on_roll"] = f"Say whether this child is {child}"
    if knows_family not in {"yes", "no"}:
        where = "your work" if at_council else "school"
        left["knows_family"] = f"Say whether you know the family outside {where}"
    if tied not in {"yes", "no"}:
        left["tied"] = "Say whether you are related to or involved with this family"
    return left
