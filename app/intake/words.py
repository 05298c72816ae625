"""The enumerations of the police message; their values are the contract with the forces. Pure."""

from enum import StrEnum


class NoticeType(StrEnum):
    DOMESTIC_ABUSE = "domestic_abuse"


class DataStage(StrEnum):
    INITIAL = "initial"
    CONFIRMED = "confirmed"


class RiskGrade(StrEnum):
    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"
    NOT_GRADED = "not_graded"


class LocationKind(StrEnum):
    HOME = "home"
    OTHER_HOME = "other_home"
    PUBLIC_PLACE = "public_place"
    ONLINE = "online"
    UNDISCLOSED = "undisclosed"


class PartyUnder16(StrEnum):
    NONE = "none"
    VICTIM = "victim"
    SUSPECT = "suspect"


class ResidenceKind(StrEnum):
    MAIN = "main"
    OTHER_PARENT = "other_parent"
    TEMPORARY = "temporary"
    PREVIOUS = "previous"


class Sex(StrEnum):
    F = "F"
    M = "M"
    X = "X"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    CHILD_OF_VICTIM = "child_of_victim"
    CHILD_OF_SUSPECT = "child_of_suspect"
    CHILD_OF_BOTH = "child_of_both"
    RELATIVE = "relative"
    IS_VICTIM = "is_victim"
    IS_SUSPECT = "is_suspect"
    NOT_RELATED = "not_related"
    UNKNOWN = "unknown"


class LivesWith(StrEnum):
    VICTIM = "victim"
    SUSPECT = "suspect"
    BOTH = "both"
    NEITHER = "neither"
    UNKNOWN = "unknown"


class Presence(StrEnum):
    SAW = "saw"
    HEARD = "heard"
    ELSEWHERE_IN_HOME = "elsewhere_in_home"
    NOT_PRESENT = "not_present"
    UNKNOWN = "unknown"


class Involvement(StrEnum):
    NONE = "none"
    INTERVENED = "intervened"
    HURT = "hurt"
    CALLED_FOR_HELP = "called_for_help"
    DIRECT_VICTIM = "direct_victim"


class SpokenWith(StrEnum):
    OFFICER_ALONE = "officer_alone"
    WITH_VICTIM = "with_victim"
    WITH_SUSPECT = "with_suspect"
    WITH_OTHER_ADULT = "with_other_adult"
    OBSERVED_ONLY = "observed_only"
    NOT_SPOKEN_TO = "not_spoken_to"


class Demeanour(StrEnum):
    CALM = "calm"
    UPSET = "upset"
    FRIGHTENED = "frightened"
    WITHDRAWN = "withdrawn"
    ANGRY = "angry"
    ASLEEP = "asleep"
    NOT_SEEN = "not_seen"


class EducationStatus(StrEnum):
    REGISTERED = "registered"
    FURTHER_EDUCATION = "further_education"
    HOME_EDUCATED = "home_educated"
    PRE_SCHOOL = "pre_school"
    UNBORN = "unborn"
    NOT_IN_EDUCATION = "not_in_education"
    UNKNOWN = "unknown"


class GoingHomeLevel(StrEnum):
    NONE = "none"
    CONCERN = "concern"
    ORDER_IN_FORCE = "order_in_force"


class Protection(StrEnum):
    """Why a child's whereabouts are protected (domain.md §3)."""

    REFUGE = "refuge"
    MOVED_FOR_SAFETY = "moved_for_safety"
    ADOPTION = "adoption"
    COURT_ORDER = "court_order"
    FORCED_MARRIAGE_OR_HONOUR_BASED = "forced_marriage_or_honour_based"
    WITNESS_PROTECTION = "witness_protection"
