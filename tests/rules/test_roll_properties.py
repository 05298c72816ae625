"""Properties of matching against rolls: order never matters, a stranger never moves a child."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy import Policy
from schools.matching.decide import decide
from schools.matching.details import (
    Band,
    ChildFacts,
    ChildIdentity,
    Decision,
    Leads,
    PupilFacts,
)
from schools.matching.roll_match import PupilScore, compare_all, posterior, without_shared
from tests.factories.schools import LAST_NIGHT, school

COUNTY = 20_000
SCHOOLS = {urn: school(urn) for urn in range(990001, 990005)}

forenames = st.sampled_from(
    ["Asha", "Ashia", "Bronwen", "Alfie", "Alfred", "Zara", "Zahra", "Mohammed", "A", "Baby"]
)
surnames = st.sampled_from(
    ["Quillfeather", "Quilfeather", "Smith", "Example-Khan", "Khan", "Singh Gill", "Gill"]
)
births = st.sampled_from(
    [date(2016, 3, 2), date(2016, 2, 3), date(2016, 3, 12), date(2016, 1, 1), date(2014, 7, 19)]
)
sexes = st.sampled_from(["F", "M", None])
postcodes = st.sampled_from(["ZZ99 3VZ", "ZZ99 9ZZ", None])
numbers = st.sampled_from([None, None, "R999999926001", "F999999926002"])


@st.composite
def rolls(draw: st.DrawFn) -> list[PupilFacts]:
    rows = draw(
        st.lists(
            st.tuples(forenames, surnames, births, sexes, postcodes, numbers,
                      st.sampled_from(list(SCHOOLS))),
            max_size=6,
        )
    )  # fmt: skip
    return [
        PupilFacts(
            number, urn, first, last, date_of_birth=born, sex=sex, upn=upn, postcode=postcode
        )
        for number, (first, last, born, sex, postcode, upn, urn) in enumerate(rows, start=1)
    ]


children = st.lists(
    st.builds(
        ChildIdentity,
        ref=st.just("c1"),
        forename=forenames,
        surname=surnames,
        date_of_birth=births,
        sex=st.sampled_from(["F", "M", "unknown"]),
        upn=numbers,
        postcodes=st.sampled_from([(), ("ZZ99 3VZ",), ("ZZ99 9ZZ", "ZZ99 3VZ")]),
    ),
    min_size=1,
    max_size=3,
)


def decided(identities: Sequence[ChildIdentity], roll: Sequence[PupilFacts]) -> list[Decision]:
    """Decide as `match_children` does, with every pupil found as a candidate of every child."""
    leads = Leads(pupils=tuple(roll), roll_size=COUNTY, schools=SCHOOLS)
    scored = without_shared([compare_all(one, roll, roll_size=COUNTY) for one in identities])
    return [_decision(one, leads, scores) for one, scores in zip(identities, scored, strict=True)]


def _decision(one: ChildIdentity, leads: Leads, scores: Sequence[PupilScore]) -> Decision:
    return decide(
        ChildFacts(one), leads, posterior(scores, COUNTY), on=LAST_NIGHT,
        matching=Policy().matching, input_digest=b"",
    )  # fmt: skip


@given(children, rolls(), st.randoms())
def test_matching_never_depends_on_the_order_of_the_rows(
    identities: list[ChildIdentity], roll: list[PupilFacts], chance: object
) -> None:
    mixed = list(roll)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert decided(identities, mixed) == decided(identities, roll)


@given(children, rolls())
def test_matching_never_depends_on_the_order_of_the_children(
    identities: list[ChildIdentity], roll: list[PupilFacts]
) -> None:
    assert decided(identities[::-1], roll)[::-1] == decided(identities, roll)


@pytest.mark.feature("MA17")
@given(children, rolls())
def test_a_decision_is_reproduced_bit_for_bit(
    identities: list[ChildIdentity], roll: list[PupilFacts]
) -> None:
    again = [replace(one) for one in roll]
    assert repr(decided(identities, roll)) == repr(decided(list(identities), again))


strangers = st.builds(
    PupilFacts,
    pupil_id=st.just(99),
    urn=st.sampled_from(list(SCHOOLS)),
    forename=forenames,
    surname=surnames,
    date_of_birth=births,
    sex=sexes,
    postcode=postcodes,
)


@given(children, rolls(), strangers)
def test_a_stranger_on_the_roll_never_turns_a_match_into_another_without_review(
    identities: list[ChildIdentity], roll: list[PupilFacts], stranger: PupilFacts
) -> None:
    before = decided(identities, roll)
    after = decided(identities, [*roll, stranger])
    for old, new in zip(before, after, strict=True):
        if old.band is Band.MATCHED and new.band is Band.MATCHED:
            assert new.urns == old.urns
