"""Who is in scope: one row for every sentence of the rule, and what must hold of any child."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.policy import Policy
from app.intake.details import ChildDetails, Education, Hold, IncidentDetails
from app.intake.eligibility import age_on, decide
from app.intake.outcomes import Outcome, OutcomeReason
from app.intake.words import (
    EducationStatus,
    Involvement,
    LivesWith,
    PartyUnder16,
    Presence,
    Relation,
)
from tests.factories.incidents import LAST_NIGHT, child_details, incident_details

POLICY = Policy()
SCHOOL = Education(status="registered", school_name="St Marys Primary")
NURSERY = Education(status="pre_school", urn=990001)
COLLEGE = Education(status="further_education", school_name="Exampleton College")

RECEIVED = (Outcome.RECEIVED, None)


def review(reason: OutcomeReason) -> tuple[Outcome, OutcomeReason]:
    return Outcome.IN_REVIEW, reason


def no(reason: OutcomeReason) -> tuple[Outcome, OutcomeReason]:
    return Outcome.NOT_NOTIFIED, reason


@pytest.mark.feature("IN11")
@pytest.mark.parametrize(
    ("situation", "child", "incident", "expected"),
    [
        ("child of either adult", {"relation": "child_of_victim"}, {}, RECEIVED),
        ("not present still counts", {"presence": "not_present"}, {}, RECEIVED),
        ("said to be unaffected", {"affected": False}, {}, RECEIVED),
        ("relation not recorded", {"relation": "unknown"}, {}, RECEIVED),
        ("nothing known but a ref", {"relation": "unknown", "presence": "unknown"}, {}, RECEIVED),
        (
            "fifteen-year-old suspect",
            {"relation": "is_suspect", "date_of_birth": date(2011, 5, 5), "education": SCHOOL},
            {},
            no(OutcomeReason.IS_SUSPECT),
        ),
        ("six-year-old brother of the suspect", {"relation": "child_of_victim"}, {}, RECEIVED),
        (
            "sixteen-year-old victim at college",
            {"relation": "is_victim", "date_of_birth": date(2010, 1, 2), "education": COLLEGE},
            {},
            RECEIVED,
        ),
        (
            "nine-year-old hurt beside her mother",
            {"involvement": "direct_victim"},
            {"party_under_16": "victim"},
            RECEIVED,
        ),
        (
            "another child of parties under sixteen",
            {},
            {"party_under_16": "suspect"},
            review(OutcomeReason.UNDER_16_PARTIES),
        ),
        ("unborn", {"education": Education("unborn")}, {}, no(OutcomeReason.UNBORN)),
        (
            "nursery that is no school",
            {"education": Education("pre_school")},
            {},
            no(OutcomeReason.PRE_SCHOOL_NOT_REGISTERED),
        ),
        ("nursery class of a school", {"education": NURSERY}, {}, RECEIVED),
        (
            "nursery class of a school told by name",
            {"education": Education("pre_school", school_name="St Marys Primary")},
            {},
            RECEIVED,
        ),
        (
            "nursery class of whoever gave a pupil number",
            {"education": Education("pre_school"), "upn": "not yet known"},
            {},
            RECEIVED,
        ),
        (
            "the town alone names no school",
            {"education": Education("pre_school", town="Exampleton")},
            {},
            no(OutcomeReason.PRE_SCHOOL_NOT_REGISTERED),
        ),
        (
            "somebody at the school is party to it",
            {"connected_at_school": ("Sam Example",)},
            {},
            review(OutcomeReason.CONNECTED_AT_SCHOOL),
        ),
        ("an empty name connects nobody", {"connected_at_school": ("",)}, {}, RECEIVED),
        (
            "whom to tell comes before whether to tell",
            {"connected_at_school": ("Sam Example",), "relation": "not_related"},
            {"party_under_16": "suspect"},
            review(OutcomeReason.CONNECTED_AT_SCHOOL),
        ),
        (
            "a hold comes first",
            {"connected_at_school": ("Sam Example",)},
            {"hold": Hold("life_at_risk", "DI 1", LAST_NIGHT + timedelta(hours=9))},
            (Outcome.HELD, OutcomeReason.FORCE_HOLD),
        ),
        (
            "connected, and yet not notified",
            {"connected_at_school": ("Sam Example",), "relation": "is_suspect"},
            {},
            no(OutcomeReason.IS_SUSPECT),
        ),
        (
            "eighteen and still at school",
            {"date_of_birth": date(2008, 3, 1), "education": SCHOOL},
            {},
            RECEIVED,
        ),
        (
            "eighteen on the day, at college",
            {"date_of_birth": date(2008, 11, 19), "education": COLLEGE},
            {},
            no(OutcomeReason.OVER_18),
        ),
        (
            "eighteen tomorrow",
            {"date_of_birth": date(2008, 11, 20), "education": COLLEGE},
            {},
            RECEIVED,
        ),
        (
            "estimated age",
            {"date_of_birth": date(1998, 1, 1), "education": Education()},
            {},
            RECEIVED,
        ),
        ("year of birth alone", {"birth_year": 1990, "education": Education()}, {}, RECEIVED),
        (
            "unrelated and elsewhere",
            {"relation": "not_related", "presence": "not_present"},
            {},
            no(OutcomeReason.NOT_RELATED),
        ),
        (
            "unrelated but present",
            {"relation": "not_related", "presence": "heard"},
            {},
            review(OutcomeReason.UNRELATED_BUT_PRESENT),
        ),
        (
            "unrelated, presence unknown",
            {"relation": "not_related"},
            {},
            review(OutcomeReason.UNRELATED_BUT_PRESENT),
        ),
        ("relative who lives there", {"relation": "relative", "lives_with": "both"}, {}, RECEIVED),
        ("relative who was there", {"relation": "relative", "presence": "saw"}, {}, RECEIVED),
        (
            "relative elsewhere, affected",
            {"relation": "relative", "presence": "not_present", "affected": True},
            {},
            RECEIVED,
        ),
        (
            "relative elsewhere, not affected",
            {"relation": "relative", "presence": "not_present", "affected": False},
            {},
            no(OutcomeReason.NOT_AFFECTED),
        ),
        (
            "relative elsewhere, nobody knows",
            {"relation": "relative", "presence": "not_present"},
            {},
            review(OutcomeReason.AFFECTED_UNKNOWN),
        ),
        ("no crime, low risk, not attended", {}, {"attended": False, "crime": False}, RECEIVED),
        ("living in another force", {}, {"residence_force": "98"}, RECEIVED),
        (
            "held by the force",
            {},
            {"hold": Hold("life_at_risk", "DI 1", LAST_NIGHT + timedelta(hours=9))},
            (Outcome.HELD, OutcomeReason.FORCE_HOLD),
        ),
        (
            "a hold holds nothing that is not sent",
            {"relation": "is_suspect"},
            {"hold": Hold("life_at_risk", "DI 1", LAST_NIGHT + timedelta(hours=9))},
            no(OutcomeReason.IS_SUSPECT),
        ),
    ],
)
def test_each_rule_of_scope(
    situation: str,
    child: dict[str, Any],
    incident: dict[str, Any],
    expected: tuple[Outcome, OutcomeReason | None],
) -> None:
    answer = decide(child_details(**child), incident_details(**incident), policy=POLICY)
    assert answer == expected, situation


def test_early_years_settings_are_a_switch_of_the_force() -> None:
    nursery = child_details(education=Education("pre_school"))
    assert decide(nursery, incident_details(), policy=Policy(early_years=True)) == RECEIVED


def test_age_is_counted_on_the_london_date() -> None:
    # Half past midnight in London on her eighteenth birthday is still the day before in UTC.
    child = child_details(date_of_birth=date(2008, 7, 10), education=COLLEGE)
    incident = incident_details(occurred_from=datetime.fromisoformat("2026-07-09T23:30:00+00:00"))
    assert decide(child, incident, policy=POLICY) == no(OutcomeReason.OVER_18)


@pytest.mark.parametrize(
    ("on", "age"), [(date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2028, 2, 29), 20)]
)
def test_who_was_born_on_29_february_is_older_on_1_march(on: date, age: int) -> None:
    assert age_on(date(2008, 2, 29), on) == age


CHILDREN = st.builds(
    ChildDetails,
    ref=st.just("c1"),
    date_of_birth=st.none() | st.dates(date(1950, 1, 1), date(2030, 1, 1)),
    birth_year=st.none() | st.integers(1950, 2030),
    relation=st.sampled_from(Relation),
    affected=st.sampled_from([None, True, False]),
    lives_with=st.sampled_from(LivesWith),
    presence=st.sampled_from(Presence),
    involvement=st.sampled_from(Involvement),
    education=st.builds(
        Education,
        status=st.sampled_from(EducationStatus),
        urn=st.none() | st.just(990001),
        school_name=st.none() | st.just("St Marys Primary"),
    ),
    connected_at_school=st.sampled_from([(), ("Sam Example",)]),
)
INCIDENTS = st.builds(
    lambda party, held: incident_details(
        party_under_16=party,
        hold=Hold("life_at_risk", "DI 1", LAST_NIGHT + timedelta(hours=9)) if held else None,
    ),
    st.sampled_from(PartyUnder16),
    st.booleans(),
)


@pytest.mark.feature("IN11")
@given(CHILDREN, INCIDENTS)
def test_every_child_has_one_first_outcome_and_every_other_answer_a_reason(
    child: ChildDetails, incident: IncidentDetails
) -> None:
    outcome, reason = decide(child, incident, policy=POLICY)
    assert outcome in {
        Outcome.RECEIVED,
        Outcome.IN_REVIEW,
        Outcome.NOT_NOTIFIED,
        Outcome.HELD,
    }
    assert (reason is None) == (outcome is Outcome.RECEIVED)
    if child.relation == Relation.IS_SUSPECT:
        assert (outcome, reason) == no(OutcomeReason.IS_SUSPECT)
    if child.connected_at_school:
        assert outcome is not Outcome.RECEIVED
    if child.education.status == EducationStatus.REGISTERED:
        assert reason is not OutcomeReason.OVER_18
    if child.date_of_birth is None:
        assert reason is not OutcomeReason.OVER_18


@given(CHILDREN, INCIDENTS, st.booleans(), st.sampled_from(["standard", "high", "not_graded"]))
def test_risk_crime_attendance_and_residence_never_change_the_answer(
    child: ChildDetails, incident: IncidentDetails, flag: bool, grade: str
) -> None:
    from dataclasses import replace

    other = replace(incident, attended=flag, crime=not flag, risk_grade=grade, residence_force="98")
    assert decide(child, other, policy=POLICY) == decide(child, incident, policy=POLICY)


@given(CHILDREN)
def test_being_hurt_never_makes_a_child_less_likely_to_be_told(child: ChildDetails) -> None:
    from dataclasses import replace

    order = [Outcome.NOT_NOTIFIED, Outcome.IN_REVIEW, Outcome.RECEIVED]
    calm = decide(replace(child, involvement="none"), incident_details(), policy=POLICY)[0]
    hurt = decide(replace(child, involvement="hurt"), incident_details(), policy=POLICY)[0]
    assert order.index(hurt) >= order.index(calm)
