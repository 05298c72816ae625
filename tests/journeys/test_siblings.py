"""Children of one incident: a message each, and no school reads of a sibling or their school."""

from dataclasses import asdict
from datetime import time

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework.calling import claim, show_content
from app.core.scope import PLATFORM, of_force
from notifications.models import CallSheetLine
from notifications.queries import content_of
from tests.journeys.world import FORCE, World, at, child

CHILDREN = {"c1": "Asha", "c2": "Bela", "c3": "Cora"}
OTHERBY = {"school_name": "Otherby Church School", "town": "Otherby"}
SCHOOLS = {"c1": "Exampleton", "c2": "Exampleton", "c3": "Otherby"}


@pytest.fixture
def night(world: World) -> World:
    """Two sisters at one school and one at another, in one incident."""
    world.clock.move_to(at("2026-11-20", "01:10"))
    world.push(
        "N-1", child("c1"), child("c2", forename="Bela", date_of_birth="2016-09-14"),
        child("c3", forename="Cora", date_of_birth="2019-12-01", education=OTHERBY),
    )  # fmt: skip
    world.until(time(7, 45))
    return world


@pytest.mark.feature("CO4")
@pytest.mark.feature("DL3")
def test_each_child_has_a_message_of_its_own_that_knows_no_sibling(night: World) -> None:
    notes = night.notifications("N-1")
    assert sorted(note.urn or 0 for note in notes) == [990001, 990001, 990002]
    told = set()
    for note in notes:
        with night.wiring.database.read(of_force(FORCE)) as session:
            content = content_of(session, night.wiring.cipher, note)
        words = str(asdict(content))
        (own,) = [ref for ref, name in CHILDREN.items() if name in words]
        told.add(own)
        for ref, place in SCHOOLS.items():
            assert ref == own or CHILDREN[ref] not in words
            assert place == SCHOOLS[own] or place not in words
    assert told == set(CHILDREN)


def test_a_call_about_one_of_them_shows_that_one_alone(night: World) -> None:
    night.person("caller@example.org", Role.FORCE_DESK, force=FORCE)
    with night.wiring.database.read(PLATFORM) as session:
        lines = session.scalars(select(CallSheetLine)).all()
    assert len(lines) == 3
    seen = []
    for line in lines:
        acting = night.acting("caller@example.org")
        with night.wiring.database.write(night.scope_of("caller@example.org")) as session:
            claim(session, acting, line_id=line.id)
        with night.wiring.database.write(night.scope_of("caller@example.org")) as session:
            call, content = show_content(session, acting, line_id=line.id)
        names = [name for name in CHILDREN.values() if name in str(asdict(content))]
        seen += names
        assert len(names) == 1
        assert (call.school.name == "Otherby Church School") is (names == ["Cora"])
    assert sorted(seen) == sorted(CHILDREN.values())
