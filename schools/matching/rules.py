"""The rules of matching: weights in bits, thresholds of a level, and their version. Pure.

A weight is log2 of how much likelier the observation is when the candidate is the right one. The
thresholds a force may set are in its policy; what is here changes only with `RULES_VERSION`, so a
stored decision can be reproduced (domain.md §3).
"""

from enum import StrEnum

RULES_VERSION = "2026-11.3"

MOST_CANDIDATES = 5
# A candidate below this share is not offered to a person.
WORTH_SHOWING = 0.01
# Two candidates above this share are `several`, one alone is `possible`.
PLAUSIBLE = 0.15
# What a closed school's single successor counts among the candidates.
SUCCESSOR_SHARE = 0.5
# A roll older than a term is not used (domain.md §3).
ROLL_USED_DAYS = 120
# A larger block is a placeholder or an institution, never one family.
BLOCK_CAP = 500
# All blocks of one child together: what is opened and compared stays bounded.
CANDIDATE_CAP = 1_000
# From this share one source contradicts another: a roll, or a told name, means a certain school.
LOUD = 0.5
# From this share a pupil's home is where the other children of the incident are looked for too.
SURE_OF_A_HOME = 0.8
# A resemblance that would make a pupil this child's, bits; and how much clearer than a sibling's.
CLAIMS_FROM, CLEARLY_MORE = 15.0, 3.0
# URNs with a meaning of their own in NHS data sets: no school known, home-educated.
URN_UNKNOWN, URN_HOME_EDUCATED = 888888, 999999


class NameLevel(StrEnum):
    """How a told name stands to a school's own name."""

    FULL = "full"
    EXACT = "exact"
    CLOSE = "close"
    PART = "part"
    CLOSE_PART = "close_part"
    MORE = "more"
    STREET = "street"
    INITIALS = "initials"
    # Shares enough for a person to look at, never for the rules.
    LOOSE = "loose"


class Agreement(StrEnum):
    """How what was told of the kind or faith stands to the school."""

    AGREES = "agrees"
    NOT_TOLD = "not_told"
    UNKNOWN = "unknown"
    DIFFERS = "differs"


class Place(StrEnum):
    """How the told town, the council and the postcode stand to the school."""

    TOWN_AND_COUNCIL = "town_and_council"
    TOWN = "town"
    COUNCIL = "council"
    COUNCIL_OTHER_TOWN = "council_other_town"
    DISTRICT = "district"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class AgeFit(StrEnum):
    """How the child's school age stands to the school's statutory ages."""

    FITS = "fits"
    NEAR = "near"
    UNKNOWN = "unknown"
    UNFIT = "unfit"


# Own names first, then names that many schools carry (`SchoolName.common`).
TOLD_NAME = {
    NameLevel.FULL: (16.0, 10.0),
    NameLevel.EXACT: (13.0, 8.0),
    NameLevel.CLOSE: (11.0, 7.0),
    NameLevel.PART: (8.5, 5.0),
    NameLevel.CLOSE_PART: (8.0, 4.0),
    NameLevel.MORE: (7.0, 3.0),
    NameLevel.STREET: (9.0, 9.0),
    NameLevel.INITIALS: (9.0, 9.0),
    NameLevel.LOOSE: (3.0, 0.0),
}
TOLD_KIND = {
    Agreement.AGREES: 2.0, Agreement.NOT_TOLD: 0.0, Agreement.UNKNOWN: -1.5,
    Agreement.DIFFERS: -8.0,
}  # fmt: skip
# The register's names leave the faith out more often than officers invent one.
TOLD_FAITH = {
    Agreement.AGREES: 2.0, Agreement.NOT_TOLD: 0.0, Agreement.UNKNOWN: -1.0,
    Agreement.DIFFERS: -8.0,
}  # fmt: skip
TOLD_PLACE = {
    Place.TOWN_AND_COUNCIL: 6.0,
    Place.TOWN: 5.0,
    Place.COUNCIL: 3.0,
    Place.COUNCIL_OTHER_TOWN: 0.5,
    Place.DISTRICT: 2.0,
    Place.ELSEWHERE: -6.0,
    Place.UNKNOWN: 0.0,
}
TOLD_AGE = {AgeFit.FITS: 2.0, AgeFit.NEAR: -2.0, AgeFit.UNKNOWN: 0.0, AgeFit.UNFIT: -8.0}
# A school of that name that the register does not hold, or that was meant by another name.
TOLD_OTHER = 10.0
# The register named the place in so many words: town or council, said or of the residence.
AGREED_PLACES = frozenset({Place.TOWN_AND_COUNCIL, Place.TOWN, Place.COUNCIL})

# GIAS types at which nobody under 19 is a registered pupil in England or Wales.
NOT_FOR_CHILDREN = frozenset({25, 26, 27, 29, 37, 56})
# Colleges: for those who turn 16 in the school year or are older.
POST_16 = frozenset({18, 31, 32, 39, 45, 46, 57})
POST_16_FROM = 15

# An exact name is as rare as its share of the population says, or at least so rare.
RARE_SURNAME, RARE_FORENAME = 0.00008, 0.002
# The two names apart speak like so many pupils; namesakes on the rolls are counted beside them.
NAMES_STAND_FOR = 50_000
# Blocks hold namesakes of the birth year and its neighbours; rolls hold so many years.
NAMESAKE_YEARS, SCHOOL_YEARS = 3, 13
# Pupils at an ordinary postcode, at those one slip from it, in its sector and in its district.
PUPILS_THERE = {"exact": 6, "previous": 12, "close": 100, "sector": 1_000, "district": 10_000}
# Two known names one slip apart are two names, of twins: at most so many bits, untrained (MA5).
OTHER_NAME_AT_MOST = -6.0
# Children of one mean force: namesakes live there, also where only a few schools gave a roll.
POPULATION = 200_000

# What a key adult's word of this school year adds to a candidate that something else speaks for;
# on its own it makes a school worth a person's look, never a match.
LINK_BITS, LINK_SHARE = 6.0, 0.5
# Candidates kept with a decision beyond the few that are shown.
MOST_CONSIDERED = 50
