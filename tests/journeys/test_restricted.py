"""A night on which an officer is the suspect: the school is told, and nobody else of the force."""

from datetime import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, inspect, select, update
from sqlalchemy.orm import Session, aliased

from app.access.permissions import Role
from app.access.restricted import Standing, who_may
from app.casework import calling, opening, timeline
from app.casework.calling import KnownBy
from app.casework.restricted import close_to
from app.casework.to_ring import to_ring
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.policies import add_policy
from app.core.policy import Desk, GroupDesk, Policy, Restricted
from app.core.scope import PLATFORM, Delivered, ForceOwned
from app.intake.models import Incident, InvolvedChild
from app.reports.readiness import ALARMS, Gap, force_readiness
from app.watchdog.children import untold_unheld
from app.watchdog.looking import Look
from notifications.models import AlertCover, CallSheetLine, ReviewStep
from notifications.rendered import placed_text
from notifications.states import CallResult
from schools.officers import Officer
from tests.journeys.restricted_force import FRIDAY, GROUP, OUTSIDE, name, sees, with_group
from tests.journeys.world import FORCE, World, at, child


@pytest.fixture
def force(world: World) -> World:
    return with_group(world)


def ringing(world: World) -> list[str]:
    """The addresses alerted by anything but a message that waits for its school."""
    with world.wiring.database.read(PLATFORM) as session:
        covering = {str(one) for one in session.scalars(select(AlertCover.alert_id))}
    return [address for ident, address in world.alerts if ident not in covering]


def test_a_restricted_night_from_push_to_told_with_nobody_else_ever_seeing_it(
    force: World,
) -> None:
    force.push("N-1", child())
    force.push("N-2", child(forename="Bela"), restricted_access=True)
    for clock_time in (time(6, 30), time(7, 31), time(8, 21), time(8, 46)):
        force.until(clock_time)
        near = {"lead@police.test"} if clock_time > time(7, 45) else set()
        for email in set(OUTSIDE) - near:
            assert sees(force, email) == {"N-1"}
        for email in GROUP:
            assert "N-2" in sees(force, email)
    # its school was alerted as always, and of the force a member alone
    assert "first@primary.test" in force.chased()
    assert set(ringing(force)) == {"member@police.test"}
    (notification,) = force.notifications("N-2")
    tell_by_phone(force, "member@police.test", notification.id)
    (told,) = force.notifications("N-2")
    assert (told.told_at, told.told_by) == (
        force.now, f"account:{force.people['member@police.test'].id}",
    )  # fmt: skip
    for email in OUTSIDE:
        assert sees(force, email) == {"N-1"}
        with (
            force.wiring.database.write(force.scope_of(email)) as session,
            pytest.raises(NotFound),
        ):
            close_to(session, force.acting(email).actor, now=force.now)
            timeline.timeline(session, force.acting(email), notification_id=notification.id)


def tell_by_phone(world: World, email: str, notification_id: UUID) -> None:
    with world.wiring.database.read(PLATFORM) as session:
        line = session.scalars(
            select(CallSheetLine.id).where(CallSheetLine.notification_id == notification_id)
        ).one()
    for act in (
        lambda session, acting: calling.claim(session, acting, line_id=line),
        lambda session, acting: calling.show_content(
            session, acting, line_id=line, known_by=KnownBy.PUT_THROUGH
        ),
        lambda session, acting: calling.record_call(
            session, acting, line_id=line, result=CallResult.TOLD, recipient_trained=True
        ),
    ):
        acting = world.acting(email)
        with world.wiring.database.write(world.scope_of(email)) as session:
            close_to(session, acting.actor, now=world.now)
            act(session, acting)


def test_an_unclear_school_goes_to_the_reviewer_of_the_group_and_then_to_any_member(
    force: World,
) -> None:
    unclear = child(education={"school_name": "St Marys"})
    force.push("N-3", unclear, restricted_access=True)
    force.until(time(8, 31))
    assert sees(force, "reviewer@example.org") == set()
    # near the deadline the lead, too
    assert set(force.alerted()) == {*GROUP, "lead@police.test"}
    with force.wiring.database.read(PLATFORM) as session:
        asked = session.scalars(
            select(ReviewStep.reason_code).where(ReviewStep.kind == "council_lookup")
        ).all()
    assert set(asked) == {"restricted"}


def test_a_force_with_no_group_rings_in_the_evening_and_nothing_is_closed(force: World) -> None:
    name(force)
    with force.wiring.database.read(PLATFORM) as session:
        found = force_readiness(
            session, force.wiring.cipher, force=FORCE, on=FRIDAY, policy=Policy()
        )
    assert Gap.RESTRICTED_GROUP_MISSING in found.gaps
    assert Gap.RESTRICTED_GROUP_MISSING in ALARMS
    force.push("N-4", child(), restricted_access=True)
    force.until(time(8, 46))
    for email in (*GROUP, "desk@example.org", "lead@police.test"):
        assert sees(force, email) == {"N-4"}


