"""Numbers, told names and rolls together: agreement is sent, disagreement and doubt never."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.core.policy import Matching, Policy
from app.intake.outcomes import OutcomeReason
from schools.matching.decide import decide
from schools.matching.details import (
    Band,
    Decision,
    Judged,
    Leads,
    PupilFacts,
    SchoolFacts,
)
from schools.matching.roll_match import compare, posterior
from schools.matching.rules import RULES_VERSION
from tests.factories.schools import LAST_NIGHT, child, school

HERE = school(990001, "Mockbury Primary School", town="Mockbury")
THERE = school(990002, "Sampleford Primary School", town="Sampleford")
CLOSED = school(990003, "Old Mill Primary School", is_open=False)
HIGH = school(990004, "Mockbury High School", phase="Secondary", low_age=11, high_age=18)
COLLEGE = school(990005, "Exampleshire College", type_code=18, statutory=False, low_age=16,
                 high_age=99, phase="16 plus")  # fmt: skip
UPPER = school(990006, "Mockbury Upper School", phase="Secondary", low_age=14, high_age=18)
RENAMED = replace(HERE, aliases=("Old Lodge Primary School",))
SAINTS = tuple(
    school(990010 + place, f"St Mary's {faith} Primary School", town="Mockbury")
    for place, faith in enumerate(("Catholic", "CofE", "Methodist"))
)
SCHOOLS = {one.urn: one for one in (HERE, THERE, CLOSED, HIGH, COLLEGE, UPPER)}
IDENTITY = child().identity


def pupil_at(*places: SchoolFacts, **changes: Any) -> tuple[PupilFacts, ...]:
    """Return the child's own row on the roll of each school."""
    facts: dict[str, Any] = {
        "forename": IDENTITY.forename, "surname": IDENTITY.surname, "sex": "F",
        "date_of_birth": IDENTITY.date_of_birth, "postcode": "ZZ99 3VZ", **changes,
    }  # fmt: skip
    return tuple(
        PupilFacts(number, place.urn, **facts) for number, place in enumerate(places, start=1)
    )


def namesakes(*places: SchoolFacts) -> tuple[PupilFacts, ...]:
    """Return pupils of one name and birthday at several schools, none of whose homes is known."""
    return pupil_at(*places, postcode=None)


def decided(
    *, given: SchoolFacts | None = None, given_unknown: bool = False,
    told: tuple[SchoolFacts, ...] = (HERE, THERE), pupils: tuple[PupilFacts, ...] = (),
    judged: tuple[Judged, ...] = (), confirmed: bool = False, matching: Matching | None = None,
    **facts: Any,
) -> Decision:  # fmt: skip
    whose = child(**facts)
    leads = Leads(
        given=given, given_unknown=given_unknown, told=told, pupils=pupils, roll_size=2_000,
        schools=SCHOOLS | {one.urn: one for one in told}, successors={CLOSED.urn: THERE},
        confirmed=frozenset({CLOSED.urn} if confirmed else ()),
    )  # fmt: skip
    scores = [score for pupil in pupils if (score := compare(whose.identity, pupil)) is not None]
    current = [one for one in scores if not one.pupil.left]
    left = [one for one in scores if one.pupil.left]
    return decide(
        whose, leads, posterior(current, 2_000), left=posterior(left, 2_000), judged=judged,
        on=LAST_NIGHT, matching=matching or Policy().matching, input_digest=b"d" * 32,
    )  # fmt: skip


TOLD_HERE: dict[str, Any] = {"school_name": "Mockbury Primary", "town": "Mockbury"}


@pytest.mark.feature("MA1")
@pytest.mark.parametrize(
    ("evidence", "urn"),
    [
        ({"given": HERE}, HERE.urn),
        ({"given": HERE, **TOLD_HERE}, HERE.urn),
        ({"given": RENAMED, "school_name": "Old Lodge Primary"}, HERE.urn),
        ({"given": HERE, "pupils": pupil_at(HERE), "school_name": "Old Lodge Primary"}, HERE.urn),
        ({"given": HERE, "school_name": "primary"}, HERE.urn),
        ({"given": HERE, "pupils": pupil_at(HERE)}, HERE.urn),
        (TOLD_HERE, HERE.urn),
        ({"pupils": pupil_at(HERE)}, HERE.urn),
        ({"pupils": pupil_at(HERE), **TOLD_HERE}, HERE.urn),
        ({"pupils": pupil_at(HERE), "school_name": "Mockbury"}, HERE.urn),
        ({"given": COLLEGE, "date_of_birth": LAST_NIGHT.replace(year=2009)}, COLLEGE.urn),
        ({"given": HERE, "date_of_birth": None}, HERE.urn),
    ],
)
def test_what_agrees_is_matched(evidence: dict[str, Any], urn: int) -> None:
    decision = decided(**evidence)
    assert (decision.band, decision.urns, decision.reason_code) == (Band.MATCHED, (urn,), None)
    assert decision.rules_version == RULES_VERSION
    assert decision.input_digest == b"d" * 32


