"""A force with a group for restricted incidents, and incidents made restricted."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import update

from app.access.permissions import Role
from app.access.restricted import set_group
from app.casework.officers import add as add_officer
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.wiring import Wiring
from schools.officers import Duty
from tests.factories.notifications import FORCE
from tests.factories.people import Person, add_person

DUTIES = {
    Role.FORCE_DESK: Duty.DUTY_OFFICER, Role.REVIEWER: Duty.REVIEWER, Role.LEAD: Duty.FORCE_LEAD,
}  # fmt: skip


def colleague(wiring: Wiring, email: str, *roles: Role, force: str = FORCE) -> Person:
    """Add somebody of the force, enrolled, with a proved address for each of their duties."""
    name = email.partition("@")[0].title()
    found = [add_person(wiring, email, role, name=name, force=force) for role in roles]
    with wiring.database.write(PLATFORM) as session:
        for role in roles:
            add_officer(
                session, wiring.cipher, owner=f"force:{force}", duty=DUTIES[role], position=None,
                name=name, email=email, telephone="01632 960555", verified=True,
                now=wiring.clock.now(), actor="operator:test",
            )  # fmt: skip
    return found[0]


def name_group(wiring: Wiring, people: Collection[Person], *, force: str = FORCE) -> None:
    with wiring.database.write(PLATFORM) as session:
        set_group(
            session, force=force, accounts=[one.account_id for one in people],
            now=wiring.clock.now(), actor="operator:test",
        )  # fmt: skip


def restrict(wiring: Wiring, incident_id: UUID) -> None:
    """Make an incident restricted, as it is where the force says so."""
    with wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Incident).where(Incident.id == incident_id).values(restricted_access=True)
        )
