"""After the claim: none of these, two people, a second look, and taking a decision back."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.permissions import Role
from app.core.models import AuditEntry
from app.core.policies import add_policy
from app.core.policy import Desk, Matching, Policy
from app.core.scope import PLATFORM, of_force
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.jobs.compose_notifications import compose_match
from app.reports.morning import board
from notifications.models import Notification, ServiceTold
from notifications.states import NotificationState
from schools.matching.details import Band, Verdict
from schools.matching.models import DecidedBy, Judgement, Match, PassedTo, Review, ReviewState
from schools.officers import Duty, add_officer
from tests.factories.mornings import Morning
from tests.factories.notifications import FORCE, LATER_URN, URN
from tests.factories.people import Browser, Person, add_person, move, signed_in

DECISION = {"urn": str(URN), "reason": "council_lookup"}
ABROAD = {
    "certain": "yes", "then": "other_jurisdiction", "reason": "school_confirmed",
    "service": "school_abroad", "service_time": "06:10", "service_reference": "EDU/2026-11",
}  # fmt: skip


@pytest.fixture
def reviewer(morning: Morning) -> Person:
    return add_person(morning.wiring, "jo@example.org", Role.REVIEWER, name="Jo Lee", force=FORCE)


@pytest.fixture
def colleague(morning: Morning) -> Person:
    return add_person(morning.wiring, "al@example.org", Role.REVIEWER, name="Al Roe", force=FORCE)


@pytest.fixture
def stranger(morning: Morning) -> Person:
    return add_person(morning.wiring, "far@example.org", Role.REVIEWER, council="999")


@pytest.fixture
def review_id(morning: Morning) -> UUID:
    return morning.unclear(minutes=75)


def claimed(morning: Morning, person: Person, review_id: UUID) -> Browser:
    browser = signed_in(morning.wiring, person)
    assert browser.press(f"/review/{review_id}/claim").status_code == 303
    return browser


def settled(morning: Morning, person: Person, review_id: UUID, **changes: Any) -> Browser:
    browser = claimed(morning, person, review_id)
    answer = browser.press(f"/review/{review_id}/settle", {**DECISION, **changes})
    assert answer.status_code == 303, answer.text
    return browser


def name_lookup(morning: Morning) -> None:
    """Let the child live in a council that has somebody who looks up."""
    morning.child_becomes(child_of(morning).id, Outcome.IN_REVIEW, authority="999")
    with morning.wiring.database.write(PLATFORM) as session:
        add_officer(
            session, morning.wiring.cipher, owner="council:999", duty=Duty.COUNCIL_LOOKUP,
            position=1, name="Lena Look", email="lena@example.org", telephone="01632 960011",
            account_id=None, now=morning.force.now,
        )  # fmt: skip


def child_of(morning: Morning) -> InvolvedChild:
    (child,) = morning.force.rows(InvolvedChild)
    assert isinstance(child, InvolvedChild)
    return child


def sent(morning: Morning) -> list[Notification]:
    """Let the composing job run; returns what is there then."""
    with morning.wiring.database.read(PLATFORM) as session:
        waiting = session.scalars(
            select(Match.id).where(Match.band == Band.MATCHED, Match.composed_at.is_(None))
        ).all()
    for match_id in waiting:
        with morning.wiring.database.write(PLATFORM) as session:
            compose_match(session, morning.wiring.cipher, match_id, now=morning.force.now)
    return list(morning.force.rows(Notification))


def words(morning: Morning) -> set[tuple[int | None, Verdict]]:
    rows = morning.force.rows(Judgement, undone_at=None)
    return {(row.urn, row.verdict) for row in rows}


def policy(morning: Morning, *, desk: int) -> None:
    body = Policy(matching=Matching(second_person_for_several=True), desk=Desk(size=desk))
    with morning.wiring.database.write(PLATFORM) as session:
        add_policy(
            session, FORCE, body=body, valid_from=morning.force.now, approved_by="account:lead",
            now=morning.force.now,
        )  # fmt: skip


@pytest.mark.feature("MA12")
def test_yes_and_no_are_remembered_for_each_school(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    settled(morning, reviewer, review_id, not_here=[str(LATER_URN)])
    assert words(morning) == {(URN, Verdict.YES), (LATER_URN, Verdict.NO)}


@pytest.mark.feature("MA14")
def test_a_reviewer_may_find_a_child_at_two_schools(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    settled(morning, reviewer, review_id, also=[str(LATER_URN)])
    assert {one.urn for one in sent(morning)} == {URN, LATER_URN}
    assert child_of(morning).outcome is Outcome.SENT_TO_SCHOOL


@pytest.mark.feature("MA11")
@pytest.mark.parametrize("to", list(PassedTo))
def test_none_of_these_can_be_passed_on_and_stays_in_review(
    morning: Morning, reviewer: Person, colleague: Person, review_id: UUID, to: PassedTo
) -> None:
    name_lookup(morning)
    browser = claimed(morning, reviewer, review_id)
    form = {"certain": "yes", "then": to.value, "reason": "evidence_clear"}
    assert browser.press(f"/review/{review_id}/none", form).status_code == 303
    (review,) = morning.force.rows(Review)
    assert (review.state, review.passed_to, review.claimed_by) == (ReviewState.OPEN, to, None)
    assert review.passed_by == reviewer.account_id
    assert words(morning) == {(URN, Verdict.NO), (LATER_URN, Verdict.NO)}
    page = claimed(morning, colleague, review_id).get(f"/review/{review_id}").text
    assert "Passed on to" in page
    assert "not at this school, said a reviewer on Friday 20 November 2026" in page


def test_who_cannot_tell_may_only_pass_the_child_on(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning, reviewer, review_id)
    form = {"certain": "no", "then": "over_18", "reason": "evidence_clear"}
    answer = browser.press(f"/review/{review_id}/none", form)
    assert (answer.status_code, "passes the child on" in answer.text) == (400, True)
    browser.press(f"/review/{review_id}/none", {**form, "then": "desk"})
    assert {verdict for _, verdict in words(morning)} == {Verdict.UNSURE}


@pytest.mark.feature("MA11")
def test_another_country_is_told_apart_with_the_service_that_was_told(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning, reviewer, review_id)
    assert browser.press(f"/review/{review_id}/none", ABROAD).status_code == 303
    child = child_of(morning)
    assert (child.outcome, child.outcome_reason) == (
        Outcome.NOT_NOTIFIED, OutcomeReason.OTHER_JURISDICTION,
    )  # fmt: skip
    (told,) = morning.force.rows(ServiceTold)
    assert (told.service, told.reference) == ("school_abroad", "EDU/2026-11")
    assert told.told_at.isoformat() == "2026-11-20T06:10:00+00:00"
    (match,) = morning.force.rows(Match, decided_by=DecidedBy.PERSON)
    assert (match.band, match.urns, match.reason_code) == (Band.NONE, [], "other_jurisdiction")
    assert sent(morning) == []
    with morning.wiring.database.read(PLATFORM) as session:
        events = session.execute(
            select(AuditEntry.event, AuditEntry.reason_code).where(
                AuditEntry.subject == f"involved_child:{child.id}"
            )
        ).all()
    assert ("intake:child:not_notified", "other_jurisdiction") in [tuple(one) for one in events]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"then": ""}, "Say what happens with the child now"),
        ({"then": "school_closed"}, "Choose one of the reasons of the list"),
        ({"reason": ""}, "Say how you know"),
        ({"service": ""}, "Say which other service was told"),
        ({"service_time": "soon"}, "Give the time today"),
        ({"service_time": "23:59"}, "Give the time today"),
        ({"service_reference": "ask for Ann"}, "no names"),
        ({"then": "regulations"}, "Name the regulation"),
        ({"then": "home_educated", "council": "000"}, "three-digit code"),
        ({"then": "unborn", "service": "", "service_time": "", "service_reference": ""},
         "Say which other service was told"),
    ],
)  # fmt: skip
def test_a_child_is_left_out_only_with_everything_said(
    morning: Morning, reviewer: Person, review_id: UUID, changes: dict[str, str], said: str
) -> None:
    browser = claimed(morning, reviewer, review_id)
    answer = browser.press(f"/review/{review_id}/none", {**ABROAD, **changes})
    assert (answer.status_code, said in answer.text) == (400, True)
    assert [row.state for row in morning.force.rows(Review)] == [ReviewState.OPEN]
    assert child_of(morning).outcome is Outcome.IN_REVIEW


@pytest.mark.feature("MA16")
def test_a_home_educated_child_that_a_person_confirmed_goes_to_the_councils_officers(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning, reviewer, review_id)
    form = {"certain": "yes", "then": "home_educated", "council": "999", "reason": "council_lookup"}
    assert browser.press(f"/review/{review_id}/none", form).status_code == 303
    (notification,) = sent(morning)
    assert (notification.recipient, notification.urn) == ("council:999", None)
    assert child_of(morning).outcome is Outcome.SENT_TO_COUNCIL


@pytest.mark.feature("MA11")
@pytest.mark.parametrize("composed", [False, True])
def test_a_decision_is_taken_back_with_all_that_was_sent_and_said(
    morning: Morning, reviewer: Person, review_id: UUID, *, composed: bool
) -> None:
    browser = settled(morning, reviewer, review_id)
    if composed:
        sent(morning)
    move(morning.wiring, minutes=9)
    assert "Can be undone until" in browser.get("/review").text
    answer = browser.press(f"/review/{review_id}/undo")
    assert answer.status_code == 303
    again = browser.get(answer.headers["location"])
    assert again.status_code == 303
    states = {row.state for row in morning.force.rows(Notification)}
    assert states == ({NotificationState.RECALLED} if composed else set())
    assert {row.state for row in sent(morning)} == states
    assert words(morning) == set()
    assert len(morning.force.rows(Judgement)) == 1
    assert child_of(morning).outcome is Outcome.IN_REVIEW
    waiting = [row for row in morning.force.rows(Review) if row.state is ReviewState.OPEN]
    assert again.headers["location"] == f"/review/{waiting[0].id}"
    (match,) = morning.force.rows(Match, decided_by=DecidedBy.PERSON)
    assert match.undone_by == reviewer.actor
    settled(morning, reviewer, waiting[0].id, urn=str(LATER_URN))
    live = [row for row in sent(morning) if row.state is NotificationState.READY]
    assert [row.urn for row in live] == [LATER_URN]


def test_what_nobody_is_told_can_be_taken_back_too(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning, reviewer, review_id)
    browser.press(f"/review/{review_id}/none", ABROAD)
    assert browser.press(f"/review/{review_id}/undo").status_code == 303
    assert child_of(morning).outcome is Outcome.IN_REVIEW
    assert browser.press(f"/review/{review_id}/undo").status_code == 409


def test_a_colleague_and_a_stranger_take_nothing_back(
    *, morning: Morning, reviewer: Person, colleague: Person, stranger: Person, review_id: UUID
) -> None:
    settled(morning, reviewer, review_id)
    for person, status in ((colleague, 409), (stranger, 404), (morning.priya, 404)):
        browser = signed_in(morning.wiring, person)
        assert browser.press(f"/review/{review_id}/undo").status_code == status
        assert browser.get(f"/review/{review_id}/again").status_code == 404
    assert [row.state for row in morning.force.rows(Review)] == [ReviewState.SETTLED]


@pytest.mark.parametrize("late", [True, False])
def test_it_is_too_late_after_ten_minutes_or_once_somebody_looked(
    morning: Morning, reviewer: Person, review_id: UUID, *, late: bool
) -> None:
    browser = settled(morning, reviewer, review_id)
    (notification,) = sent(morning)
    if late:
        move(morning.wiring, minutes=10)
    else:
        priya = signed_in(morning.wiring, morning.priya)
        assert priya.press(f"/notifications/{notification.id}/first-step").status_code == 303
    assert browser.press(f"/review/{review_id}/undo").status_code == 409
    assert f"/review/{review_id}/undo" not in browser.get("/review").text
    assert morning.read(notification.id).state is NotificationState.READY


@pytest.mark.feature("MA11")
def test_where_two_people_decide_the_first_choice_is_sent_by_the_second(
    morning: Morning, reviewer: Person, colleague: Person, review_id: UUID
) -> None:
    policy(morning, desk=2)
    browser = settled(morning, reviewer, review_id)
    assert sent(morning) == []
    assert "You chose School 990001" not in browser.get(f"/review/{review_id}").text
    claimed(morning, reviewer, review_id)
    assert browser.press(f"/review/{review_id}/settle", DECISION).status_code == 303
    assert sent(morning) == []
    other = claimed(morning, colleague, review_id)
    page = other.get(f"/review/{review_id}").text
    assert "A colleague chose School 990001. Two people decide this one" in page
    assert other.press(f"/review/{review_id}/settle", DECISION).status_code == 303
    assert [one.urn for one in sent(morning)] == [URN]
    (review,) = morning.force.rows(Review)
    assert (review.proposed_by, review.settled_by) == (reviewer.account_id, colleague.account_id)


def test_two_who_differ_send_nothing(
    morning: Morning, reviewer: Person, colleague: Person, review_id: UUID
) -> None:
    policy(morning, desk=2)
    settled(morning, reviewer, review_id)
    settled(morning, colleague, review_id, urn=str(LATER_URN))
    assert sent(morning) == []
    (review,) = morning.force.rows(Review)
    assert (review.state, review.proposed_by) == (ReviewState.OPEN, colleague.account_id)


@pytest.mark.feature("MA11")
@pytest.mark.parametrize("agrees", ["yes", "no"])
def test_a_desk_of_one_is_looked_at_again_after_sending(
    *, morning: Morning, reviewer: Person, colleague: Person, stranger: Person, review_id: UUID,
    agrees: str,
) -> None:  # fmt: skip
    policy(morning, desk=1)
    browser = settled(morning, reviewer, review_id)
    (notification,) = sent(morning)
    path = f"/review/{review_id}/second"
    assert path not in browser.get("/review").text
    assert browser.get(path).status_code == 409
    assert browser.press(path, {"agrees": "yes"}).status_code == 409
    far = signed_in(morning.wiring, stranger)
    assert (far.get(path).status_code, far.press(path, {"agrees": "no"}).status_code) == (404, 404)
    other = signed_in(morning.wiring, colleague)
    assert path in other.get("/review").text
    assert "Asha Example-Khan" in other.get(path).text
    assert other.press(path, {"agrees": "perhaps"}).status_code == 409
    assert other.press(path, {"agrees": agrees}).status_code == 303
    assert path not in other.get("/review").text
    state = morning.read(notification.id).state
    assert state is (NotificationState.READY if agrees == "yes" else NotificationState.RECALLED)
    assert [row.second_agrees for row in morning.force.rows(Review) if row.second_at] == [
        agrees == "yes"
    ]


@pytest.mark.parametrize("at_school", [True, False])
def test_a_protected_child_is_told_by_voice_alone_until_it_is_released(
    morning: Morning, reviewer: Person, review_id: UUID, *, at_school: bool
) -> None:
    with morning.wiring.database.write(PLATFORM) as session:
        # Whatever the review asks about: the child is protected by what the force sent.
        found = session.get_one(Review, review_id)
        session.get_one(InvolvedChild, found.involved_child_id).protected = True
    browser = claimed(morning, reviewer, review_id)
    form = {"certain": "yes", "then": "home_educated", "council": "999", "reason": "council_lookup"}
    form |= DECISION if at_school else {}
    browser.press(f"/review/{review_id}/{'settle' if at_school else 'none'}", form)
    (notification,) = sent(morning)
    assert notification.shown_only_to == "nobody"
    priya = signed_in(morning.wiring, morning.priya)
    assert priya.get(f"/notifications/{notification.id}").status_code == 404


def test_a_council_without_a_look_up_contact_is_asked_nothing(
    morning: Morning, reviewer: Person, review_id: UUID
) -> None:
    browser = claimed(morning, reviewer, review_id)
    form = {"certain": "no", "then": "council_lookup", "reason": "evidence_clear"}
    answer = browser.press(f"/review/{review_id}/none", form)
    assert answer.status_code == 400
    assert "No look-up contact is named" in answer.text
    assert "choose the force desk" in answer.text
    (review,) = morning.force.rows(Review)
    assert (review.passed_to, review.claimed_by) == (None, reviewer.account_id)
    name_lookup(morning)
    assert browser.press(f"/review/{review_id}/none", form).status_code == 303


@pytest.mark.parametrize(
    ("to", "holder"),
    [
        (PassedTo.SECOND_REVIEWER, "Reviewers: Jo Lee"),
        (PassedTo.DESK, "Desk: the duty officer (no number known)"),
        (PassedTo.COUNCIL_LOOKUP, "Council look-up; Reviewers: Jo Lee"),
    ],
)
def test_the_board_names_who_has_a_child_that_was_passed_on(
    morning: Morning, reviewer: Person, review_id: UUID, to: PassedTo, holder: str
) -> None:
    name_lookup(morning)
    browser = claimed(morning, reviewer, review_id)
    form = {"certain": "no", "then": to.value, "reason": "evidence_clear"}
    assert browser.press(f"/review/{review_id}/none", form).status_code == 303
    with morning.wiring.database.read(of_force(FORCE)) as session:
        (row,) = board(
            session, morning.wiring.cipher, force=FORCE, on=date(2026, 11, 20),
            now=morning.force.now,
        ).rows  # fmt: skip
    assert row.held_by == holder