def test_a_group_that_cannot_do_the_work_alone_has_the_leads_with_it_or_closes_nothing(
    force: World,
) -> None:
    """A child whom nobody may tell is the worse of the two errors."""
    force.push("N-4", child(), restricted_access=True)
    force.until(time(6, 30))
    # nobody there who could ring
    name(force, "second@police.test")
    assert "N-4" in sees(force, "desk@example.org")
    # a lead who is of the desk, too, makes it whole
    force.person("lead@police.test", Role.FORCE_DESK, force=FORCE)
    with force.wiring.database.write(PLATFORM) as session:
        session.merge(force.people["lead@police.test"]).enrolled_at = force.now
    assert sees(force, "desk@example.org") == set()
    assert "N-4" in sees(force, "lead@police.test")


def test_near_its_deadline_the_leads_are_let_in_whoever_the_group_is(force: World) -> None:
    """The members are off duty, or tied to the family: each alert would find nobody."""
    force.push("N-4", child(), restricted_access=True)
    force.until(time(7, 44))
    assert sees(force, "lead@police.test") == set()
    force.until(time(7, 46))
    assert sees(force, "lead@police.test") == {"N-4"}
    assert sees(force, "desk@example.org") == set()
    (notification,) = force.notifications("N-4")
    tell_by_phone(force, "member@police.test", notification.id)
    assert sees(force, "lead@police.test") == set()


def test_a_correction_that_does_not_repeat_the_restriction_takes_nothing_back(
    force: World,
) -> None:
    occurred: dict[str, Any] = {"occurred_from": at("2026-11-19", "23:00").isoformat()}
    force.push("N-4", child(), restricted_access=True, **occurred)
    force.until(time(7, 31))
    (notification,) = force.notifications("N-4")
    tell_by_phone(force, "member@police.test", notification.id)
    force.push("N-4", child(presence="saw"), version=2, **occurred)
    force.tick()
    (same,) = force.notifications("N-4")
    assert (same.id, same.told_at is not None) == (notification.id, True)
    assert sees(force, "desk@example.org") == set()


ORDINARY, OWN = "01632 960001", "01632 960777"


@pytest.fixture
def with_own_desk(force: World) -> World:
    """The same force, whose policy names another number for what its group alone may know of."""
    body = Policy(
        desk=Desk(telephone=ORDINARY, helpline_telephone="0808 157 0000"),
        restricted=Restricted(desk=GroupDesk(name="the senior officer for this", telephone=OWN)),
    )
    with force.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=body, valid_from=force.now, approved_by="account:dpo",
            now=force.now,
        )  # fmt: skip
    return force


def looked_at(world: World, notification_id: UUID) -> opening.Opening:
    """What the school's key adult has on the screen."""
    email = "first@primary.test"
    with world.wiring.database.write(world.scope_of(email)) as session:
        return opening.look(session, world.acting(email), notification_id=notification_id)


def test_a_school_rings_the_group_about_a_restricted_incident_and_the_desk_about_others(
    with_own_desk: World,
) -> None:
    world = with_own_desk
    occurred: dict[str, Any] = {"occurred_from": at("2026-11-19", "23:00").isoformat()}
    world.push("N-5", child(), **occurred)
    world.push("N-6", child(forename="Bela"), restricted_access=True, **occurred)
    world.until(time(7, 31))
    for reference, number in (("N-5", ORDINARY), ("N-6", OWN)):
        (notification,) = world.notifications(reference)
        assert looked_at(world, notification.id).desk.telephone == number
        world.open("first@primary.test", notification.id)
        shown = looked_at(world, notification.id)
        assert shown.content is not None
        assert (shown.content.desk.telephone, shown.desk.telephone) == (number, number)
        assert shown.content.desk.helpline_telephone == "0808 157 0000"
        other = {ORDINARY, OWN} - {number}
        assert not [one for one in other if one in placed_text(shown.content, on=FRIDAY)]
    # A newer version that does not repeat the restriction keeps the number, and so does its end.
    world.push("N-6", child(forename="Bela", presence="saw"), version=2, **occurred)
    world.tick()
    (notification,) = world.notifications("N-6")
    again = looked_at(world, notification.id)
    assert again.content is not None
    assert (again.notification.content_version, again.content.desk.telephone) == (2, OWN)
    world.withdraw("N-6")
    world.tick()
    ended = looked_at(world, notification.id)
    assert (ended.shown, ended.desk.telephone) == (opening.Shown.ENDED, OWN)


