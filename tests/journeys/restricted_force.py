"""A force with a group for restricted incidents, and what each of its people finds."""

from datetime import date

from sqlalchemy import select

from app.access.permissions import Role
from app.access.restricted import set_group
from app.casework import calling, lead_lists, morning, reviewing
from app.casework.restricted import close_to
from app.core.scope import PLATFORM
from app.intake.models import Incident
from schools.officers import Duty
from tests.journeys.world import FORCE, World, at

FRIDAY = date(2026, 11, 20)
GROUP = ("member@police.test", "second@police.test")
OUTSIDE = ("desk@example.org", "reviewer@example.org", "lead@police.test")
DUTIES = {
    "member@police.test": (Role.FORCE_DESK, Duty.DUTY_OFFICER),
    "second@police.test": (Role.REVIEWER, Duty.REVIEWER),
    "desk@example.org": (Role.FORCE_DESK, Duty.DUTY_OFFICER),
    "reviewer@example.org": (Role.REVIEWER, Duty.REVIEWER),
    "lead@police.test": (Role.LEAD, Duty.FORCE_LEAD),
}


def with_group(world: World) -> World:
    """Return it with five people who can all sign in and be alerted; two of them are the group."""
    world.clock.move_to(at("2026-11-20", "01:10"))
    for email, (role, duty) in DUTIES.items():
        world.person(email, role, force=FORCE)
        with world.wiring.database.write(PLATFORM) as session:
            session.merge(world.people[email]).enrolled_at = world.now
        world.officer(duty, email)
    name(world, *GROUP)
    return world


def name(world: World, *emails: str) -> None:
    with world.wiring.database.write(PLATFORM) as session:
        set_group(
            session, force=FORCE, accounts=[world.people[one].id for one in emails],
            now=world.now, actor="operator:test",
        )  # fmt: skip


def sees(world: World, email: str) -> set[str]:
    """The references on this person's boards, reviews and lists, as their pages open them."""
    acting, found = world.acting(email), set[str]()
    roles = {one.role for one in acting.actor.grants}
    with world.wiring.database.write(world.scope_of(email)) as session:
        close_to(session, acting.actor, now=world.now)
        found |= set(session.scalars(select(Incident.reference)))
        if not roles.isdisjoint({Role.FORCE_DESK, Role.LEAD}):
            (board,) = morning.live_boards(session, acting)
            found |= {row.reference for row in board.rows}
            schools = calling.sheet(session, acting, force=FORCE)
            found |= {line.reference for one in schools for line in one.lines}
        if Role.REVIEWER in roles:
            found |= {line.reference for line in reviewing.queue(session, acting)}
        if Role.LEAD in roles:
            total = lead_lists.see_quality(session, acting, force=FORCE, on=FRIDAY).total
            assert total.incidents == len(found)
    return found
