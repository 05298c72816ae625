"""Schools found by rolls, successors and earlier answers, from the push to the morning board."""

from datetime import time
from typing import Any

import pytest
from sqlalchemy import select, update

from app.casework import taking_back
from app.casework.not_our_pupil import undo_not_our_pupil
from app.casework.reviewing import case, claim
from app.cli.explaining import Explanation, explain
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.reports.told import Told
from notifications.states import NotificationState
from schools.matching.details import Verdict
from schools.matching.models import Judgement, Match, Review, ReviewState
from schools.models import Establishment, EstablishmentLink, Status
from schools.register_models import SuccessorConfirmation
from schools.roll import import_roll
from tests.factories.schools import roll_file
from tests.journeys.world import COUNCIL, World, at, child

PRIMARY, OTHERBY = 990001, 990002
REVIEWER = "reviewer@example.org"
UNKNOWN: dict[str, Any] = {"education": {"status": "unknown"}}


@pytest.fixture(autouse=True)
def one_in_the_morning(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))


def roll(world: World, *urns: int, **changes: Any) -> None:
    asha = {"Surname": "Example-Khan", "DOB": "02-03-2018", **changes}
    with world.wiring.database.write(PLATFORM) as session:
        import_roll(
            session, world.wiring.cipher, roll_file(*({**asha, "URN": urn} for urn in urns)),
            owner=f"council:{COUNCIL}", now=world.now,
        )  # fmt: skip


def ready(world: World, reference: str) -> dict[int | None, Any]:
    return {
        one.urn: one
        for one in world.notifications(reference)
        if one.state is NotificationState.READY
    }


def reason(world: World, reference: str) -> tuple[str, str | None]:
    with world.wiring.database.read(PLATFORM) as session:
        found = session.scalars(
            select(InvolvedChild)
            .join(Incident, Incident.id == InvolvedChild.incident_id)
            .where(Incident.reference == reference)
        ).one()
        return found.outcome.value, found.outcome_reason


def explained(world: World) -> list[Explanation]:
    with world.wiring.database.read(PLATFORM) as session:
        ids = session.scalars(select(Match.id).order_by(Match.decided_at)).all()
        return [explain(session, world.wiring.cipher, one, now=world.now) for one in ids]


@pytest.mark.feature("MA14")
def test_a_child_at_two_schools_is_told_only_when_both_are(world: World) -> None:
    roll(world, PRIMARY, OTHERBY)
    world.push("D-1", child(**UNKNOWN))
    world.until(time(6, 30))
    sent = ready(world, "D-1")
    assert set(sent) == {PRIMARY, OTHERBY}
    assert {"first@primary.test", "only@otherby.test"} <= set(world.alerted())
    world.open("first@primary.test", sent[PRIMARY].id)
    (row,) = world.board.rows
    assert (row.told, row.held_by) == (Told.NOT_TOLD, "Key adult: Key Adult 1")
    assert set(row.schools) == {"Exampleton Primary School", "Otherby Church School"}
    assert world.imbalances == []
    world.open("only@otherby.test", sent[OTHERBY].id)
    assert world.board.all_told
    assert world.imbalances == []
    assert [one.reproduced for one in explained(world)] == [True]


def test_one_of_two_schools_that_refuses_brings_the_child_back_to_a_person(world: World) -> None:
    roll(world, PRIMARY, OTHERBY)
    world.push("D-1", child(**UNKNOWN))
    world.until(time(6, 30))
    sent = ready(world, "D-1")
    world.open("first@primary.test", sent[PRIMARY].id)
    world.refuse("only@otherby.test", sent[OTHERBY].id)
    assert world.board.not_told == 1
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    assert world.board.all_told
    assert world.imbalances == []


@pytest.mark.feature("MA15")
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_closed_school_leads_to_its_successor_once_that_is_confirmed(
    world: World, *, confirmed: bool
) -> None:
    world.school(990009, "Old Mill Primary School")
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Establishment).where(Establishment.urn == 990009).values(status=Status.CLOSED)
        )
        session.add(EstablishmentLink(urn=990009, link_urn=OTHERBY, link_type="Successor"))
        if confirmed:
            session.add(
                SuccessorConfirmation(
                    urn=OTHERBY, predecessor_urn=990009, confirmed_by="account:only",
                    confirmed_at=world.now,
                )
            )  # fmt: skip
    world.push("C-1", child(education={"urn": 990009}))
    world.tick()
    assert set(ready(world, "C-1")) == ({OTHERBY} if confirmed else set())
    assert reason(world, "C-1") == (
        ("sent_to_school", None) if confirmed else ("in_review", "school_closed")
    )
    assert [one.reproduced for one in explained(world)] == [True]


