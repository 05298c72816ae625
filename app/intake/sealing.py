"""From the message of a force to the facts that are sealed: nothing more than policy needs."""

from collections.abc import Collection

from app.core.policy import Policy
from app.intake import identifiers
from app.intake.details import (
    ChildDetails,
    Education,
    GoingHome,
    Hold,
    IncidentDetails,
    Residence,
    Voice,
)
from app.intake.free_text import own_names, tells_more
from app.intake.payload import (
    ChildMessage,
    EducationMessage,
    GoingHomeMessage,
    IncidentMessage,
    ResidenceMessage,
    Risk,
    VoiceMessage,
)


def incident_details(message: IncidentMessage) -> IncidentDetails:
    """Return what is sealed of an incident; adults and suspects go to `app.intake.connected`."""
    risk = message.risk or Risk()
    return IncidentDetails(
        reference=message.reference,
        version=message.version,
        notice_type=message.notice_type.value,
        data_stage=message.data_stage.value,
        occurred_from=message.occurred_from,
        occurred_to=message.occurred_to,
        reported_at=message.reported_at,
        attended=message.attended,
        crime=message.crime,
        risk_tool=risk.tool,
        risk_grade=risk.grade.value,
        location_kind=message.location_kind.value,
        residence_force=message.residence_force,
        children_seen=message.children_seen,
        children_complete=message.children_complete,
        party_under_16=message.party_under_16.value,
        restricted_access=message.restricted_access,
        hold=_hold(message),
    )


def child_details(
    message: ChildMessage, *, policy: Policy, names: Collection[str] = ()
) -> ChildDetails:
    """Return what is kept of a child; the child's own words only where the policy keeps them.

    Words that speak of somebody else are not kept; `names` are those of the incident's others.
    """
    return ChildDetails(
        ref=message.ref,
        forename=message.forename,
        middle_names=message.middle_names,
        surname=message.surname,
        known_as=message.known_as,
        former_surname=message.former_surname,
        date_of_birth=message.date_of_birth,
        birth_year=message.birth_year,
        age_min=message.age_range.min if message.age_range else None,
        age_max=message.age_range.max if message.age_range else None,
        sex=message.sex.value,
        upn=message.upn,
        residences=tuple(_residence(residence) for residence in message.residences),
        relation=message.relation.value,
        affected=message.affected,
        lives_with=message.lives_with.value,
        presence=message.presence.value,
        involvement=message.involvement.value,
        voice=_voice(message, policy, names),
        looked_after=message.looked_after,
        social_care_told=message.social_care_told,
        victim_told_about_notice=message.victim_told_about_notice,
        education=_education(message.education or EducationMessage()),
        going_home=_going_home(message.going_home or GoingHomeMessage()),
        protected=tuple(reason.value for reason in message.protected),
        connected_at_school=message.connected_at_school,
    )


def _hold(message: IncidentMessage) -> Hold | None:
    hold = message.hold
    return Hold(hold.reason_code, hold.account, hold.until) if hold else None


def _residence(message: ResidenceMessage) -> Residence:
    """One form for a postcode; one that cannot be a postcode is kept for a person to read."""
    given = message.postcode
    postcode = (identifiers.postcode(given) or given) if given else None
    return Residence(postcode, message.authority, message.kind.value)


def _voice(child: ChildMessage, policy: Policy, names: Collection[str]) -> Voice:
    message = child.voice or VoiceMessage()
    words = message.words if policy.content.voice_words else None
    withheld = words is not None and tells_more(words, names, own_names(child))
    return Voice(
        spoken_with=message.spoken_with.value if message.spoken_with else None,
        reason_not=message.reason_not,
        demeanour=message.demeanour.value if message.demeanour else None,
        seen_safe=message.seen_safe,
        words=None if withheld else words,
        words_withheld=withheld,
    )


def _education(message: EducationMessage) -> Education:
    status = message.known_status.value
    return Education(status, message.urn, message.school_name, message.town)


def _going_home(message: GoingHomeMessage) -> GoingHome:
    return GoingHome(message.level.value, message.valid_until)
