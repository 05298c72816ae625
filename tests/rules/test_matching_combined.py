"""Two schools, closed schools, earlier answers and other countries: what may go unattended."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as facts
from hypothesis import strategies as st

from app.core.policy import Matching
from schools.matching.details import Band, Judged, SchoolFacts, Verdict
from tests.factories.schools import school
from tests.rules.test_matching_decide import (
    CLOSED,
    HERE,
    HIGH,
    THERE,
    TOLD_HERE,
    UPPER,
    decided,
    namesakes,
    pupil_at,
)

VALID = "R999999926001"
SOME_MARYS = tuple(
    school(urn, f"St Mary's {faith} Primary School", town="Mockbury")
    for urn, faith in ((990011, "Catholic"), (990012, "Church of England"))
)
VAGUE: dict[str, Any] = {"school_name": "St Mary's", "town": "Mockbury"}


def said(
    place: SchoolFacts, verdict: Verdict = Verdict.NO, *, link: bool = False
) -> tuple[Judged, ...]:
    return (Judged(place.urn, verdict, date(2026, 10, 2), link),)


def linked(place: SchoolFacts) -> tuple[Judged, ...]:
    return said(place, Verdict.YES, link=True)


@pytest.mark.feature("MA14")
@pytest.mark.parametrize(
    "evidence",
    [
        {"pupils": pupil_at(HERE, THERE)},
        {"pupils": pupil_at(THERE, HERE), **TOLD_HERE},
        {"pupils": pupil_at(HERE, THERE), "given": HERE},
        {"pupils": pupil_at(HERE, THERE, upn=VALID), "upn": VALID},
        {"pupils": pupil_at(HERE, THERE, upn=VALID, postcode=None), "upn": VALID},
    ],
)
def test_a_child_registered_at_two_schools_is_matched_to_both(evidence: dict[str, Any]) -> None:
    decision = decided(**evidence)
    assert (decision.band, decision.reason_code) == (Band.MATCHED, None)
    assert sorted(decision.urns) == [HERE.urn, THERE.urn]
    assert decision.score >= Matching().auto_threshold
    assert {one.urn for one in decision.evidence} == set(decision.urns)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        # one name and birthday, homes unknown: they may be two children
        ({"pupils": namesakes(HERE, THERE)}, "several_schools"),
        # a row of three schools is a roll that nobody keeps
        ({"pupils": pupil_at(HERE, THERE, HIGH)}, "several_schools"),
        # the second is for those of fourteen and older, and the child is ten
        ({"pupils": pupil_at(HERE, UPPER)}, "evidence_disagrees"),
        ({"pupils": pupil_at(HERE, THERE), "given": HIGH}, "evidence_disagrees"),
        ({"pupils": pupil_at(HERE, THERE), "given_unknown": True}, "evidence_disagrees"),
        ({"pupils": pupil_at(HERE, THERE), "protected": True}, "protected"),
        ({"pupils": pupil_at(HERE, THERE), "judged": said(THERE)}, "evidence_disagrees"),
        ({"pupils": pupil_at(HERE, CLOSED)}, "several_schools"),
    ],
)
def test_two_rolls_that_are_not_surely_one_pupil_go_to_a_person(
    evidence: dict[str, Any], reason: str
) -> None:
    decision = decided(**evidence)
    assert CLOSED.urn not in decision.urns
    assert (decision.band is Band.MATCHED, decision.reason_code) == (False, reason)


@pytest.mark.feature("MA15")
@pytest.mark.parametrize(
    ("evidence", "urns"),
    [
        ({"given": CLOSED}, (THERE.urn,)),
        ({"given": CLOSED, "pupils": pupil_at(CLOSED)}, (THERE.urn,)),
        ({"given": CLOSED, "pupils": pupil_at(THERE)}, (THERE.urn,)),
        ({"pupils": pupil_at(CLOSED)}, (THERE.urn,)),
    ],
)
def test_a_confirmed_successor_takes_the_closed_schools_place(
    evidence: dict[str, Any], urns: tuple[int, ...]
) -> None:
    before = decided(**evidence)
    assert (before.band, before.reason_code) == (Band.POSSIBLE, "school_closed")
    assert THERE.urn in before.urns
    decision = decided(**evidence, confirmed=True)
    assert (decision.band, decision.urns) == (Band.MATCHED, urns)


def test_an_old_school_is_never_told_after_the_leaving_date() -> None:
    for evidence in ({"given": HERE}, TOLD_HERE, {"judged": linked(HERE)}, {}):
        decision = decided(pupils=pupil_at(HERE, left=True), **evidence)
        assert decision.band is not Band.MATCHED


@pytest.mark.feature("MA12")
@pytest.mark.parametrize(
    "evidence",
    [
        {"given": HERE},
        TOLD_HERE,
        {"pupils": pupil_at(HERE)},
        {"pupils": pupil_at(HERE), **TOLD_HERE},
    ],
)
def test_a_no_bars_the_automatic_match_and_only_that(evidence: dict[str, Any]) -> None:
    decision = decided(**evidence, judged=said(HERE))
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "evidence_disagrees")
    first = next(one for one in decision.evidence if one.urn == HERE.urn)
    assert first.fields["said"] == "said_no"
    for words in (said(THERE), said(HERE, Verdict.YES), said(HERE, Verdict.UNSURE)):
        assert decided(**evidence, judged=words).urns == (HERE.urn,)


@pytest.mark.feature("MA12")
def test_a_no_and_a_leaving_hold_for_the_school_that_followed() -> None:
    evidence: dict[str, Any] = {"given": THERE}
    assert decided(**evidence, judged=said(HIGH)).urns == (THERE.urn,)
    for more in ({"judged": said(CLOSED)}, {"pupils": pupil_at(CLOSED, left=True)}):
        decision = decided(**evidence, **more, confirmed=True)
        assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "evidence_disagrees")
    both = (*said(CLOSED), *said(THERE, Verdict.YES))
    assert decided(**evidence, judged=both).urns == (THERE.urn,)
    moved_with_it = (*pupil_at(CLOSED, left=True), *pupil_at(THERE))
    assert decided(**evidence, pupils=moved_with_it).urns == (THERE.urn,)


def test_a_link_alone_decides_nothing_and_is_offered() -> None:
    decision = decided(judged=linked(HERE))
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "too_uncertain")
    assert [one.source for one in decision.evidence] == ["link"]


def test_a_link_makes_a_vague_name_clear() -> None:
    one, _ = SOME_MARYS
    alone = decided(told=SOME_MARYS, **VAGUE)
    assert alone.band is Band.SEVERAL
    decision = decided(told=SOME_MARYS, judged=linked(one), **VAGUE)
    assert (decision.band, decision.urns) == (Band.MATCHED, (one.urn,))
    assert decision.given_urns == ()
    left = decided(told=SOME_MARYS, judged=linked(one), pupils=pupil_at(one, left=True), **VAGUE)
    assert left.band is not Band.MATCHED


@pytest.mark.feature("MA13")
@pytest.mark.parametrize(
    "evidence",
    [{"given": THERE}, {"pupils": pupil_at(THERE)}, TOLD_HERE | {"judged": linked(THERE)}],
)
def test_a_link_to_another_school_is_a_disagreement(evidence: dict[str, Any]) -> None:
    decision = decided(**{"judged": linked(HERE), **evidence})
    assert (decision.band, decision.reason_code) == (Band.POSSIBLE, "evidence_disagrees")
    assert set(decision.urns) == {HERE.urn, THERE.urn}


def test_two_newer_sources_outweigh_an_older_answer() -> None:
    decision = decided(judged=linked(THERE), pupils=pupil_at(HERE), **TOLD_HERE)
    assert (decision.band, decision.urns) == (Band.MATCHED, (HERE.urn,))


@pytest.mark.feature("MA13")
def test_a_force_may_switch_the_told_school_off_on_its_own() -> None:
    careful = Matching(told_school_alone=False)
    assert decided(matching=careful, **TOLD_HERE).band is not Band.MATCHED
    for more in ({"pupils": pupil_at(HERE)}, {"judged": linked(HERE)}):
        decision = decided(matching=careful, **TOLD_HERE, **more)
        assert (decision.band, decision.urns) == (Band.MATCHED, (HERE.urn,))


@pytest.mark.parametrize(
    ("postcodes", "reason"),
    [
        (("EH1 1YZ",), "other_jurisdiction"),
        (("BT1 5GS", "ZZ99 3VZ"), "no_school_known"),
        (("TD15 1AA",), "no_school_known"),
        (("not a postcode",), "no_school_known"),
        ((), "no_school_known"),
    ],
)
def test_a_home_in_another_country_goes_on_a_persons_list(
    postcodes: tuple[str, ...], reason: str
) -> None:
    decision = decided(postcodes=postcodes, school_name="Nobody Knows It")
    assert (decision.band, decision.urns, decision.reason_code) == (Band.NONE, (), reason)
    assert decided(postcodes=postcodes, **TOLD_HERE).urns == (HERE.urn,)


def test_the_likeliest_candidates_are_kept_with_their_scores() -> None:
    decision = decided(pupils=pupil_at(THERE), **TOLD_HERE)
    assert {urn for urn, _ in decision.considered} >= {HERE.urn, THERE.urn}
    scores = [score for _, score in decision.considered]
    assert scores == sorted(scores, reverse=True)


EVIDENCE = st.fixed_dictionaries(
    {
        "pupils": st.sampled_from(
            [(), pupil_at(HERE), pupil_at(THERE), pupil_at(HERE, THERE), namesakes(HERE, THERE),
             pupil_at(HERE, left=True), pupil_at(CLOSED)]
        ),
        "judged": st.sampled_from(
            [(), said(HERE), said(THERE), linked(HERE), linked(THERE)]
        ),
        "protected": st.booleans(),
    }
)  # fmt: skip


@facts(
    EVIDENCE,
    st.sampled_from([TOLD_HERE, VAGUE, {}]),
    st.sampled_from([None, HERE, THERE, CLOSED]),
)
def test_what_the_force_gave_never_depends_on_what_others_answered(
    answered: dict[str, Any], told: dict[str, Any], number: SchoolFacts | None
) -> None:
    own = decided(given=number, **told)
    decision = decided(given=number, **told, **answered)
    assert decision.given_urns == own.given_urns
    assert own.given_urns == (own.urns if own.band is Band.MATCHED else ())


@facts(EVIDENCE, st.sampled_from([TOLD_HERE, VAGUE, {}]))
def test_no_combination_sends_a_protected_denied_or_left_child(
    answered: dict[str, Any], told: dict[str, Any]
) -> None:
    decision = decided(**told, **answered)
    if decision.band is not Band.MATCHED:
        assert decision.reason_code
        return
    denied = {one.urn for one in answered["judged"] if one.verdict is Verdict.NO}
    gone = {one.urn for one in answered["pupils"] if one.left}
    assert not answered["protected"]
    assert decision.urns
    assert not set(decision.urns) & (denied | gone | {CLOSED.urn})
