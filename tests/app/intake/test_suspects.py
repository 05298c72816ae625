"""The same suspect in another family: only where the DPO signed, and before one pair of eyes."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from app.core.audit import Event
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Policy, SuspectPatterns
from app.core.scope import PLATFORM
from app.intake.models import Incident
from app.intake.suspects import PatternState, SuspectLink, SuspectPattern, other_families
from app.wiring import Wiring
from tests.journeys.world import FORCE, World, at, child

pytestmark = pytest.mark.feature("IN13")

SIGNED = SuspectPatterns(on=True, signed_off_by="The DPO", signed_off_on=date(2026, 10, 1))
ONE = {"key": "S-1", "child_refs": ["c1"]}
BELA = child(forename="Bela", surname="Other", date_of_birth="2015-05-06")


@pytest.fixture
def world(wiring: Wiring) -> World:
    made = World(wiring)
    made.school(990001, "Exampleton Primary School", key_adults=["first@primary.test"])
    made.clock.move_to(at("2026-11-20", "01:10"))
    return made


@pytest.fixture
def signed(world: World) -> World:
    with world.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(suspects=SIGNED), valid_from=world.now,
            approved_by="The DPO", now=world.now,
        )  # fmt: skip
    return world


def patterns(world: World) -> list[SuspectPattern]:
    with world.wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(SuspectPattern)))


def links(world: World) -> list[SuspectLink]:
    with world.wiring.database.read(PLATFORM) as session:
        return list(session.scalars(select(SuspectLink)))


def two_families(world: World) -> None:
    world.push("ONE", child(), suspects=[ONE])
    world.push("TWO", BELA, suspects=[ONE])
    world.tick()


def test_without_a_signature_no_suspect_is_kept(world: World) -> None:
    two_families(world)
    assert (links(world), patterns(world)) == ([], [])


@pytest.mark.parametrize(
    "given", [{"on": True}, {"on": True, "signed_off_by": "The DPO"}, {"signed_off_by": ""}]
)
def test_it_is_not_switched_on_without_a_name_and_a_day(given: dict[str, Any]) -> None:
    assert not SuspectPatterns().on
    with pytest.raises(ValidationError):
        SuspectPatterns.model_validate({"on": True, **given})


def test_two_families_are_one_pattern_and_found_the_same_day(signed: World) -> None:
    two_families(signed)
    (pattern,) = patterns(signed)
    assert (pattern.state, pattern.incidents) == (PatternState.OPEN, 2)
    assert pattern.found_at == signed.now
    with signed.wiring.database.read(PLATFORM) as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.event == Event.PATTERN_FOUND)
        ).all()
        sealed = session.scalars(select(Incident.sealed)).all()
    assert [one.subject for one in found] == [f"suspect_pattern:{pattern.id}"]
    assert all(b"S-1" not in one for one in sealed)


@pytest.mark.parametrize(
    "second",
    [
        {"suspects": [{"key": "S-2"}]},
        {"suspects": []},
    ],
)
def test_another_suspect_makes_none(signed: World, second: dict[str, Any]) -> None:
    signed.push("ONE", child(), suspects=[ONE])
    signed.push("TWO", BELA, **second)
    signed.tick()
    assert patterns(signed) == []


def test_the_same_family_again_makes_none(signed: World) -> None:
    signed.push("ONE", child(), suspects=[ONE])
    signed.push("TWO", child(), {**BELA, "ref": "c2"}, suspects=[{"key": "S-1"}])
    signed.tick()
    assert patterns(signed) == []


def test_only_the_children_concerned_count(signed: World) -> None:
    signed.push("ONE", child(), suspects=[ONE])
    beside = [{"key": "S-1", "child_refs": ["c2"]}]
    signed.push("TWO", child(), {**BELA, "ref": "c2"}, suspects=beside)
    signed.tick()
    assert len(patterns(signed)) == 1


def test_a_child_who_cannot_be_recognised_proves_no_other_family(signed: World) -> None:
    signed.push("ONE", child(), suspects=[ONE])
    signed.push("TWO", {**BELA, "date_of_birth": "2015-01-01"}, suspects=[ONE])
    signed.tick()
    assert patterns(signed) == []


def test_a_withdrawn_incident_and_an_older_version_count_for_nothing(signed: World) -> None:
    signed.push("ONE", child(), suspects=[ONE])
    signed.push("TWO", BELA, suspects=[ONE])
    signed.push("TWO", child(), version=2, suspects=[ONE])
    signed.tick()
    assert patterns(signed) == []


def decided(world: World, state: PatternState) -> UUID:
    with world.wiring.database.write(PLATFORM) as session:
        (row,) = session.scalars(select(SuspectPattern))
        row.state, row.decided_at = state, world.now
        return row.id


def test_a_further_incident_opens_it_again_and_a_newer_version_does_not(signed: World) -> None:
    two_families(signed)
    decided(signed, PatternState.DISMISSED)
    signed.push("TWO", BELA, version=2, suspects=[ONE])
    signed.tick()
    assert patterns(signed)[0].state is PatternState.DISMISSED
    signed.push("THREE", {**BELA, "forename": "Cai"}, suspects=[ONE])
    signed.tick()
    (pattern,) = patterns(signed)
    assert (pattern.state, pattern.incidents, pattern.decided_at) == (PatternState.OPEN, 3, None)


def test_the_digests_go_with_the_content(signed: World) -> None:
    two_families(signed)
    for reference in ("ONE", "TWO"):
        signed.withdraw(reference)
    signed.clock.move_to(signed.now + timedelta(days=366))
    signed.runner.run_step("purge_expired")
    assert links(signed) == []
    assert [one.digest for one in patterns(signed)] == [None]


FAMILIES = st.lists(st.frozensets(st.binary(min_size=1, max_size=1), max_size=3), max_size=5)


@given(FAMILIES)
def test_families_in_any_order_give_one_answer(families: list[frozenset[bytes]]) -> None:
    answer = other_families(families)
    assert other_families(families[::-1]) is answer
    assert other_families([*families, frozenset()]) is answer
    common = [family | {b"x"} for family in families]
    assert not other_families(common)
