"""Many incidents are looked up at once, and each is decided on what is true when it is decided."""

import pytest
from sqlalchemy import select, update

from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.jobs.looking_ahead import look_ahead
from app.jobs.match_children import match_incident
from schools.matching.models import Match
from schools.matching.stamps import register_stamp, roll_stamp
from schools.roll_models import Pupil
from tests.journeys.test_twins import UNTOLD, load_roll
from tests.journeys.world import World, at, child

AT_ST_MARYS = ",Example-Khan,Asha,2018-03-02,,ZZ99 3VZ,990001,2022-09-01"


@pytest.fixture
def night(world: World) -> World:
    """Two incidents that wait, of a child on a roll and of one who is on none."""
    world.clock.move_to(at("2026-11-19", "12:00"))
    load_roll(world, AT_ST_MARYS)
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push("N-1", child("listed", forename="Asha", **UNTOLD))
    world.push("N-2", child("unlisted", forename="Bronwen", **UNTOLD))
    return world


def test_what_was_looked_up_counts_only_while_nothing_has_changed(night: World) -> None:
    with night.wiring.database.read(PLATFORM) as session:
        ids = list(session.scalars(select(Incident.id).order_by(Incident.reference)))
        found = look_ahead(session, night.wiring.cipher, ids)
        stamps = register_stamp(session), roll_stamp(session)
    assert set(found) == set(ids)
    listed = found[ids[0]]
    assert [len(leads.pupils) for leads in listed.leads] == [1]
    assert listed.leads_for(listed.children, listed.on, stamps) == listed.leads
    assert listed.leads_for(found[ids[1]].children, listed.on, stamps) is None
    load_roll(night, AT_ST_MARYS.replace("Asha", "Nesta"))
    with night.wiring.database.read(PLATFORM) as session:
        later = register_stamp(session), roll_stamp(session)
    assert listed.leads_for(listed.children, listed.on, later) is None


def test_a_roll_that_came_in_between_decides(night: World) -> None:
    with night.wiring.database.read(PLATFORM) as session:
        ids = list(session.scalars(select(Incident.id).order_by(Incident.reference)))
        found = look_ahead(session, night.wiring.cipher, ids)
    load_roll(night, AT_ST_MARYS.replace("Asha", "Bronwen"))
    for one in ids:
        with night.wiring.database.write(PLATFORM) as session:
            match_incident(
                session, night.wiring.cipher, one, now=night.now, ahead=found[one]
            )  # fmt: skip
    with night.wiring.database.read(PLATFORM) as session:
        refs = {one.id: one.ref for one in session.scalars(select(InvolvedChild))}
        decided = {refs[one.involved_child_id]: one for one in session.scalars(select(Match))}
    assert decided["unlisted"].urns == [990001]
    assert decided["listed"].band != "matched"


def test_a_pupil_whose_row_cannot_be_opened_keeps_no_other_child_waiting(night: World) -> None:
    with night.wiring.database.write(PLATFORM) as session:
        session.execute(update(Pupil).values(sealed=b"\x00" * 40))
    elsewhere = {"date_of_birth": "2015-07-21", "residences": [{"postcode": "ZZ99 7AA"}]}
    night.push("N-3", child("of-others", forename="Nesta", surname="Otherby", **elsewhere))
    night.may_fail = {"match_children"}
    night.tick()
    with night.wiring.database.read(PLATFORM) as session:
        refs = {one.id: one.ref for one in session.scalars(select(InvolvedChild))}
        decided = {refs[one.involved_child_id] for one in session.scalars(select(Match))}
    assert decided == {"of-others"}