@pytest.mark.feature("MA3")
@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({"given": HERE, "pupils": pupil_at(THERE)}, "evidence_disagrees"),
        ({"given": THERE, **TOLD_HERE}, "evidence_disagrees"),
        # One mistyped digit: the told name could be any of several, the number's school is none.
        ({"given": HERE, "school_name": "St Mary's", "told": SAINTS}, "evidence_disagrees"),
        ({"given": HERE, "school_name": "Nobody Knows It"}, "evidence_disagrees"),
        ({"pupils": pupil_at(THERE), **TOLD_HERE}, "evidence_disagrees"),
        ({"pupils": pupil_at(THERE), "school_name": "Nobody Knows It"}, "evidence_disagrees"),
        ({"pupils": pupil_at(HERE, left=True), **TOLD_HERE}, "evidence_disagrees"),
        ({"pupils": pupil_at(HERE, left=True), "given": HERE}, "evidence_disagrees"),
        ({"given": HIGH, "date_of_birth": date(2018, 7, 19)}, "evidence_disagrees"),
        ({"given": COLLEGE}, "evidence_disagrees"),
        ({"given_unknown": True, **TOLD_HERE}, "evidence_disagrees"),
        ({"status": "home_educated", **TOLD_HERE}, "evidence_disagrees"),
        ({"status": "home_educated", "pupils": pupil_at(HERE)}, "evidence_disagrees"),
        ({"given": CLOSED}, "school_closed"),
        ({"pupils": pupil_at(CLOSED)}, "school_closed"),
        ({"pupils": namesakes(HERE, THERE)}, "several_schools"),
        ({"protected": True, "given": HERE}, "protected"),
        ({"protected": True, "pupils": pupil_at(HERE), **TOLD_HERE}, "protected"),
        ({"forename": None, **TOLD_HERE}, "name_missing"),
        ({"surname": " ", "given": HERE}, "name_missing"),
    ],
)
def test_what_disagrees_or_must_be_seen_goes_to_a_person(
    evidence: dict[str, Any], reason: str
) -> None:
    decision = decided(**evidence)
    assert decision.band is not Band.MATCHED
    assert decision.reason_code == OutcomeReason(reason)
    assert decision.evidence


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({}, "no_school_known"),
        ({"protected": True}, "protected"),
        ({"status": "home_educated"}, "home_educated"),
        ({"urn": 999999}, "home_educated"),
        ({"status": "not_in_education"}, "not_in_education"),
        ({"urn": 888888}, "no_school_known"),
        ({"given_unknown": True}, "no_school_known"),
    ],
)
def test_without_any_candidate_the_reason_says_why(evidence: dict[str, Any], reason: str) -> None:
    decision = decided(**evidence)
    assert (decision.band, decision.urns) == (Band.NONE, ())
    assert decision.reason_code == OutcomeReason(reason)


def test_disagreeing_schools_are_both_shown() -> None:
    decision = decided(pupils=pupil_at(THERE), **TOLD_HERE)
    assert set(decision.urns) == {HERE.urn, THERE.urn}


def test_a_closed_school_is_never_a_candidate_and_its_successor_is() -> None:
    for decision in (decided(given=CLOSED), decided(pupils=pupil_at(CLOSED))):
        assert decision.urns == (THERE.urn,)
        assert [one.urn for one in decision.evidence] == [THERE.urn]


@pytest.mark.feature("MA4")
def test_a_match_keeps_its_distance_to_the_next() -> None:
    matching = Policy().matching
    alone = decided(pupils=pupil_at(HERE))
    assert alone.score >= matching.auto_threshold
    assert alone.margin >= matching.auto_margin
    doubled = decided(pupils=namesakes(HERE, THERE))
    assert doubled.margin < matching.auto_margin


@pytest.mark.feature("MA2")
def test_evidence_holds_levels_and_weights_and_nothing_of_the_child() -> None:
    decision = decided(pupils=pupil_at(HERE), **TOLD_HERE)
    best = decision.evidence[0]
    assert best.source == "told_and_roll"
    assert set(best.weights) == set(best.fields)
    assert not any(word in repr(decision) for word in ("Asha", "Quillfeather", "2016", "3VZ"))


def test_the_same_facts_always_give_the_same_decision() -> None:
    evidence: dict[str, Any] = {"pupils": pupil_at(HERE, THERE), **TOLD_HERE}
    assert decided(**evidence) == decided(**evidence)
    turned = tuple(reversed(pupil_at(HERE, THERE)))
    turned = tuple(replace(one, pupil_id=number) for number, one in enumerate(turned, start=5))
    assert decided(pupils=turned, **TOLD_HERE).urns == decided(**evidence).urns
