"""What is doubtful or missing about a child, told to the force in the answer. Pure.

A warning never refuses: a child with a bad record is still a child.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from app.core.clock import london_date
from app.intake.details import ChildDetails, IncidentDetails
from app.intake.identifiers import postcode, upn
from app.intake.words import EducationStatus, Relation, SpokenWith

_SCHOOL_EXPECTED = frozenset({EducationStatus.REGISTERED, EducationStatus.UNKNOWN})


class Warn(StrEnum):
    """The closed list of warnings."""

    DOB_MISSING = "dob_missing"
    DOB_PLACEHOLDER = "dob_placeholder"
    DOB_IN_FUTURE = "dob_in_future"
    NAME_MISSING = "name_missing"
    NAME_LOOKS_SWAPPED = "name_looks_swapped"
    SCHOOL_MISSING = "school_missing"
    POSTCODE_UNKNOWN = "postcode_unknown"
    UPN_INVALID = "upn_invalid"
    RELATION_MISSING = "relation_missing"
    VOICE_MISSING = "voice_missing"
    WORDS_WITHHELD = "words_withheld"
    CHILDREN_FEWER_THAN_SEEN = "children_fewer_than_seen"


def is_placeholder(born: date) -> bool:
    """Return whether a date of birth is what systems fill in when nobody knows it."""
    return (born.month, born.day) == (1, 1)


def warnings_of(child: ChildDetails, incident: IncidentDetails) -> tuple[Warn, ...]:
    """Return the warnings about one listed child, in a fixed order."""
    on = london_date(incident.occurred_from)
    return (*_of_birth(child, on), *_of_name(child), *_of_record(child))


def _of_birth(child: ChildDetails, on: date) -> Iterator[Warn]:
    born = child.date_of_birth
    if born is None:
        if child.education.status != EducationStatus.UNBORN:
            yield Warn.DOB_MISSING
    elif is_placeholder(born):
        yield Warn.DOB_PLACEHOLDER
    elif born > on:
        yield Warn.DOB_IN_FUTURE


def _of_name(child: ChildDetails) -> Iterator[Warn]:
    if not child.forename or not child.surname:
        yield Warn.NAME_MISSING
    elif _looks_swapped(child.forename, child.surname):
        yield Warn.NAME_LOOKS_SWAPPED


def _of_record(child: ChildDetails) -> Iterator[Warn]:
    education = child.education
    named = education.urn is not None or education.school_name is not None
    if education.status in _SCHOOL_EXPECTED and not named:
        yield Warn.SCHOOL_MISSING
    if not any(home.postcode and postcode(home.postcode) for home in child.residences):
        yield Warn.POSTCODE_UNKNOWN
    if child.upn is not None and upn(child.upn) is None:
        yield Warn.UPN_INVALID
    if child.relation == Relation.UNKNOWN:
        yield Warn.RELATION_MISSING
    heard = child.voice.spoken_with not in {None, SpokenWith.NOT_SPOKEN_TO}
    if not heard and child.voice.reason_not is None:
        yield Warn.VOICE_MISSING
    if child.voice.words_withheld:
        yield Warn.WORDS_WITHHELD


def _looks_swapped(forename: str, surname: str) -> bool:
    # Forms write the surname in capitals (EXAMPLE, Asha) or before a comma.
    capitals = len(forename) > 1 and forename.isupper() and not surname.isupper()
    return capitals or "," in forename
