"""What every check of the watchdog is handed, and the people it may count on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Account, AccountRole, Force
from app.access.permissions import Role
from app.access.restricted import people_of, who_may
from app.core.clock import at_london, london_date, london_time
from schools.officers import Duty, Officer


@dataclass(frozen=True, slots=True)
class Look:
    """One look: a read-only session, the instant (UTC), and what was seen the time before."""

    session: Session
    now: datetime
    # The newest number of each chain of the trail, as this watchdog last saw it.
    heads: Mapping[str, int] = field(default_factory=dict)
    # A clock moved by hand has nothing to say about the database's.
    real_clock: bool = True
    # Whether the service writes encrypted call sheets, which its settings say and not its rows.
    call_sheet_files: bool = False

    @property
    def today(self) -> date:
        """The date in London."""
        return london_date(self.now)

    @property
    def clock_time(self) -> time:
        """The time of day in London."""
        return london_time(self.now)

    def ago(self, **by: float) -> datetime:
        return self.now - timedelta(**by)

    def ahead(self, **by: float) -> datetime:
        return self.now + timedelta(**by)

    def at(self, clock_time: time) -> datetime:
        """Return the instant of a London time of today."""
        return at_london(self.today, clock_time)

    def forces(self) -> list[tuple[str, datetime]]:
        """Return each force's code and when it was added."""
        return [
            (code, added)
            for code, added in self.session.execute(
                select(Force.code, Force.added_at).order_by(Force.code)
            )
        ]


def staffed(look: Look, role: Role) -> set[str]:
    """Return the forces with a named person for this work: who can sign in, or a duty officer."""
    signs_in = look.session.scalars(
        select(AccountRole.force)
        .join(Account, Account.id == AccountRole.account_id)
        .where(
            AccountRole.role == role,
            AccountRole.force.is_not(None),
            AccountRole.ended_at.is_(None),
            Account.enrolled_at.is_not(None),
            Account.disabled_at.is_(None),
        )
    )
    on_duty = look.session.execute(
        select(Officer.owner, Officer.left_on).where(
            Officer.duty == Duty.DUTY_OFFICER, Officer.owner.startswith("force:")
        )
    )
    found = {force for force in signs_in if force is not None}
    return found | {
        owner.removeprefix("force:")
        for owner, left_on in on_duty
        if left_on is None or left_on > look.today
    }


@dataclass(frozen=True, slots=True)
class Group:
    """Who of a force may know of its restricted incidents, and which work they do between them."""

    accounts: frozenset[UUID]
    roles: frozenset[Role]


def groups(look: Look, forces: Iterable[str]) -> dict[str, Group]:
    """Return who alone may have a restricted incident of each of these forces in hand.

    A force where everybody may is left out.
    """
    found = {}
    for force in sorted(set(forces)):
        people = people_of(look.session, force, on=look.today)
        accounts = who_may(people)
        if accounts is None:
            continue
        roles = (one.roles for one in people if one.account_id in accounts)
        found[force] = Group(accounts, frozenset[Role]().union(*roles))
    return found
