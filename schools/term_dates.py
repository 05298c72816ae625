"""School days: which dates pupils are in school, and when doors open and pupils leave. Pure."""

from enum import StrEnum


class Nation(StrEnum):
    """Bank holidays and languages differ."""

    ENGLAND = "england"
    WALES = "wales"


class DayKind(StrEnum):
    """What is particular about a day in somebody's calendar."""

    BANK_HOLIDAY = "bank_holiday"
    CLOSED = "closed"
    INSET = "inset"
    OPEN = "open"
