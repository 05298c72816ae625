"""The simulated county: two forces, a handful of schools, and everybody who acts. All fictional."""

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.accounts import add_account
from app.access.clients import add_client
from app.access.forces import add_force, set_area
from app.access.models import Account
from app.access.permissions import Role
from app.access.restricted import set_group
from app.casework.officers import add as add_officer
from app.core.clock import london_date
from app.core.policies import add_policy
from app.core.policy import Desk, Policy
from app.core.scope import PLATFORM
from app.wiring import Wiring
from schools.calendars import import_calendar, seed_bank_holidays
from schools.key_adult_details import mobile_digest, mobile_of, open_details
from schools.key_adults import import_key_adults
from schools.models import Establishment, KeyAdult, Status
from schools.officers import Duty
from schools.term_dates import Nation

ACTOR = "operator:simulation"
COUNCIL = "999"
FORCES = ("98", "99")
# The force that has a group for restricted incidents.
WITH_GROUP = "98"
_OFFICER_OF_COUNCIL = "officer.999@example.org"
# Each school's name, town, and how many key adults it has; the last has nobody.
_SCHOOLS = {
    990001: ("Exampleton Primary School", "Exampleton", 2),
    990002: ("Northam Example School", "Northam", 1),
    990003: ("Southam Primary School", "Southam", 1),
    990004: ("Eastam Example Academy", "Eastam", 0),
}


@dataclass(frozen=True, slots=True)
class School:
    """A school as an officer would name it."""

    urn: int
    name: str
    town: str
    key_adults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class County:
    """Who and what is there; people by e-mail address."""

    schools: tuple[School, ...]
    clients: dict[str, UUID]
    accounts: dict[str, UUID]
    # The rows of the register about the key adults.
    key_adults: dict[str, UUID]
    # Whom the group of a force leaves outside.
    outside: frozenset[str]

    @property
    def readers(self) -> tuple[str, ...]:
        """Who may be sent messages: the key adults of every school, and the council's officer."""
        adults = [email for school in self.schools for email in school.key_adults]
        return (*adults, _OFFICER_OF_COUNCIL)

    @property
    def desks(self) -> tuple[tuple[str, str], ...]:
        """Forces with who rings for them."""
        return (*((force, f"desk.{force}@example.org") for force in FORCES), _member("desk"))

    @property
    def reviewers(self) -> tuple[tuple[str, str], ...]:
        """Forces with who settles for them."""
        return (
            *((force, f"reviewer.{force}@example.org") for force in FORCES), _member("reviewer"),
        )  # fmt: skip


def _member(what: str) -> tuple[str, str]:
    return WITH_GROUP, f"{what}.group.{WITH_GROUP}@example.org"


def found(wiring: Wiring) -> County:
    """Put the county into an empty, migrated database through the product's own acts."""
    now = wiring.clock.now()
    people: dict[str, UUID] = {}
    clients: dict[str, UUID] = {}
    schools = tuple(
        School(urn, name, town, tuple(f"ka{place}.{urn}@example.org" for place in range(adults)))
        for urn, (name, town, adults) in _SCHOOLS.items()
    )
    with wiring.database.write(PLATFORM) as session:
        seed_bank_holidays(session)
        for force in FORCES:
            add_force(session, code=force, name=f"Force {force}", now=now, actor=ACTOR)
            client, _ = add_client(session, force=force, name="Control room", now=now, actor=ACTOR)
            clients[force] = client.id
            _desk(session, wiring, force, people, now)
        _group(session, wiring, people, now)
        set_area(session, code=FORCES[1], councils=(COUNCIL,), now=now, actor=ACTOR)
        for school in schools:
            session.add(_establishment(school, now))
        session.flush()
        _council(session, wiring, people, now)
        _key_adults(session, wiring, schools, people, now)
        _calendar(session, schools, now)
        rows = _rows_of(session, wiring)
    outside = frozenset(f"{what}.{WITH_GROUP}@example.org" for what in ("desk", "reviewer"))
    return County(schools, clients, people, rows, outside)


def _desk(
    session: Session, wiring: Wiring, force: str, people: dict[str, UUID], now: datetime
) -> None:
    body = Policy(desk=Desk(duty_officer="Duty officer", telephone="01632 960999"))
    add_policy(session, force, body=body, valid_from=now, approved_by=ACTOR, now=now)
    for name, role in (("desk", Role.FORCE_DESK), ("reviewer", Role.REVIEWER)):
        email = f"{name}.{force}@example.org"
        people[email] = _account(session, wiring, email, role, force=force, now=now)
    for place, duty in enumerate((Duty.DUTY_OFFICER, Duty.REVIEWER, Duty.FORCE_LEAD)):
        add_officer(
            session, wiring.cipher, owner=f"force:{force}", duty=duty, position=None,
            name=f"Officer {place}", email=f"officer{place}.{force}@example.org",
            telephone=f"01632 96055{place}", verified=True, now=now, actor=ACTOR,
        )  # fmt: skip


