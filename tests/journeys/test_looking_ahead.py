"""Many incidents are looked up at once, and each is decided on what is true when it is decided."""

import pytest
from sqlalchemy import select, update

from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.jobs.looking_ahead import look_ahead
from app.jobs.match_children import match_incident
from schools.matching.models import Match, Review, ReviewState
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


@pytest.fixture
def damaged(night: World) -> World:
    """The roll's only row does not open any more, and children wait whom it may be or not."""
    with night.wiring.database.write(PLATFORM) as session:
        session.execute(update(Pupil).values(sealed=b"\x00" * 40))
    home = {**UNTOLD, "education": {"status": "home_educated"}}
    night.push("N-3", child("at-home", forename="Asha", **home))
    night.push("N-4", child("named", forename="Asha"))
    elsewhere = {"date_of_birth": "2017-07-21", "residences": [{"postcode": "ZZ99 7AA"}]}
    night.push("N-5", child("of-others", forename="Nesta", surname="Otherby", **elsewhere))
    night.tick()
    return night


def test_a_child_who_may_be_a_pupil_whose_row_does_not_open_comes_before_a_person(
    damaged: World,
) -> None:
    with damaged.wiring.database.read(PLATFORM) as session:
        children = {one.ref: one for one in session.scalars(select(InvolvedChild))}
        for ref, reason in (
            ("listed", "no_school_known"), ("at-home", "too_uncertain"), ("named", "too_uncertain")
        ):  # fmt: skip
            asked_about = children[ref]
            assert (asked_about.outcome, asked_about.outcome_reason) == (
                Outcome.IN_REVIEW, OutcomeReason(reason)
            ), ref  # fmt: skip
            review = session.scalars(
                select(Review).where(Review.involved_child_id == asked_about.id)
            ).one()
            assert review.state is ReviewState.OPEN
            assert review.reason_code == reason
            noted = session.scalars(
                select(AuditEntry).where(
                    AuditEntry.event == Event.CHILD_TO_REVIEW,
                    AuditEntry.subject == f"involved_child:{asked_about.id}",
                )
            ).one()
            assert noted.reason_code == reason


def test_a_row_that_does_not_open_keeps_no_other_child_waiting(damaged: World) -> None:
    with damaged.wiring.database.read(PLATFORM) as session:
        refs = {one.id: one.ref for one in session.scalars(select(InvolvedChild))}
        decided = {refs[one.involved_child_id]: one for one in session.scalars(select(Match))}
    assert (decided["of-others"].band, decided["of-others"].reason_code) == ("matched", None)
