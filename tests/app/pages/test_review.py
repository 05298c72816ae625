"""The review pages: claimed before anything of the child is seen, settled with a reason."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.casework.settling import words_of
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Desk, Policy
from app.core.scope import PLATFORM
from app.intake.outcomes import Outcome
from app.wiring import Wiring
from schools.matching.details import Band
from schools.matching.models import DecidedBy, Match, Review, ReviewState
from schools.models import Establishment
from schools.officers import Duty, add_officer
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, URN
from tests.factories.people import Browser, Person, add_person, move, signed_in

pytestmark = pytest.mark.feature("MA11")

SAID = "Rang at ten past seven: the Example-Khan girl is theirs"
DECISION = {"urn": str(URN), "reason": "council_lookup", "words": SAID}


@pytest.fixture
def reviewer(morning: Morning) -> Person:
    return add_person(morning.wiring, "jo@example.org", Role.REVIEWER, name="Jo Lee", force=FORCE)


@pytest.fixture
def review_id(morning: Morning) -> UUID:
    return morning.unclear(minutes=75)


def claimed(wiring: Wiring, person: Person, review_id: UUID) -> Browser:
    browser = signed_in(wiring, person)
    assert browser.press(f"/review/{review_id}/claim").status_code == 303
    return browser


def test_the_queue_is_in_the_order_of_time_left(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    sooner, later = morning.unclear(minutes=20), morning.unclear(minutes=120)
    page = signed_in(morning.wiring, reviewer).get("/review").text
    places = [page.index(str(one)) for one in (sooner, review_id, later)]
    assert places == sorted(places)
    assert "19 minutes left" in page
    assert "Several schools fit" in page
    assert "Example-Khan" not in page


def test_nothing_of_the_child_is_seen_before_claiming(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = signed_in(morning.wiring, reviewer)
    page = browser.get(f"/review/{review_id}").text
    assert "Claim it" in page
    assert "Asha" not in page
    browser.press(f"/review/{review_id}/claim")
    page = browser.get(f"/review/{review_id}").text
    assert "Asha Example-Khan" in page
    assert "St Marys Primary, Exampleton" in page
    assert page.count("app-candidate__name") == 2
    with morning.wiring.database.read(PLATFORM) as session:
        events = session.scalars(
            select(AuditEntry.event).where(AuditEntry.subject == f"review:{review_id}")
        ).all()
    assert events == ["review:case:claimed", "review:case:viewed"]


def test_a_colleague_sees_who_has_it_and_no_more(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    claimed(morning.wiring, reviewer, review_id)
    colleague = add_person(morning.wiring, "al@example.org", Role.REVIEWER, force=FORCE)
    browser = signed_in(morning.wiring, colleague)
    page = browser.get(f"/review/{review_id}").text
    assert "Jo Lee has this one now" in page
    assert "Asha" not in page
    assert browser.press(f"/review/{review_id}/claim").status_code == 409
    assert browser.press(f"/review/{review_id}/settle", DECISION).status_code == 409
    move(morning.wiring, minutes=15)
    browser = claimed(morning.wiring, colleague, review_id)
    assert "Asha" in browser.get(f"/review/{review_id}").text


@pytest.mark.parametrize("role", [Role.KEY_ADULT, Role.FORCE_DESK, Role.LEAD, Role.REVIEWER])
def test_nobody_else_finds_a_review(morning: Morning, review_id: UUID, role: Role) -> None:
    relation: dict[str, Any] = {"force": FORCE}
    if role is Role.KEY_ADULT:
        relation = {"urn": URN}
    if role is Role.REVIEWER:
        relation = {"council": "999"}  # another relation than the force's
    person = add_person(morning.wiring, "other@example.org", role, **relation)
    browser = signed_in(morning.wiring, person)
    assert str(review_id) not in browser.get("/review").text
    assert browser.get(f"/review/{review_id}").status_code == 404
    for step in ("claim", "search", "settle"):
        assert browser.press(f"/review/{review_id}/{step}", DECISION).status_code == 404


def test_the_decision_is_a_new_match_of_a_person_with_the_reason(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    answer = browser.press(f"/review/{review_id}/settle", DECISION)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")
    (review,) = morning.force.rows(Review)
    assert (review.state, review.settled_by) == (ReviewState.SETTLED, reviewer.account_id)
    (match,) = morning.force.rows(Match, decided_by=DecidedBy.PERSON)
    assert (match.band, match.urns, match.reason) == (Band.MATCHED, [URN], "council_lookup")
    assert len(morning.force.rows(Match)) == 2
    assert match.sealed_reason is not None
    assert b"Khan" not in match.sealed_reason
    with morning.wiring.database.read(PLATFORM) as session:
        assert words_of(session, morning.wiring.cipher, match) == SAID


@pytest.mark.feature("AU5")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"urn": ""}, "Choose the school this child is at"),
        ({"urn": "123456"}, "Choose the school this child is at"),
        ({"urn": "x"}, "Choose the school this child is at"),
        ({"reason": ""}, "Say how you know"),
        ({"reason": "because"}, "Say how you know"),
        ({"reason": "other", "words": "I do"}, "Say how you know, in a few words"),
        ({"words": "x" * 501}, "Use 500 characters at most"),
        ({"also": ["990002", "990001", "990003"]}, "Choose"),
        ({"not_here": [str(URN)]}, "You say yes and no of one school"),
    ],
)
def test_without_a_school_and_a_reason_nothing_is_settled(
    morning: Morning, reviewer: Person, review_id: UUID, changes: dict[str, Any], said: str
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    answer = browser.press(f"/review/{review_id}/settle", {**DECISION, **changes})
    assert answer.status_code == 400
    assert said in answer.text
    assert [row.state for row in morning.force.rows(Review)] == [ReviewState.OPEN]


def test_a_school_that_is_no_candidate_can_be_looked_for(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    morning.force.school(990007)
    browser = claimed(morning.wiring, reviewer, review_id)
    answer = browser.press(f"/review/{review_id}/search", {"text": "990007"})
    assert 'value="990007"' in answer.text
    answer = browser.press(f"/review/{review_id}/settle", {**DECISION, "urn": "990007"})
    assert answer.status_code == 303


def test_after_the_claim_ran_out_it_has_to_be_claimed_again(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    move(morning.wiring, minutes=14)
    browser.get("/review")
    move(morning.wiring, minutes=2)
    assert browser.press(f"/review/{review_id}/settle", DECISION).status_code == 409


def test_a_settled_review_says_so_and_can_be_undone_by_who_settled_it(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    browser.press(f"/review/{review_id}/settle", DECISION)
    page = browser.get(f"/review/{review_id}")
    assert page.status_code == 200
    assert "Nothing more is asked of you here" in page.text
    assert f"/review/{review_id}/undo" in page.text
    colleague = add_person(morning.wiring, "al@example.org", Role.REVIEWER, force=FORCE)
    other = signed_in(morning.wiring, colleague).get(f"/review/{review_id}")
    assert other.status_code == 200
    assert "/undo" not in other.text
    stranger = signed_in(morning.wiring, morning.priya)
    assert stranger.get(f"/review/{review_id}").status_code == 404


def test_a_claim_says_until_when_and_can_be_given_back(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    assert "It is yours until 6:45am" in browser.get(f"/review/{review_id}").text
    colleague = add_person(morning.wiring, "al@example.org", Role.REVIEWER, force=FORCE)
    other = signed_in(morning.wiring, colleague)
    assert other.press(f"/review/{review_id}/give-back").status_code == 409
    stranger = signed_in(morning.wiring, morning.priya)
    assert stranger.press(f"/review/{review_id}/give-back").status_code == 404
    assert browser.press(f"/review/{review_id}/give-back").status_code == 303
    assert "Asha" not in browser.get(f"/review/{review_id}").text
    assert other.press(f"/review/{review_id}/claim").status_code == 303


def test_of_a_protected_child_nothing_is_sent_and_the_button_says_so(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    assert "Send to this school" in browser.get(f"/review/{review_id}").text
    (review,) = morning.force.rows(Review)
    morning.child_becomes(review.involved_child_id, Outcome.IN_REVIEW, protected=True)
    page = browser.get(f"/review/{review_id}").text
    assert "Send to this school" not in page
    assert "Say this is the school" in page
    assert "releases it to one named person" in page


def test_whom_to_ring_is_shown_by_number_or_said_not_to_be_named(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning.wiring, reviewer, review_id)
    page = browser.get(f"/review/{review_id}").text
    assert "no number is set" in page
    assert "none is named" in page
    none = browser.get(f"/review/{review_id}/none").text
    assert "look-up contact (none is named)" in none
    assert "checked" not in none.split("How do you know?")[0]
    wiring, now = morning.wiring, morning.wiring.clock.now()
    with wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=Policy(desk=Desk(telephone="01632 960010")), valid_from=now,
            approved_by="DPO", now=now,
        )  # fmt: skip
        add_officer(
            session, wiring.cipher, owner="council:999", duty=Duty.COUNCIL_LOOKUP, position=1,
            name="Lena Look", email="lena@example.org", telephone="01632 960011",
            account_id=None, now=now,
        )  # fmt: skip
    (review,) = morning.force.rows(Review)
    morning.child_becomes(review.involved_child_id, Outcome.IN_REVIEW, authority="999")
    page = browser.get(f"/review/{review_id}").text
    assert "01632 960010" in page
    assert "Lena Look" in page
    assert "01632 960011" in page
    assert "none is named" not in browser.get(f"/review/{review_id}/none").text


def test_the_account_says_where_one_is_what(morning: Morning, reviewer: Person) -> None:
    assert "reviewer, Exampleshire" in signed_in(morning.wiring, reviewer).get("/account").text
    school = morning.force.rows(Establishment, urn=URN)[0].name
    assert f"key adult, {school}" in signed_in(morning.wiring, morning.priya).get("/account").text