def test_a_reviewer_of_the_group_rings_the_group(with_own_desk: World) -> None:
    nowhere = {"school_name": "Nowhere Academy", "town": "Nowhere"}
    with_own_desk.push("N-7", child(education=nowhere), restricted_access=True)
    with_own_desk.push("N-8", child(forename="Bela", education=nowhere))
    with_own_desk.until(time(6, 30))
    email, found = "second@police.test", {}
    with with_own_desk.wiring.database.read(with_own_desk.scope_of(email)) as session:
        for unclear in session.scalars(select(InvolvedChild)):
            reference = session.get_one(Incident, unclear.incident_id).reference
            ringing = to_ring(session, with_own_desk.acting(email), unclear)
            found[reference] = ringing.desk_telephone
    assert found == {"N-7": OWN, "N-8": ORDINARY}


def test_a_group_of_fewer_than_two_who_can_act_rings(force: World) -> None:
    for emails, gap in ((GROUP, False), (GROUP[:1], True)):
        name(force, *emails)
        with force.wiring.database.read(PLATFORM) as session:
            found = force_readiness(
                session, force.wiring.cipher, force=FORCE, on=FRIDAY, policy=Policy()
            )
        assert (Gap.RESTRICTED_GROUP_SMALL in found.gaps) is gap
        assert Gap.RESTRICTED_GROUP_MISSING not in found.gaps


def test_the_watchdog_asks_whether_somebody_who_may_know_of_it_has_it(force: World) -> None:
    force.push("N-5", child(), restricted_access=True)
    force.until(time(8, 0))

    def unheld() -> int:
        with force.wiring.database.read(PLATFORM) as session:
            return sum(one.count for one in untold_unheld(Look(session, force.now)))

    assert unheld() == 0
    # the force's desk is staffed, by people who must not know of it
    with force.wiring.database.write(PLATFORM) as session:
        session.merge(force.people["member@police.test"]).disabled_at = force.now
        session.merge(force.people["desk@example.org"]).disabled_at = force.now
        session.execute(update(Officer).values(left_on=FRIDAY))
    assert unheld() == 1


def test_a_later_version_restricts_all_of_it_and_none_lifts_that(force: World) -> None:
    force.push("N-6", child())
    force.until(time(6, 30))
    assert sees(force, "desk@example.org") == {"N-6"}
    force.push("N-6", child(), version=2, restricted_access=True)
    force.tick()
    assert sees(force, "desk@example.org") == set()
    force.push("N-6", child(), version=3)
    force.tick()
    assert sees(force, "desk@example.org") == set()
    assert sees(force, "member@police.test") == {"N-6"}
    with force.wiring.database.read(PLATFORM) as session:
        open_ones = session.scalar(
            select(func.count()).where(Incident.restricted_access.is_(False))
        )
    assert open_ones == 0


def test_a_restricted_incident_joins_no_message_of_another_and_counts_in_none(
    force: World,
) -> None:
    force.push("N-7", child())
    force.until(time(1, 30))
    force.push("N-8", child(), restricted_access=True)
    force.until(time(2, 0))
    force.push("N-9", child())
    force.until(time(6, 0))
    sent = {name: force.notifications(name) for name in ("N-7", "N-8", "N-9")}
    assert {one.id for one in sent["N-7"]} == {one.id for one in sent["N-9"]}
    assert {one.id for one in sent["N-8"]}.isdisjoint(one.id for one in sent["N-7"])
    assert sees(force, "desk@example.org") == {"N-7", "N-9"}


# Tables of a force whose rows say nothing of one incident, each with what they are.
OF_NO_INCIDENT = {
    "alert": "to whom and when; what it is about stands in alert_cover and alert_about",
    "alert_about": "a code and an id, found from what it is about",
    "audit": "found from its subject, and read whole by an operator alone",
    "break_glass": "what was typed, for who asked and who answers",
    "child_count": "what is left of erased incidents",
    "drill": "a drill", "drill_school": "a drill", "night_close": "totals of a night",
    "readiness_check": "an evening's check", "run": "a day",
    "trial_incident": "what a test system pushed: codes, of nobody",
    "timeliness_day": "counts of a day",
    "report_export": "days and a count; what is in the file is asked anew of who takes it",
    "restriction_lift": "what one who sees it typed, for those who see it (app.casework.lifting)",
    "recall_of_many": "a recipient or all, and a count that no page shows",
    "suspect_pattern": "shown by the incidents of its suspect that are found",
    "incident": "itself",
}  # fmt: skip
POINTERS = ("incident_id", "involved_child_id", "notification_id", "unsettled_id", "recall_id")