def _group(session: Session, wiring: Wiring, people: dict[str, UUID], now: datetime) -> None:
    """Two people of one force, who can do all the work of its restricted incidents."""
    of_group: list[UUID] = []
    for what, role, duty in (
        ("desk", Role.FORCE_DESK, Duty.DUTY_OFFICER), ("reviewer", Role.REVIEWER, Duty.REVIEWER),
    ):  # fmt: skip
        _, email = _member(what)
        people[email] = _account(session, wiring, email, role, force=WITH_GROUP, now=now)
        of_group.append(people[email])
        add_officer(
            session, wiring.cipher, owner=f"force:{WITH_GROUP}", duty=duty, position=None,
            name=f"Member {what}", email=email, telephone="01632 960556", verified=True, now=now,
            actor=ACTOR,
        )  # fmt: skip
    session.flush()
    set_group(session, force=WITH_GROUP, accounts=of_group, now=now, actor=ACTOR)


def _council(session: Session, wiring: Wiring, people: dict[str, UUID], now: datetime) -> None:
    """One officer, for children at no school."""
    email = _OFFICER_OF_COUNCIL
    account, _ = add_account(
        session, wiring.cipher, email=email, name="Officer", role=Role.COUNCIL_OFFICER, force=None,
        urn=None, council=COUNCIL, now=now, actor=ACTOR,
    )  # fmt: skip
    session.get_one(Account, account.id).enrolled_at = now
    people[email] = account.id
    add_officer(
        session, wiring.cipher, owner=f"council:{COUNCIL}", duty=Duty.COUNCIL_OFFICER,
        position=None, name="Officer", email=email, telephone="01632 960557", verified=True,
        now=now, actor=ACTOR,
    )  # fmt: skip


def _account(
    session: Session, wiring: Wiring, email: str, role: Role, *, now: datetime,
    force: str | None = None, urn: int | None = None,
) -> UUID:  # fmt: skip
    account, _ = add_account(
        session, wiring.cipher, email=email, name=email.partition("@")[0].title(), role=role,
        force=force, urn=urn, council=None, now=now, actor=ACTOR,
    )  # fmt: skip
    session.get_one(Account, account.id).enrolled_at = now
    return account.id


def _establishment(school: School, now: datetime) -> Establishment:
    return Establishment(
        urn=school.urn, la_code=COUNCIL, la_name="Exampleshire", name=school.name,
        name_key=school.name.casefold(), type_code=1, type_name="Community school",
        phase="Primary", status=Status.OPEN, nation=Nation.ENGLAND, statutory=True, low_age=4,
        high_age=11, town=school.town, postcode="ZZ99 1AA", telephone="01632 960001",
        row_digest=bytes(32), imported_at=now,
    )  # fmt: skip


def _key_adults(
    session: Session, wiring: Wiring, schools: tuple[School, ...], people: dict[str, UUID],
    now: datetime,
) -> None:  # fmt: skip
    today = london_date(now)
    trained, expires = today - timedelta(days=90), today + timedelta(days=600)
    rows = ["URN,Position,Name,Email,Telephone,TrainedOn,TrainingExpiresOn,VerifiedOn"]
    rows += [
        f"{school.urn},{place},Key Adult {place},{email},07700 900001,{trained},{expires},{today}"
        for school in schools
        for place, email in enumerate(school.key_adults, start=1)
    ]
    report = import_key_adults(session, wiring.cipher, io.StringIO("\n".join(rows)), now=now)
    if report.errors:
        raise RuntimeError("the simulated county's key adults are wrong")
    _prove_mobiles(session, wiring, now)
    for school in schools:
        for email in school.key_adults:
            people[email] = _account(
                session, wiring, email, Role.KEY_ADULT, urn=school.urn, now=now
            )


def _rows_of(session: Session, wiring: Wiring) -> dict[str, UUID]:
    rows = session.scalars(select(KeyAdult))
    return {open_details(wiring.cipher, row).email: row.id for row in rows}


def _prove_mobiles(session: Session, wiring: Wiring, now: datetime) -> None:
    """The first in order of each school may be sent text messages."""
    for row in session.scalars(select(KeyAdult).where(KeyAdult.position == 1)):
        mobile = mobile_of(open_details(wiring.cipher, row))
        if mobile is not None:
            row.mobile_digest, row.mobile_verified_at = mobile_digest(wiring.cipher, mobile), now


def _calendar(session: Session, schools: tuple[School, ...], now: datetime) -> None:
    """Two schools know their terms, with a holiday in between; the others are unknown.

    One of the two knows its hours as well and is closed on one day. Worlds begin within three weeks
    of this day: in term, on the eve of a holiday, or in one.
    """
    today = london_date(now)
    rows = ["Owner,Kind,From,To,DoorsOpen,RegisterClose,PupilsLeave,Note"]
    for school, last, again in ((schools[0], 12, 22), (schools[1], 6, 15)):
        rows.append(_row(school.urn, "term", today - timedelta(30), today + timedelta(last)))
        rows.append(_row(school.urn, "term", today + timedelta(again), today + timedelta(90)))
    rows.append(_row(schools[0].urn, "hours"))
    rows.append(_row(schools[0].urn, "closed", today + timedelta(2), today + timedelta(2)))
    report = import_calendar(session, io.StringIO("\n".join(rows)), now=now)
    if report.errors:
        raise RuntimeError("the simulated county's calendar is wrong")


def _row(urn: int, kind: str, *days: date) -> str:
    begins, ends = days or ("", "")
    times = "08:45,09:30,15:15" if kind == "hours" else ",,"
    return f"urn:{urn},{kind},{begins},{ends},{times},"
