"""What holds of every told school: order, strangers and places never make a match less careful."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy import Policy
from schools.matching.decide import decide
from schools.matching.details import Band, Decision, Leads, SchoolFacts
from tests.factories.schools import COUNCIL, LAST_NIGHT, OTHER_COUNCIL, child, school

REGISTER = (
    school(990001, "St Mary's Catholic Primary School"),
    school(990002, "St Mary's Church of England Primary School", town="Mockbury"),
    school(990003, "Mockbury Community Primary School", town="Mockbury"),
    school(990004, "Hawthorn Infant School", low_age=4, high_age=7),
    school(990005, "Hawthorn Junior School", low_age=7, high_age=11),
    school(990006, "Oakwood Academy", town="Otherton", la_code=OTHER_COUNCIL, la_key="othershire"),
    school(990007, "Quill Lane Primary School", town="Otherton", la_code=OTHER_COUNCIL,
           la_key="othershire"),
)  # fmt: skip
TOLD = (
    ("St Marys RC Primary", "Exampleton"), ("St Marys CE Prim", "Mockbury"),
    ("Mockbury Primary", "Mockbury"), ("Hawthorn Jnr", "Exampleton"),
    ("Oakwood Academy", "Otherton"), ("Quill Lane", "Otherton"), ("Hawthorn", "Exampleton"),
)  # fmt: skip
ADDED = st.builds(
    school,
    st.integers(990100, 990199),
    st.sampled_from([one.name for one in REGISTER] + ["Quill Lane and Hawthorn School",
                     "Mockbury Park Primary School", "St Mary and St Quill Primary School"]),
    town=st.sampled_from(["Exampleton", "Mockbury", "Otherton", "Elsewhere"]),
    la_code=st.sampled_from([COUNCIL, OTHER_COUNCIL, "997"]),
)  # fmt: skip


def decided(schools: Sequence[SchoolFacts], name: str, **facts: Any) -> Decision:
    known = frozenset({"st", "mary", "mockbury", "hawthorn", "oakwood", "quill", "lane"})
    return decide(
        child(school_name=name, **facts), Leads(told=tuple(schools), known_words=known), [],
        on=LAST_NIGHT, matching=Policy().matching, input_digest=bytes(32),
    )  # fmt: skip


def test_most_of_these_names_are_settled() -> None:
    bands = [decided(REGISTER, name, town=town).band for name, town in TOLD]
    assert bands[:6] == [Band.MATCHED] * 6
    assert bands[6] is not Band.MATCHED


@pytest.mark.feature("MA4")
@given(st.permutations(REGISTER), st.sampled_from(TOLD))
def test_the_order_of_rows_never_matters(
    rows: Sequence[SchoolFacts], told: tuple[str, str]
) -> None:
    assert decided(rows, told[0], town=told[1]) == decided(REGISTER, told[0], town=told[1])


@pytest.mark.feature("MA4")
@given(ADDED, st.sampled_from(TOLD))
def test_another_school_never_turns_a_match_into_a_different_match(
    added: SchoolFacts, told: tuple[str, str]
) -> None:
    before = decided(REGISTER, told[0], town=told[1])
    after = decided([*REGISTER, added], told[0], town=told[1])
    if before.band is Band.MATCHED and after.band is Band.MATCHED:
        assert after.urns == before.urns


@pytest.mark.feature("MA4")
@given(st.sampled_from(TOLD))
def test_a_name_without_its_place_is_never_surer(told: tuple[str, str]) -> None:
    placed, placeless = decided(REGISTER, told[0], town=told[1]), decided(REGISTER, told[0])
    assert placeless.band is not Band.MATCHED
    best = {one.urn: one.score for one in placed.evidence}
    urn = placed.urns[0]
    assert next((one.score for one in placeless.evidence if one.urn == urn), 0.0) <= best[urn]