def tenant_tables() -> list[type[Any]]:
    return [*ForceOwned.__subclasses__(), *Delivered.__subclasses__()]


def test_every_table_of_a_force_points_to_its_incident_or_says_nothing_of_one() -> None:
    unknown = {
        table.__tablename__
        for table in tenant_tables()
        if not {*POINTERS} & set(table.__table__.columns.keys())
    }
    assert unknown - {"notification"} == set(OF_NO_INCIDENT)


def test_no_statement_finds_a_row_of_it_in_any_table(force: World) -> None:
    force.push("N-1", child())
    force.push("N-2", child(forename="Bela"), restricted_access=True)
    force.push("N-3", child(education={"school_name": "St Marys"}), restricted_access=True)
    force.until(time(8, 46))
    outside, found = force.scope_of("desk@example.org"), set[str]()
    with force.wiring.database.read(PLATFORM) as session:
        hidden = rows_of(session, {"N-2", "N-3"})
        seen = rows_of(session, {"N-1"})
    for table in tenant_tables():
        names = [one.key for one in inspect(table).primary_key]
        key, other = [getattr(table, one) for one in names], aliased(table)
        again = [getattr(other, one) for one in names]
        ways = (
            select(*key), select(*select(*key).subquery().c), select(*again),
            select(*key).join(other, again[0] == key[0]),
            select(*again).where(again[0].in_(select(key[0]))),
        )  # fmt: skip
        with force.wiring.database.read(outside) as session:
            close_to(session, force.acting("desk@example.org").actor, now=force.now)
            for way in ways:
                rows = {tuple(row) for row in session.execute(way)}
                assert rows.isdisjoint(hidden.get(table.__tablename__, set()))
                assert rows >= seen.get(table.__tablename__, set())
        found |= {table.__tablename__} if hidden.get(table.__tablename__) else set()
    assert {"incident", "involved_child", "notification", "match", "review", "call_sheet_line",
            "escalation_step", "unsettled_child", "review_step", "occurrence"} <= found  # fmt: skip


def rows_of(session: Session, references: set[str]) -> dict[str, set[tuple[Any, ...]]]:
    """Return the keys of all rows that hang on incidents, found by following each pointer."""
    wanted = select(Incident.id).where(Incident.reference.in_(references))
    ids = {"incident_id": set(session.scalars(wanted))}
    by_name = {table.__tablename__: table for table in tenant_tables()}
    for pointer, pointed in (
        ("involved_child_id", "involved_child"), ("notification_id", "notification"),
        ("unsettled_id", "unsettled_child"), ("recall_id", "recall"),
    ):  # fmt: skip
        ids[pointer] = {row.id for row in _pointing(session, by_name[pointed], ids)}
    found = {
        name: {tuple(inspect(row).identity) for row in _pointing(session, table, ids)}
        for name, table in by_name.items()
    }
    return found | {"incident": {(one,) for one in ids["incident_id"]}}


def _pointing(session: Session, table: type[Any], ids: dict[str, set[UUID]]) -> list[Any]:
    return [
        row
        for row in session.scalars(select(table))
        if any(getattr(row, name, None) in known for name, known in ids.items())
    ]


@pytest.mark.parametrize(
    ("people", "may", "near"),
    [
        ("dr", "01", "01"), ("drl", "01", "012"), ("Dr", None, None), ("Drl", "012", "012"),
        ("dd", None, None), ("ddL", "012", "012"), ("L", None, None), ("", None, None),
        ("d", None, None), ("rl", None, None), ("DRl", None, None), ("DRll", "0123", "0123"),
        ("Dru", "012", "012"),
    ],
)  # fmt: skip
def test_it_is_closed_only_where_those_inside_can_do_the_work(
    people: str, may: str | None, near: str | None
) -> None:
    """d, r: members of desk and review, u: an auditor; D, R: such as cannot be alerted.

    l: a lead outside the group, L: one who reviews and is of the desk, too.
    """
    roles = {
        "d": {Role.FORCE_DESK}, "r": {Role.REVIEWER}, "l": {Role.LEAD}, "u": {Role.LEAD},
    }  # fmt: skip
    ids = [new_id() for _ in people]
    standing = [
        Standing(
            ident, member=kind in "drDRu", lead=kind in "lL", able=kind not in "DR",
            roles=frozenset({Role.LEAD, Role.REVIEWER, Role.FORCE_DESK})
            if kind == "L" else frozenset(roles[kind.lower()]),
        )
        for ident, kind in zip(ids, people, strict=True)
    ]  # fmt: skip
    for wanted, is_near in ((may, False), (near, True)):
        expected = None if wanted is None else {ids[int(place)] for place in wanted}
        assert who_may(standing, near=is_near) == expected
