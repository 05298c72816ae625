"""What a person may be, and where: for the own account's page."""

from sqlalchemy.orm import Session

from app.access.forces import force_name
from app.access.permissions import Grant, Role
from app.casework.acting import Acting
from schools import queries


def own_roles(session: Session, acting: Acting) -> list[tuple[Role, str]]:
    """Return the roles of whoever acts, each with its school, council or force; else empty."""
    grants = acting.actor.grants
    places = queries.establishments(session, {one.urn for one in grants if one.urn is not None})
    schools = {urn: place.name for urn, place in places.items()}
    return [(one.role, _where(session, one, schools)) for one in grants]


def _where(session: Session, grant: Grant, schools: dict[int, str]) -> str:
    if grant.urn is not None:
        return schools.get(grant.urn, f"URN {grant.urn}")
    if grant.council is not None:
        return queries.council_name(session, grant.council)
    return force_name(session, grant.force) if grant.force is not None else ""
