"""Hands plain values from one room to another: what matching may see, what a school may be told.

This is the only place where the facts of an incident meet the content of a notification, and it
copies field by field: what is not named here goes nowhere.
"""

from app.intake.details import ChildDetails, IncidentDetails
from notifications.compose import GoingHome, Location, NoticeFacts
from schools.matching.details import ChildFacts, ChildIdentity, ToldEducation

# Rung first: going home, protected, then risk (domain.md §6, call sheet order).
_GOING_HOME, _PROTECTED = 0, 1
_RISK = {"high": 3, "medium": 4, "standard": 5, "not_graded": 5}


def matching_facts(child: ChildDetails) -> ChildFacts:
    """Return what the matcher sees: identifiers and told schools, nothing of the incident."""
    return ChildFacts(
        identity=ChildIdentity(
            ref=child.ref,
            forename=child.forename,
            surname=child.surname,
            middle_names=child.middle_names,
            known_as=child.known_as,
            former_surname=child.former_surname,
            date_of_birth=child.date_of_birth,
            birth_year=child.birth_year,
            age_range=_age_range(child),
            sex=child.sex,
            upn=child.upn,
            # A refuge, a hostel or a relative's sofa says nothing about where a child is known.
            postcodes=tuple(
                home.postcode
                for home in child.residences
                if home.postcode and home.kind != "temporary"
            ),
        ),
        education=ToldEducation(
            status=child.education.status,
            urn=child.education.urn,
            school_name=child.education.school_name,
            town=child.education.town,
            authorities=tuple(
                dict.fromkeys(home.authority for home in child.residences if home.authority)
            ),
        ),
        protected=bool(child.protected),
    )


def notice_facts(child: ChildDetails, incident: IncidentDetails, *, welsh: bool) -> NoticeFacts:
    """Return what a school may be told of one child; the policy of the force narrows it further."""
    return NoticeFacts(
        forename=child.forename or "",
        surname=child.surname or "",
        date_of_birth=child.date_of_birth,
        birth_year=child.birth_year,
        occurred_at=incident.occurred_from,
        location=_location(child, incident),
        presence=child.presence,
        involvement=child.involvement,
        spoken_with=child.voice.spoken_with or "not_spoken_to",
        seen_safe=child.voice.seen_safe,
        social_care_told=child.social_care_told,
        victim_told_about_notice=child.victim_told_about_notice,
        going_home=child.going_home.level,
        going_home_until=child.going_home.valid_until,
        elsewhere=None if child.protected else False,
        welsh=welsh,
        reference=incident.reference,
        demeanour=child.voice.demeanour,
        words=child.voice.words,
    )


def priority_of(child: ChildDetails, incident: IncidentDetails) -> int:
    """Return the order on the call sheet among equal deadlines; lower is rung first."""
    if child.going_home.level != GoingHome.NONE:
        return _GOING_HOME
    if child.protected:
        return _PROTECTED
    return _RISK.get(incident.risk_grade, 5)


def _age_range(child: ChildDetails) -> tuple[int, int] | None:
    if child.age_min is None or child.age_max is None:
        return None
    return child.age_min, child.age_max


def _location(child: ChildDetails, incident: IncidentDetails) -> Location:
    """Say whether it was where the child lives, and never more than that about the place.

    A home is the child's own only for a child who lives with one of the two; where that is not
    known, or the place is undisclosed, it stays open.
    """
    if incident.location_kind in {"public_place", "online"}:
        return Location.WAS_NOT
    if incident.location_kind == "home" and child.lives_with in {"victim", "suspect", "both"}:
        return Location.WAS
    return Location.MAY_NOT_HAVE_BEEN