@pytest.mark.feature("MA12")
def test_a_school_that_said_no_is_not_told_of_the_next_incident_without_a_person(
    world: World,
) -> None:
    world.push("M-1", child())
    world.until(time(6, 40))
    world.refuse("first@primary.test", ready(world, "M-1")[PRIMARY].id)
    world.clock.move_to(at("2026-11-20", "06:50"))
    world.settle(REVIEWER, OTHERBY)
    world.tick()
    world.clock.move_to(at("2026-11-24", "01:10"))
    world.push("M-2", child())
    world.tick()
    assert world.notifications("M-2") == []
    assert reason(world, "M-2") == ("in_review", "evidence_disagrees")
    review_id = world.claim(REVIEWER)
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        shown = case(session, world.acting(REVIEWER), review_id=review_id)
    assert [(one.school, one.verdict) for one in shown.earlier] == [
        ("Otherby Church School", Verdict.YES), ("Exampleton Primary School", Verdict.NO),
    ]  # fmt: skip
    assert ("said", "said_no") in shown.candidates[0].fields
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    assert set(ready(world, "M-2")) == {PRIMARY}
    # the newer yes of a person counts from then on
    world.clock.move_to(at("2026-11-26", "01:10"))
    world.push("M-3", child())
    world.tick()
    assert set(ready(world, "M-3")) == {PRIMARY}
    assert {(one.child, one.differs) for one in explained(world)} == {("c1", ())}


@pytest.mark.feature("MA12")
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"date_of_birth": None}, {"date_of_birth": None}),
        ({"date_of_birth": None}, {}),
        ({}, {"date_of_birth": "2018-03-20"}),
    ],
)
def test_a_school_that_said_no_is_not_told_of_a_newer_version_without_a_person(
    world: World, first: dict[str, Any], then: dict[str, Any]
) -> None:
    school: dict[str, Any] = {"education": {"urn": PRIMARY}}
    world.push("V-1", child(**school, **first))
    world.until(time(6, 40))
    world.refuse("first@primary.test", ready(world, "V-1")[PRIMARY].id)
    world.clock.move_to(at("2026-11-20", "06:50"))
    world.push("V-1", child(**school, **then), version=2)
    world.tick()
    assert ready(world, "V-1") == {}
    assert [row.outcome_reason for row in world.board.rows] == ["evidence_disagrees"]
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        newest = session.scalars(select(Review.id).order_by(Review.opened_at.desc())).first()
        assert newest is not None
        claim(session, world.acting(REVIEWER), review_id=newest)
        shown = case(session, world.acting(REVIEWER), review_id=newest)
    assert [one.verdict for one in shown.earlier] == [Verdict.NO]


@pytest.mark.feature("MA12")
def test_a_no_of_a_closed_school_holds_for_the_one_that_followed(world: World) -> None:
    world.school(990009, "Old Mill Primary School", key_adults=["old@mill.test"])
    world.push("H-1", child(education={"urn": 990009}))
    world.until(time(6, 40))
    world.refuse("old@mill.test", ready(world, "H-1")[990009].id)
    world.clock.move_to(at("2026-11-20", "06:50"))
    world.settle(REVIEWER, PRIMARY)
    with world.wiring.database.write(PLATFORM) as session:
        session.execute(
            update(Establishment).where(Establishment.urn == 990009).values(status=Status.CLOSED)
        )
        session.add(EstablishmentLink(urn=990009, link_urn=OTHERBY, link_type="Successor"))
    world.clock.move_to(at("2026-11-24", "01:10"))
    world.push("H-2", child(education={"urn": OTHERBY}))
    world.tick()
    assert ready(world, "H-2") == {}
    assert reason(world, "H-2") == ("in_review", "evidence_disagrees")


