"""The evidence of a match in words: which field, how well it agrees, and where it comes from."""

from collections.abc import Iterable
from datetime import date

from app.casework.other_services import Service
from app.casework.reviewing import ComparedChild, EarlierAnswer
from app.core.clock import london_date, show_date
from schools.matching.details import Verdict
from schools.matching.models import JudgementSource, PassedTo, ReviewReason

FIELDS = {
    "name": "School name as told",
    "kind": "Kind of school",
    "faith": "Faith of the school",
    "place": "Town or council",
    "age": "The child’s age",
    "number": "School number",
    "forename": "First name",
    "surname": "Surname",
    "birth": "Date of birth",
    "postcode": "Postcode",
    "sex": "Sex",
    "upn": "Pupil number",
    "link": "A key adult’s answer this school year",
    "said": "Said before",
    "enrolment": "On the roll",
}

LEVELS = {
    "given": "given by the force",
    "successor": "took over a closed school",
    "full": "same",
    "exact": "same",
    "close": "nearly the same",
    "part": "part of it",
    "more": "part of it",
    "agrees": "agrees",
    "not_told": "not told",
    "unknown": "not known",
    "differs": "different",
    "town_and_council": "town and council agree",
    "town": "town agrees",
    "council": "council agrees",
    "council_other_town": "same council, other town",
    "district": "same district",
    "elsewhere": "elsewhere",
    "fits": "fits",
    "near": "just outside",
    "unfit": "does not fit",
    "known_as": "by a name they are known by",
    "nickname": "short form",
    "half": "half of a double name",
    "alike": "sounds alike",
    "swapped": "swapped round",
    "one_digit": "one figure different",
    "year": "same year only",
    "missing": "not known",
    "confirmed": "on the roll there",
    "said_no": "not at this school",
    "said_yes": "at this school",
    "left": "has left",
}

_FOR = {
    "given", "full", "exact", "agrees", "town_and_council", "town", "fits", "known_as",
    "confirmed", "said_yes",
}  # fmt: skip
_AGAINST = {"differs", "elsewhere", "unfit", "said_no", "left"}
_SILENT = {"not_told", "unknown", "missing"}
COLOURS = {
    level: "green"
    if level in _FOR
    else "red"
    if level in _AGAINST
    else "grey"
    if level in _SILENT
    else "yellow"
    for level in LEVELS
}

SOURCES = {
    "given": "the number the force gave",
    "told": "what the officer was told",
    "roll": "a school roll",
    "told_and_roll": "what the officer was told, and a school roll",
    "successor": "the school that took over a closed one",
    "link": "a key adult’s answer earlier this school year",
}

REASONS = {
    ReviewReason.COUNCIL_LOOKUP: "The council’s look-up contact says so",
    ReviewReason.SCHOOL_CONFIRMED: "The school says so",
    ReviewReason.OFFICER_CLARIFIED: "The officer said more",
    ReviewReason.FAMILY_CONFIRMED: "The safe parent or the social worker says so",
    ReviewReason.EVIDENCE_CLEAR: "The evidence shown is clear enough",
    ReviewReason.OTHER: "Another way",
}

VERDICTS = {Verdict.YES: "at this school", Verdict.NO: "not at this school"}

SAID_BY = {
    JudgementSource.REVIEW: "a reviewer",
    JudgementSource.KEY_ADULT: "a key adult of the school",
    JudgementSource.NOT_OUR_PUPIL: "the school",
    JudgementSource.RECALL: "the desk, which took a message back from there",
}

PASSED_TO = {
    PassedTo.SECOND_REVIEWER: "A second reviewer",
    PassedTo.COUNCIL_LOOKUP: "The council’s look-up contact",
    PassedTo.DESK: "The force desk",
}

SERVICES = {
    Service.CHILDRENS_SOCIAL_CARE: "Children’s social care",
    Service.MULTI_AGENCY_HUB: "The multi-agency hub (MASH)",
    Service.HEALTH_VISITOR: "The health visitor",
    Service.MIDWIFE: "The midwife",
    Service.SCHOOL_ABROAD: "The school or authority in the other country",
    Service.OTHER_POLICE: "Another police force",
}

STATUSES = {
    "registered": "at a school",
    "further_education": "in further education",
    "home_educated": "home educated",
    "pre_school": "not at school yet",
    "unborn": "not born yet",
    "not_in_education": "not in education",
    "unknown": "not known",
}


def child_facts(child: ComparedChild | None) -> tuple[tuple[str, str], ...]:
    """Return what was compared of a child, line by line; nothing before it was claimed."""
    if child is None:
        return ()
    names = (child.forename, child.middle_names, child.surname)
    told = (child.school_told, child.town_told)
    lines = (
        ("Name", " ".join(part for part in names if part) or "not known"),
        ("Known as", ", ".join(child.known_as)),
        ("Born", _born(child.date_of_birth, child.birth_year)),
        ("School as told", ", ".join(part for part in told if part) or "not told"),
        ("Education", STATUSES.get(child.status, child.status)),
    )
    return tuple((label, text) for label, text in lines if text)


def earlier(answers: Iterable[EarlierAnswer]) -> tuple[str, ...]:
    """Return in words what was said of a child before: school, answer, who in general, when."""
    return tuple(
        f"{one.school}: {VERDICTS[one.verdict]}, said {SAID_BY[one.source]} on "
        f"{show_date(london_date(one.at))}"
        for one in answers
        if one.verdict in VERDICTS
    )


def _born(born: date | None, year: int | None) -> str:
    if born is not None:
        return show_date(born).partition(" ")[2]
    return f"in {year}" if year else "not known"
