"""Everybody who keeps a school's register, and those who must not reach it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.access.permissions import Actor, Grant, Role
from app.access.roles import roles_of
from app.casework.acting import Acting, reach_of
from app.core.clock import london_date
from app.core.scope import PLATFORM
from app.wiring import Wiring
from tests.factories.mornings import Morning
from tests.factories.people import Person, add_person

COUNCIL = "999"


@dataclass
class Keepers:
    """The council's lead and officer, a register administrator, and a lead of another council."""

    wiring: Wiring
    lead: Person
    officer: Person
    admin: Person
    elsewhere: Person

    def acting(self, person: Person) -> Acting:
        """Return somebody with the roles of this moment, as a request would find them."""
        now = self.wiring.clock.now()
        with self.wiring.database.read() as session:
            grants = roles_of(session, person.account_id, on=london_date(now))
        return self.with_grants(person, *grants)

    def with_grants(self, person: Person, *grants: Grant) -> Acting:
        actor = Actor(person.actor, account_id=person.account_id, grants=grants)
        return Acting(self.wiring.clock.now(), actor, self.wiring.cipher)

    def act(self, person: Person, what: Callable[..., Any], **options: Any) -> Any:
        """Do one act as its own unit of work, in the scope that a page would give."""
        acting = self.acting(person)
        with self.wiring.database.write(reach_of(acting.actor)) as session:
            return what(session, acting, **options)

    def rows(self, model: type[Any], **equal: Any) -> list[Any]:
        with self.wiring.database.read(PLATFORM) as session:
            return list(session.scalars(select(model).filter_by(**equal)))


def keepers(morning: Morning) -> Keepers:
    """Add those who keep the register of the morning's council."""
    wiring = morning.wiring
    return Keepers(
        wiring,
        add_person(wiring, "lead@example.org", Role.LEAD, name="Lena Dale", council=COUNCIL),
        add_person(
            wiring, "officer@example.org", Role.COUNCIL_OFFICER, name="Omar Fell", council=COUNCIL
        ),
        add_person(wiring, "admin@example.org", Role.REGISTER_ADMIN, name="Ada Moss"),
        add_person(wiring, "elsewhere@example.org", Role.LEAD, name="Eli Wold", council="998"),
    )