@pytest.mark.feature("MA12")
def test_a_no_taken_back_within_its_minutes_bars_nothing(world: World) -> None:
    world.push("M-1", child())
    world.until(time(6, 40))
    (first,) = world.notifications("M-1")
    world.refuse("first@primary.test", first.id)
    with world.wiring.database.write(world.scope_of("first@primary.test")) as session:
        undo_not_our_pupil(session, world.acting("first@primary.test"), notification_id=first.id)
    with world.wiring.database.read(PLATFORM) as session:
        (word,) = session.scalars(select(Judgement)).all()
    assert (word.verdict, word.undone_at is None) == (Verdict.NO, False)
    world.clock.move_to(at("2026-11-24", "01:10"))
    world.push("M-2", child())
    world.tick()
    assert set(ready(world, "M-2")) == {PRIMARY}


@pytest.mark.parametrize(
    ("moved", "urns"),
    [({}, {990003}), ({"residences": [{"postcode": "ZZ99 4XX", "authority": COUNCIL}]}, set())],
)
def test_what_a_key_adult_confirmed_makes_a_vague_name_clear_while_the_child_lives_there(
    world: World, moved: dict[str, Any], urns: set[int]
) -> None:
    world.school(990003, "St Mary's Catholic Primary School", key_adults=["rc@mary.test"])
    world.school(990004, "St Mary's Church of England Primary School", key_adults=["ce@mary.test"])
    world.push("L-1", child(education={"urn": 990003}))
    world.until(time(6, 40))
    world.open("rc@mary.test", ready(world, "L-1")[990003].id)
    world.clock.move_to(at("2026-11-24", "01:10"))
    vague: dict[str, Any] = {"education": {"school_name": "St Mary's", "town": "Exampleton"}}
    world.push("L-2", child(**vague, **moved))
    world.push("L-3", child(forename="Bela", **vague))
    world.tick()
    assert set(ready(world, "L-2")) == urns
    assert ready(world, "L-3") == {}
    assert {(one.child, one.differs) for one in explained(world)} == {("c1", ())}


@pytest.mark.feature("MA11")
def test_a_decision_taken_back_is_recalled_and_settled_elsewhere(world: World) -> None:
    world.push("U-1", child(**UNKNOWN))
    world.until(time(7, 0))
    review_id = world.claim(REVIEWER)
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    assert set(ready(world, "U-1")) == {PRIMARY}
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        taking_back.undo(session, world.acting(REVIEWER), review_id=review_id)
    world.tick()
    assert ready(world, "U-1") == {}
    assert world.board.rows[0].told is Told.NOT_TOLD
    assert world.imbalances == []
    world.settle(REVIEWER, OTHERBY)
    world.tick()
    assert set(ready(world, "U-1")) == {OTHERBY}
    with world.wiring.database.read(PLATFORM) as session:
        states = session.scalars(select(Review.state).order_by(Review.opened_at)).all()
        matches = session.scalars(select(Match).order_by(Match.decided_at)).all()
    assert states == [ReviewState.SETTLED, ReviewState.SETTLED]
    assert [one.undone_at is None for one in matches] == [True, False, True]
    world.open("only@otherby.test", ready(world, "U-1")[OTHERBY].id)
    assert world.board.all_told


@pytest.mark.feature("MA17")
def test_children_of_one_incident_are_explained_as_the_set_they_were(world: World) -> None:
    roll(world, PRIMARY)
    world.push(
        "S-1", child(**UNKNOWN), child("c2", forename="Bela", **UNKNOWN),
        child("c3", forename="Cato", relation="is_suspect", **UNKNOWN),
        child("c4", forename="Dilys", relation="relative", presence="unknown"),
        child("c5", forename="Effie", protected=["refuge"]),
        child("c6", forename="Fergus", education={"status": "home_educated"}),
    )  # fmt: skip
    world.tick()
    found = {one.child: one for one in explained(world)}
    assert set(found) == {"c1", "c2", "c4", "c5", "c6"}
    assert {ref: (one.reproduced, one.differs) for ref, one in found.items()} == dict.fromkeys(
        found, (True, ())
    )
    assert found["c4"].reason_code == "affected_unknown"
    assert found["c5"].reason_code == "protected"
    assert (found["c6"].council, found["c6"].urns) == (COUNCIL, ())


def test_a_protected_child_with_another_doubt_is_before_a_person_as_protected(
    world: World,
) -> None:
    world.push("P-1", child(protected=["refuge"], connected_at_school=["Sam Example"]))
    world.tick()
    assert reason(world, "P-1") == ("in_review", "protected")
    assert world.notifications("P-1") == []
