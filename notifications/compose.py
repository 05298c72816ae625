"""What a school is shown, by allow-list: a field that is not named here cannot be sent. Pure.

Source: domain.md §4. Never an address, an adult, who did what, another child, a risk grade: the
facts handed in have no field for them, and every coded value is checked against a closed list, so
that free text cannot travel in one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.core.policy import Desk, Policy


class Location(StrEnum):
    """Whether the incident was where the child lives."""

    WAS = "was"
    WAS_NOT = "was_not"
    MAY_NOT_HAVE_BEEN = "may_not_have_been"


class Presence(StrEnum):
    """Where the child was."""

    SAW = "saw"
    HEARD = "heard"
    ELSEWHERE_IN_HOME = "elsewhere_in_home"
    NOT_PRESENT = "not_present"
    UNKNOWN = "unknown"


class Involvement(StrEnum):
    """What the child did or what was done to the child."""

    NONE = "none"
    INTERVENED = "intervened"
    HURT = "hurt"
    CALLED_FOR_HELP = "called_for_help"
    DIRECT_VICTIM = "direct_victim"


class SpokenWith(StrEnum):
    """Who spoke with or observed the child."""

    OFFICER_ALONE = "officer_alone"
    WITH_VICTIM = "with_victim"
    WITH_SUSPECT = "with_suspect"
    WITH_OTHER_ADULT = "with_other_adult"
    OBSERVED_ONLY = "observed_only"
    NOT_SPOKEN_TO = "not_spoken_to"


class Demeanour(StrEnum):
    """How the child seemed."""

    CALM = "calm"
    UPSET = "upset"
    FRIGHTENED = "frightened"
    WITHDRAWN = "withdrawn"
    ANGRY = "angry"
    ASLEEP = "asleep"
    NOT_SEEN = "not_seen"


class GoingHome(StrEnum):
    """Whether going home today needs a call with the desk first."""

    NONE = "none"
    CONCERN = "concern"
    ORDER_IN_FORCE = "order_in_force"


class Pattern(StrEnum):
    """So many incidents of this child within so many days, this one counted (domain.md §7)."""

    IN_30_DAYS = "in_30_days"
    IN_90_DAYS = "in_90_days"


class Guidance(StrEnum):
    """The standing guidance, point by point; the wording is in `notifications.wording`."""

    NOT_WHO_DID_WHAT = "not_who_did_what"
    ANY_ADULT = "any_adult"
    NO_CONTACT = "no_contact"
    SILENT_SUPPORT = "silent_support"
    LISTEN = "listen"
    NEED_TO_KNOW = "need_to_know"
    THINK_BEFORE_SANCTION = "think_before_sanction"
    NOT_A_REFERRAL = "not_a_referral"
    CHILD_PROTECTION_FILE = "child_protection_file"
    NO_COPY_TO_PARENT = "no_copy_to_parent"


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """All that may be handed over about one child in one incident; instants are UTC.

    Coded fields hold the words of the police message. `elsewhere` is `None` where it must not be
    said (protected children). The last three are used only where the force's policy says so.
    """

    forename: str
    surname: str
    date_of_birth: date | None
    birth_year: int | None
    occurred_at: datetime
    location: str = Location.MAY_NOT_HAVE_BEEN
    presence: str = Presence.UNKNOWN
    involvement: str = Involvement.NONE
    spoken_with: str = SpokenWith.NOT_SPOKEN_TO
    seen_safe: bool | None = None
    social_care_told: bool | None = None
    victim_told_about_notice: bool | None = None
    going_home: str = GoingHome.NONE
    going_home_until: datetime | None = None
    earlier_30: int = 0
    earlier_90: int = 0
    earlier_365: int = 0
    elsewhere: bool | None = None
    late_record: bool = False
    welsh: bool = False
    reference: str | None = None
    demeanour: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it is about. The first step shows `first_name` and `birth_year` alone."""

    first_name: str
    surname: str
    date_of_birth: date | None
    birth_year: int | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """Incidents before this one: counted at this school, elsewhere only yes, no or unsaid."""

    days_30: int
    days_90: int
    days_365: int
    elsewhere: bool | None


@dataclass(frozen=True, slots=True)
class DeskLine:
    """The only number a notification gives, and the helpline."""

    name: str
    telephone: str
    hours: str
    staffed_until: str
    helpline: str
    helpline_telephone: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one school is shown about one child and one incident; sealed as it stands here.

    `further` is filled in when it is read: other incidents that joined before it was opened.
    """

    identity: Identity
    occurred_at: datetime
    location: Location
    presence: Presence
    involvement: Involvement
    spoken_with: SpokenWith
    seen_safe: bool | None
    social_care_told: bool | None
    victim_told_about_notice: bool | None
    earlier: Earlier
    going_home: GoingHome
    going_home_until: datetime | None
    desk: DeskLine
    guidance: tuple[Guidance, ...]
    late_record: bool
    welsh: bool
    template_version: str
    reference: str | None = None
    demeanour: Demeanour | None = None
    words: str | None = None
    # Records of the first release have none.
    pattern: Pattern | None = None
    # Codes of the fields in which this version differs from the one before, never what they said.
    changed: tuple[str, ...] = ()
    further: tuple["Content", ...] = ()


def compose(
    facts: NoticeFacts, policy: Policy, *, template_version: str, restricted: bool = False
) -> Content:
    """Return what the school is shown; raise `ValueError` for a value outside the closed lists."""
    extra = policy.content
    return Content(
        identity=_identity(facts),
        occurred_at=facts.occurred_at,
        location=Location(facts.location),
        presence=Presence(facts.presence),
        involvement=Involvement(facts.involvement),
        spoken_with=SpokenWith(facts.spoken_with),
        seen_safe=facts.seen_safe,
        social_care_told=facts.social_care_told,
        victim_told_about_notice=facts.victim_told_about_notice,
        earlier=Earlier(facts.earlier_30, facts.earlier_90, facts.earlier_365, facts.elsewhere),
        going_home=GoingHome(facts.going_home),
        going_home_until=facts.going_home_until,
        desk=_desk(policy.desk_for(restricted=restricted)),
        guidance=tuple(Guidance),
        late_record=facts.late_record,
        welsh=facts.welsh,
        template_version=template_version,
        reference=facts.reference if extra.police_reference else None,
        demeanour=Demeanour(facts.demeanour) if extra.demeanour and facts.demeanour else None,
        words=facts.words if extra.voice_words else None,
        pattern=pattern_of(facts.earlier_30, facts.earlier_90, policy),
    )


def pattern_of(earlier_30: int, earlier_90: int, policy: Policy) -> Pattern | None:
    """Return which pattern an incident makes with those before it; the shorter time first."""
    if earlier_30 + 1 >= policy.patterns.in_30_days:
        return Pattern.IN_30_DAYS
    return Pattern.IN_90_DAYS if earlier_90 + 1 >= policy.patterns.in_90_days else None


def _identity(facts: NoticeFacts) -> Identity:
    birth_year = facts.date_of_birth.year if facts.date_of_birth else facts.birth_year
    return Identity(facts.forename, facts.surname, facts.date_of_birth, birth_year)


def _desk(desk: Desk) -> DeskLine:
    return DeskLine(
        desk.name, desk.telephone, desk.hours, desk.staffed_until,
        desk.helpline, desk.helpline_telephone,
    )  # fmt: skip
