"""A notification, a call and a board in the words and the order of a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.casework.call_lines import School
from app.casework.calling import KnownBy
from app.casework.opening import Shown
from app.casework.releasing import Waiting
from app.core.clock import show_date, show_moment
from app.intake.outcomes import OutcomeReason
from app.reports.rows import Board, ChildRow
from app.reports.told import Told
from notifications import wording
from notifications.compose import Content, GoingHome, Guidance
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
class Fact:
    """One line of a notification."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """A few points of the standing guidance under one heading."""

    heading: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A further incident that joined the same notification."""

    when: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A whole notification in words."""

    name: str
    # The mistake that does most harm, before anything is read.
    first_of_all: str
    facts: tuple[Fact, ...]
    further: tuple[Incident, ...]
    advice: tuple[Advice, ...]
    going_home: Advice | None


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


_ADVICE = (
    ("Today, with the child", (Guidance.SILENT_SUPPORT, Guidance.LISTEN,
                               Guidance.THINK_BEFORE_SANCTION, Guidance.NEED_TO_KNOW)),
    ("Keep the child and the family safe", (Guidance.NOT_WHO_DID_WHAT, Guidance.ANY_ADULT,
                                            Guidance.NO_COPY_TO_PARENT)),
    ("Record and refer", (Guidance.NOT_A_REFERRAL, Guidance.CHILD_PROTECTION_FILE)),
)  # fmt: skip

_GRAVER = (GoingHome.NONE, GoingHome.CONCERN, GoingHome.ORDER_IN_FORCE)

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


def facts(content: Content | None, *, today: date) -> tuple[Fact, ...]:
    """Return a notification line by line, in the order a reader needs it; none without content."""
    if content is None:
        return ()
    return tuple(Fact(label, text) for label, say in _FACTS if (text := say(content, today)))


def advice(content: Content) -> tuple[Advice, ...]:
    """Return the standing guidance that goes with this content, under its headings."""
    return tuple(
        Advice(heading, tuple(wording.GUIDANCE[key] for key in keys if key in content.guidance))
        for heading, keys in _ADVICE
    )


def shown(content: Content | None, *, today: date) -> Notice | None:
    """Return a notification in words, newest incident first; nothing without content."""
    if content is None:
        return None
    return Notice(
        name=full_name(content),
        first_of_all=wording.GUIDANCE[Guidance.NO_CONTACT],
        facts=facts(content, today=today),
        further=tuple(
            Incident(show_moment(other.occurred_at), facts(other, today=today)[1:])
            for other in content.further
        ),
        advice=advice(content),
        going_home=going_home(content),
    )


def going_home(content: Content) -> Advice | None:
    """Return what must be agreed with the desk before the end of today, where there is concern."""
    worst = max((content, *content.further), key=lambda one: _GRAVER.index(one.going_home))
    if worst.going_home is GoingHome.NONE:
        return None
    desk = content.desk
    point = wording.GOING_HOME_ADVICE.format(
        desk=desk.name, telephone=desk.telephone, staffed_until=desk.staffed_until
    )
    return Advice(wording.GOING_HOME[worst.going_home], (point,))


def full_name(content: Content) -> str:
    """Return first name and surname, as far as they are known."""
    identity = content.identity
    return " ".join(part for part in (identity.first_name, identity.surname) if part)


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


def _birth(content: Content, today: date) -> str:
    born = content.identity.date_of_birth
    if born is None:
        year = content.identity.birth_year
        return f"Born in {year}, day not known" if year else "Not known"
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{show_date(born).partition(' ')[2]}, aged {age}"


def _earlier(content: Content, _today: date) -> str:
    counts = content.earlier
    if not counts.days_365:
        return "None in the last 12 months"
    return (
        f"{counts.days_30} in 30 days, {counts.days_90} in 90 days, {counts.days_365} in 12 months"
    )


def _known(value: bool | None) -> str:  # noqa: FBT001 (three answers, one of them silence)
    return {True: "Yes", False: "No", None: "Not known"}[value]


_Say = Callable[[Content, date], str]
_FACTS: tuple[tuple[str, _Say], ...] = (
    ("Born", _birth),
    ("When", lambda content, _: show_moment(content.occurred_at)),
    ("Where", lambda content, _: wording.LOCATION[content.location]),
    ("The child", lambda content, _: wording.PRESENCE[content.presence]),
    ("The child’s part in it", lambda content, _: wording.INVOLVEMENT[content.involvement]),
    ("Who spoke with the child", lambda content, _: wording.SPOKEN_WITH[content.spoken_with]),
    (
        "How the child seemed",
        lambda content, _: wording.DEMEANOUR[content.demeanour] if content.demeanour else "",
    ),
    ("What the child said", lambda content, _: f"“{content.words}”" if content.words else ""),
    ("Seen safe by an officer", lambda content, _: _known(content.seen_safe)),
    ("Children’s social care told", lambda content, _: _known(content.social_care_told)),
    (
        "The adult who was harmed knows you are told",
        lambda content, _: _known(content.victim_told_about_notice),
    ),
    ("Earlier messages to this school", _earlier),
    ("Pattern", lambda content, _: wording.PATTERN[content.pattern] if content.pattern else ""),
    (
        "Earlier messages to another school",
        lambda content, _: (
            _known(content.earlier.elsewhere) if content.earlier.elsewhere is not None else ""
        ),
    ),
    ("Police reference", lambda content, _: content.reference or ""),
)
