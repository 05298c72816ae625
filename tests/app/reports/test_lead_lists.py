"""The lead's lists against a night of which every figure is known."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.core.policy import Policy
from app.core.scope import PLATFORM
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome
from app.reports.decisions import DecisionRow, decisions
from app.reports.fairness import by_area
from app.reports.patterns import repeated_children
from app.reports.quality import quality
from app.wiring import Wiring
from notifications.compose import Pattern
from tests.app.conftest import Encompass
from tests.journeys.world import FORCE, World, at, child

ON = date(2026, 11, 20)
DAY = "2026-11-20"
HOLD = {"reason_code": "court_order", "account": "DI Hold", "until": "2026-11-20T09:00:00+00:00"}


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.school(990001, "Exampleton Primary School", key_adults=["first@primary.test"])
    made.clock.move_to(at(DAY, "01:10"))
    return made


@pytest.fixture
def night(world: World) -> World:
    """Three good children, three with gaps, one seen and not listed, one incident with nobody."""
    world.push("GOOD", child(), child("c2", forename="Bela"))
    gaps = child(
        date_of_birth="2018-01-01", residences=[], voice=None, relation="unknown", upn="A1",
        education={},
    )  # fmt: skip
    world.push("GAPS", gaps, child("c2", forename=None, date_of_birth=None), children_seen=3)
    world.push("NOBODY", children_complete=True, children_seen=0)
    world.push("ADULT", child(date_of_birth="2000-03-02", education={"status": "unknown"}))
    world.push("HELD", child(forename="Cai"), hold=HOLD)
    world.push("BACK", child(forename="Dee"))
    world.clock.move_to(at(DAY, "01:20"))
    world.withdraw("BACK")
    world.tick()
    return world


@pytest.mark.feature("IN6")
def test_a_night_of_records_is_counted_for_the_force_and_each_system(night: World) -> None:
    with night.wiring.database.read(PLATFORM) as session:
        found = quality(session, force=FORCE, on=ON)
    total = found.total
    assert (total.incidents, total.without_children, total.children) == (6, 1, 7)
    assert (total.unnamed, total.with_warnings) == (1, 3)
    assert {code: count for code, count in total.warnings.items() if count} == {
        "dob_placeholder": 1, "dob_missing": 1, "name_missing": 1, "school_missing": 2,
        "postcode_unknown": 1, "upn_invalid": 1, "relation_missing": 1, "voice_missing": 1,
        "children_fewer_than_seen": 1,
    }  # fmt: skip
    assert [one.client for one in found.clients] == ["Control room"]
    assert found.clients[0].warnings == total.warnings


def test_a_newer_version_counts_instead_of_the_older(world: World) -> None:
    world.push("AGAIN", child(voice=None))
    world.push("AGAIN", child(), version=2)
    with world.wiring.database.read(PLATFORM) as session:
        found = quality(session, force=FORCE, on=ON)
        other = quality(session, force=FORCE, on=ON + timedelta(days=1))
    assert (found.total.incidents, found.total.warnings["voice_missing"]) == (1, 0)
    assert (other.total.incidents, other.clients) == (0, ())


def listed(world: World, on: date = ON) -> list[DecisionRow]:
    with world.wiring.database.read(PLATFORM) as session:
        return decisions(session, world.wiring.cipher, force=FORCE, on=on)


@pytest.mark.feature("IN11")
def test_every_hold_exclusion_and_withdrawal_is_listed_with_who_and_why(night: World) -> None:
    rows = {(row.reference, row.child_ref): row for row in listed(night)}
    assert set(rows) == {("ADULT", "c1"), ("HELD", "c1"), ("BACK", "")}
    adult, held, back = (rows[key] for key in (("ADULT", "c1"), ("HELD", "c1"), ("BACK", "")))
    assert (adult.kind, adult.reason, adult.decided_by) == ("excluded", "over_18", "Control room")
    assert (held.kind, held.account, held.now) == ("held", "DI Hold", Outcome.HELD)
    assert (back.kind, back.reason) == ("withdrawn", "recorded_in_error")


def test_a_hold_that_ended_is_listed_all_the_same_and_on_one_morning(night: World) -> None:
    night.clock.move_to(at(DAY, "10:00"))
    night.tick()
    (held,) = [row for row in listed(night) if row.kind == "held"]
    assert held.now is not Outcome.HELD
    assert listed(night, ON + timedelta(days=1)) == []


@pytest.mark.feature("IN11")
def test_each_child_not_told_is_in_the_reconciliation_with_its_reason(night: World) -> None:
    by_reference = {row.reference: row for row in night.board.rows}
    assert by_reference["ADULT"].outcome_reason == "over_18"
    assert night.imbalances == []
    with night.wiring.database.read(PLATFORM) as session:
        excluded = session.scalars(
            select(InvolvedChild).where(InvolvedChild.outcome == Outcome.NOT_NOTIFIED)
        ).all()
    assert all(one.outcome_reason is not None for one in excluded)


def test_the_commands_print_the_same(encompass: Encompass, night: World) -> None:
    shown = json.loads(encompass("report", "quality", "--date", DAY, "--json").stdout)
    assert shown["total"]["warnings"]["dob_missing"] == 1
    shown = json.loads(encompass("report", "decisions", "--date", DAY, "--json").stdout)
    assert [one["reference"] for one in shown["decisions"]] == ["ADULT", "HELD", "BACK"]
    shown = json.loads(encompass("report", "fairness", "--date", DAY, "--json").stdout)
    assert [one["area"] for one in shown["areas"]] == ["", "999"]
    for name in ("quality", "decisions", "fairness"):
        printed = encompass("report", name, "--date", DAY)
        assert printed.exit_code == 0
        assert "Asha" not in printed.output
        assert encompass("report", name, "--force", "98").exit_code == 1


def repeats(world: World, on: date) -> list[tuple[Pattern, int, int]]:
    with world.wiring.database.read(PLATFORM) as session:
        found = repeated_children(session, force=FORCE, on=on, policy=Policy())
    return [(one.pattern, one.in_30_days, one.in_90_days) for one in found]


@pytest.mark.feature("IN8")
@pytest.mark.parametrize(
    ("days", "found"),
    [
        ((0, 60, 90), [(Pattern.IN_90_DAYS, 1, 3)]),
        ((0, 60, 91), []),
        ((0, 5), []),
        ((0, 5, 10, 20, 30), [(Pattern.IN_30_DAYS, 5, 5)]),
        ((0, 5, 10, 20, 31), [(Pattern.IN_90_DAYS, 4, 5)]),
    ],
)
def test_a_child_again_and_again_is_flagged_the_same_day(
    world: World, days: tuple[int, ...], found: list[tuple[Pattern, int, int]]
) -> None:
    last = at(DAY, "01:10")
    for ago in sorted(days, reverse=True):
        world.clock.move_to(last - timedelta(days=ago))
        world.push(f"R-{ago}", child())
        world.push(f"R-{ago}", child(), version=2)
        world.tick()
        for one in world.notifications(f"R-{ago}"):
            if one.told_at is None and one.state.value == "ready":
                world.open("first@primary.test", one.id)
    assert repeats(world, ON) == found
    assert repeats(world, ON + timedelta(days=7)) == []


@pytest.mark.feature("MA19")
def test_areas_are_compared_and_small_ones_hidden(world: World) -> None:
    for number in range(14):
        world.push(f"BIG-{number}", child(forename=f"Asha{'abcdefghijklmn'[number]}"))
    lost = {"school_name": "St Nowhere", "town": "Elsewhere"}
    for number in range(6):
        unclear = child(forename=f"Bela{'abcdef'[number]}", education=lost)
        world.push(f"LOST-{number}", unclear)
    far = [{"postcode": "ZZ99 3VZ", "authority": "998"}]
    for number in range(2):
        world.push(f"FAR-{number}", child(forename=f"Cai{'ab'[number]}", residences=far))
    none = child(forename="Dee", residences=[], education=lost)
    world.push("NONE", none)
    world.tick()
    with world.wiring.database.read(PLATFORM) as session:
        found = by_area(session, force=FORCE, on=ON, now=at(DAY, "10:00"))
    rows = {row.area: row for row in found.rows}
    assert set(rows) == {"", "998", "999"}
    big = rows["999"]
    assert (big.children, big.matched_by_rules, big.reviewed) == (20, 14, 6)
    assert (big.percent_by_rules, big.percent_reviewed, big.percent_late) == (70, 30, 100)
    for small in (rows["998"], rows[""]):
        assert (small.children, small.matched_by_rules, small.late) == (None, None, None)
        assert small.percent_by_rules is None


def test_a_child_of_no_known_council_is_counted_at_its_school(world: World) -> None:
    for number in range(10):
        world.push(f"N-{number}", child(forename=f"Asha{'abcdefghij'[number]}", residences=[]))
    world.tick()
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(update(InvolvedChild).values(authority=None))
        (row,) = by_area(session, force=FORCE, on=ON, now=world.now).rows
    assert (row.area, row.name, row.children) == ("999", "Exampleshire", 10)
