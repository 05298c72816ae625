"""The incidents that stand for an edge case (domain.md §12), and what must come of each. Pure.

Times are London's and say when the force pushes the record; `ago` is how many minutes before that
it happened. What is not said is as the message's defaults.
"""

from dataclasses import dataclass, field
from typing import Any

# What may become of a child; the schools are where the notification must go.
SCHOOL, REVIEW, COUNCIL = "sent_to_school", "in_review", "sent_to_council"
NOT_NOTIFIED, HELD, WITHDRAWN = "not_notified", "held", "withdrawn"
AWAITED = "details_awaited"

_HURT = {"involvement": "hurt", "presence": "saw"}


@dataclass(frozen=True, slots=True)
class Told:
    """One child as the force tells of it, and the outcome there must be in the morning."""

    outcome: str
    reason: str | None = None
    urn: int | None = None
    # The school a reviewer settles on in the morning; then it must be told in the end.
    settle: int | None = None
    # Over the message made of the child: a field set to `None` is left out.
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One incident: the family of the cast, when it is pushed, and what makes it a case."""

    family: str
    at: str
    title: str
    children: tuple[Told, ...]
    ago: int = 45
    incident: dict[str, Any] = field(default_factory=dict)
    version: int = 1


def to(urn: int, **fields: Any) -> Told:
    """A child whose school must be told."""
    return Told(SCHOOL, urn=urn, fields=fields)


def to_council(**fields: Any) -> Told:
    """A child at no school, of whom the officers of its council must be told."""
    return Told(COUNCIL, fields=fields)


def review(reason: str | None = None, *, settle: int | None = None, **fields: Any) -> Told:
    """A child about whom a person must decide first, and may decide in the morning."""
    return Told(REVIEW, reason, settle=settle, fields=fields)


def nobody(reason: str, **fields: Any) -> Told:
    """A child nobody needs to be told of, with the coded reason."""
    return Told(NOT_NOTIFIED, reason, fields=fields)


def school(name: str | None, town: str | None = None, **more: Any) -> dict[str, Any]:
    """What the officer was told of the school."""
    return {"school_name": name, "town": town, **more}


CASES = (
    Case("misspelt", "19:40", "School misspelt by the officer",
         (to(990001, education=school("Exampelton Comunity Primary", "Exampleton")),)),
    Case("twins", "19:40", "Twins, decided as a set", (to(990004), to(990004))),
    Case("siblings", "20:00", "Siblings at two schools", (to(990006), to(990018))),
    Case("suspect", "20:00", "A 15-year-old suspect with a six-year-old brother",
         (nobody("is_suspect", relation="is_suspect"), to(990010))),
    Case("grown_up", "20:20", "A sister of 19, not at school", (
        nobody("over_18", education=None), to(990018))),
    Case("eighteen", "20:20", "18 and still at school", (to(990018),)),
    Case("unborn", "20:40", "An unborn child",
         (nobody("unborn", education={"status": "unborn"}, date_of_birth=None, forename=None),)),
    Case("home_educated", "20:40", "Home-educated",
         (to_council(education={"status": "home_educated"}),)),
    Case("two_st_marys", "20:40", "“St Mary's”, and the town has two",
         (review("several_schools", settle=990003, education=school("St Mary's", "Exampleton")),)),
    Case("deputy", "21:00", "The first key adult is on leave", (to(990001),)),
    Case("nursery", "21:00", "A nursery class", (to(990016),)),
    Case("pre_school", "21:00", "Two years old, at no school",
         (nobody("pre_school_not_registered", education={"status": "pre_school"}),)),
    Case("hurt", "21:20", "A nine-year-old hurt beside her mother", (to(990011, **_HURT),),
         incident={"risk": {"tool": "DASH", "grade": "high"}}),
    Case("college", "21:20", "A victim of 17, at college",
         (to(990030, relation="is_victim", involvement="direct_victim"),)),
    Case("looked_after", "21:40", "A looked-after child placed away",
         (to(990020, looked_after=True, relation="child_of_victim"),)),
    Case("hyphen", "21:40", "A double surname; the roll has half of it", (to(990011),)),
    Case("accents", "22:00", "A name with accents; the roll has none", (to(990019),)),
    Case("welsh", "22:00", "A school in Wales: the alert is in both languages", (to(990039),)),
    Case("special", "22:00", "A special school", (to(990025),)),
    Case("twice", "22:00", "One child, first of two incidents tonight", (to(990020),)),
    Case("refuge", "22:20", "In a refuge: never without a person, no postcode",
         (review("protected", protected=["refuge"], residences=[]),)),
    Case("unnamed", "22:20", "Seen, but nobody wrote the name",
         (Told(REVIEW, "name_missing", fields={"ref": "c1", "age_range": {"min": 4, "max": 6}}),),
         incident={"children_seen": 1}),
    Case("unrelated", "22:40", "A friend who slept over, unrelated",
         (to(990005), review("unrelated_but_present", relation="not_related", presence="heard"))),
    Case("cousin", "22:40", "A cousin who was not there and is not affected",
         (nobody("not_affected", relation="relative", presence="not_present", affected=False,
                 lives_with="neither"),)),
    Case("roll_only", "22:40", "No school known to the officer; the roll knows",
         (to(990007, education=None),)),
    Case("nowhere", "22:40", "No school known to anybody",
         (review("no_school_known", education=None),)),
    Case("hidden", "23:00", "Only a name: the answer must not say where the child goes to school",
         (to(990004, education=None),)),
    Case("disagree", "23:00", "Officer and roll name different schools",
         (review("evidence_disagrees", settle=990010,
                 education=school("Meadow Lane Primary School", "Sampleford")),)),
    Case("moved", "23:00", "Left the school last week",
         (review(None, settle=990011, education=school("Mockbury Primary School", "Mockbury")),)),
    Case("academised", "23:00", "The officer's list has the old URN",
         (review("school_closed", settle=990036, education={"urn": 990035}),)),
    Case("swapped", "23:20", "Forename and surname swapped", (to(990010, swap=True),)),
    Case("birthday_unknown", "23:40", "Date of birth unknown",
         (to(990009, date_of_birth=None, age_range={"min": 7, "max": 9}),)),
    Case("same_name", "23:40", "Two children of one name and birthday at one school",
         (to(990007),)),
    Case("resent", "00:00", "The same record sent twice", (to(990005),)),
    Case("not_ours", "00:20", "The officer heard the wrong school",
         (review("not_our_pupil", settle=990010,
                 education=school("Ensample Bay Primary School", "Ensample Bay")),)),
    Case("corrected", "00:40", "A first version, corrected later",
         (to(990008, education=school("Bishop Quill Church of England Primary School", "Mockbury"),
             sex="unknown"),)),
    Case("twice", "02:40", "The same child, second incident of the night", (to(990020),)),
    Case("young_couple", "02:40", "Both parties under 16; a brother was there",
         (to(990021, relation="is_victim", involvement="direct_victim"),
          review("under_16_parties", settle=990014)),
         incident={"party_under_16": "victim"}),
    Case("hold", "03:00", "Held for a coded legal reason, with its end",
         (Told(HELD, "force_hold"),)),
    Case("village", "03:20", "A village school with one trained head", (to(990012),)),
    Case("nobody_trained", "03:40", "A school where nobody is trained", (to(990013),)),
    Case("unenrolled", "03:40", "An independent school nobody enrolled", (to(990032),)),
    Case("boarder", "04:00", "Boards; home is in another force's area", (to(990033),)),
    Case("closed_today", "04:20", "The school is closed today", (to(990017),)),
    Case("order", "04:40", "A court order on who may collect her",
         (to(990008, going_home="order"),)),
    Case("withdrawn", "05:00", "Withdrawn after the school had read it", (Told(WITHDRAWN),)),
    Case("corrected", "05:20", "The correction: another school, a date of birth changed",
         (to(990008),), version=2),
    Case("late_record", "07:40", "A record at 7:40am for a school morning", (to(990005),), ago=60),
    Case("in_hours", "09:20", "A record at 9:20am of 8:55am: in school hours", (to(990004),),
         ago=25),
)  # fmt: skip
# Asked of a reviewer once the story is told: who it is, and what the officer wrote.
FRESH_CASES = (
    ("fresh_st_marys", review("several_schools", education=school("St Mary's", "Exampleton"))),
    ("fresh_nowhere", review("no_school_known", education=None)),
    ("fresh_closed", review("school_closed", education={"urn": 990035})),
)
