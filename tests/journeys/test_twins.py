"""Twins, one of them off the roll: what is about one never reaches the other's school."""

import io
from datetime import time
from typing import Any

import pytest
from sqlalchemy import select

from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from notifications.models import Notification
from schools.matching.models import Match, Review, ReviewState
from schools.roll import import_roll
from tests.journeys.world import World, at, child

ROLL = "UPN,Surname,Forename,DOB,Sex,PostCode,URN,EntryDate\n"


def load_roll(world: World, *rows: str) -> None:
    """Give the council's roll of last week."""
    text = ROLL + "".join(f"{row}\n" for row in rows)
    with world.wiring.database.write(PLATFORM) as session:
        report = import_roll(
            session, world.wiring.cipher, io.StringIO(text), owner="council:999", now=world.now
        )
    assert not report.errors


def schools_of(world: World, reference: str) -> dict[str, int | None]:
    """Return which school each child's notification went to, by the ref of the child."""
    with world.wiring.database.read(PLATFORM) as session:
        refs = {one.id: one.ref for one in session.scalars(select(InvolvedChild))}
    return {refs[one.involved_child_id]: one.urn for one in world.notifications(reference)}


def outcomes(world: World) -> dict[str, Outcome]:
    with world.wiring.database.read(PLATFORM) as session:
        return {one.ref: one.outcome for one in session.scalars(select(InvolvedChild))}


UNTOLD = {"education": {"status": "registered"}}


@pytest.mark.feature("MA5")
@pytest.mark.parametrize(
    "settled_before",
    [{"relation": "is_suspect"}, {"education": {"school_name": "Otherby Church School",
                                                "town": "Otherby"}}],
)  # fmt: skip
def test_a_twin_who_is_decided_already_still_stands_beside_the_other(
    world: World, settled_before: dict[str, Any]
) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push(
        "N-1", child("one", forename="Zara", **{**UNTOLD, **settled_before}),
        child("two", forename="Zahra", **UNTOLD),
    )  # fmt: skip
    world.until(time(6, 30))
    with world.wiring.database.read(PLATFORM) as session:
        refs = {str(one.id): one.ref for one in session.scalars(select(InvolvedChild))}
        matches = session.scalars(select(Match)).all()
    sets = [sorted(refs[one] for one in match.decided_with or ()) for match in matches]
    assert sets
    assert all(one == ["one", "two"] for one in sets)


@pytest.mark.feature("MA5")
@pytest.mark.parametrize(
    ("on_roll", "off_roll"),
    [("Asha", "Bela"), ("Zara", "Zahra"), ("Amelia", "Alice"), ("Jayden", "Hayden")],
)
def test_twins_one_off_the_roll_never_cross(world: World, on_roll: str, off_roll: str) -> None:
    world.clock.move_to(at("2026-11-19", "12:00"))
    load_roll(world, f",Example-Khan,{on_roll},2018-03-02,,ZZ99 3VZ,990001,2022-09-01")
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push(
        "N-1", child("listed", forename=on_roll, **UNTOLD),
        child("unlisted", forename=off_roll, **UNTOLD),
    )  # fmt: skip
    world.until(time(6, 30))
    assert schools_of(world, "N-1") == {"listed": 990001}
    assert outcomes(world)["unlisted"] is Outcome.IN_REVIEW
    assert set(world.alerted()) <= {"first@primary.test", "reviewer@example.org"}
    world.settle("reviewer@example.org", urn=990002)
    world.until(time(6, 40))
    assert schools_of(world, "N-1") == {"listed": 990001, "unlisted": 990002}
    shown = {one.urn: one for one in world.notifications("N-1")}
    world.open("first@primary.test", shown[990001].id)
    world.open("only@otherby.test", shown[990002].id)
    assert (world.board.told, world.board.not_told) == (2, 0)
    assert world.imbalances == []


@pytest.mark.feature("MA5")
def test_the_twin_off_the_roll_alone_waits_for_a_person(world: World) -> None:
    world.clock.move_to(at("2026-11-19", "12:00"))
    load_roll(world, ",Example-Khan,Asha,2018-03-02,F,ZZ99 3VZ,990001,2022-09-01")
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child("unlisted", forename="Bela", **UNTOLD))
    world.until(time(6, 30))
    assert world.notifications("N-1") == []
    with world.wiring.database.read(PLATFORM) as session:
        review = session.scalars(select(Review).where(Review.state == ReviewState.OPEN)).one()
        match = session.get_one(Match, review.match_id)
        assert session.scalars(select(Notification)).all() == []
    assert match.band.value != "matched"


@pytest.mark.feature("MA5")
def test_twins_at_two_schools_are_told_apart_by_the_roll(world: World) -> None:
    world.clock.move_to(at("2026-11-19", "12:00"))
    load_roll(
        world, ",Example-Khan,Alfred,2018-03-02,M,ZZ99 3VZ,990001,2022-09-01",
        ",Example-Khan,Frederick,2018-03-02,M,ZZ99 3VZ,990002,2022-09-01",
    )  # fmt: skip
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push(
        "N-1", child("freddie", forename="Freddie", **UNTOLD),
        child("alfie", forename="Alfie", **UNTOLD),
    )  # fmt: skip
    world.until(time(6, 30))
    assert schools_of(world, "N-1") == {"alfie": 990001, "freddie": 990002}
