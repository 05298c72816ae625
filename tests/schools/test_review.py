"""Reviews: a queue by time left, claims that exclude each other, decisions with a reason."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.database import Database
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import new_id
from app.core.scope import PLATFORM, Scope, of_force
from app.wiring import Wiring
from schools.matching.details import Band, CandidateEvidence, Decision
from schools.matching.models import DecidedBy, Match, Review, ReviewReason, ReviewState
from schools.matching.review import (
    Choice,
    claim,
    close,
    open_review,
    queue,
    record_decision,
    settle,
)
from schools.models import Status
from tests.factories.notifications import FORCE, NotifyingForce
from tests.factories.schools import NOW, add_school

pytestmark = pytest.mark.feature("MA11")

DUE = NOW + timedelta(hours=7)
UNSURE = Decision(
    Band.SEVERAL, 0.5, 0.0, (990001, 990002), "several_schools",
    (CandidateEvidence(990001, 0.5, "told", {"name": "exact"}, {"name": 5.0}),), "2026-11.1",
    b"d" * 32,
)  # fmt: skip
ACTOR = "account:reviewer"


@pytest.fixture
def force(wiring: Wiring) -> NotifyingForce:
    with wiring.database.write(PLATFORM) as session:
        add_school(session, 990001)
        add_school(session, 990002)
        add_school(session, 990003, status=Status.CLOSED)
    return NotifyingForce(wiring).begin()


def unclear(force: NotifyingForce, *, hours: int = 7) -> UUID:
    """Put a child before the reviewers; returns the review's id."""
    child_id = force.happened().child_id
    with force.database.write(of_force(FORCE)) as session:
        match = record_decision(
            session, force=FORCE, involved_child_id=child_id, decision=UNSURE, actor="job:match",
            now=NOW,
        )  # fmt: skip
        return open_review(
            session, force=FORCE, involved_child_id=child_id, match_id=match.id,
            reason_code="several_schools", due_at=NOW + timedelta(hours=hours), now=NOW,
        ).id  # fmt: skip


def review_of(database: Database, review_id: UUID) -> Review:
    with database.read(PLATFORM) as session:
        return session.get_one(Review, review_id)


@pytest.mark.feature("MA3")
@pytest.mark.feature("MA4")
def test_a_decision_is_stored_with_all_that_speaks_for_it(force: NotifyingForce) -> None:
    review_id = unclear(force)
    match_id = review_of(force.database, review_id).match_id
    with force.database.read(PLATFORM) as session:
        match = session.get_one(Match, match_id)
    assert (match.band, match.score, match.margin, match.urns) == (
        Band.SEVERAL, 0.5, 0.0, [990001, 990002],
    )  # fmt: skip
    assert match.evidence[0]["fields"] == {"name": "exact"}
    assert (match.rules_version, match.input_digest) == ("2026-11.1", b"d" * 32)
    assert match.decided_by is DecidedBy.RULES


def test_the_queue_begins_with_the_least_time_left_and_stays_in_its_force(
    force: NotifyingForce,
) -> None:
    later, sooner, late = (unclear(force, hours=hours) for hours in (7, 2, -1))
    with force.database.read(of_force(FORCE)) as session:
        assert [review.id for review in queue(session, now=NOW)] == [late, sooner, later]
    with force.database.read(of_force("98")) as session:
        assert queue(session, now=NOW) == []
    with force.database.read(Scope(urns=frozenset({990001}))) as session:
        assert queue(session, now=NOW) == []


def test_a_child_has_one_open_review_with_the_earlier_deadline(force: NotifyingForce) -> None:
    review_id = unclear(force)
    child_id = review_of(force.database, review_id).involved_child_id
    with force.database.write(of_force(FORCE)) as session:
        again = open_review(
            session, force=FORCE, involved_child_id=child_id, match_id=None,
            reason_code="not_our_pupil", due_at=DUE + timedelta(hours=1), now=NOW,
        )  # fmt: skip
        assert (again.id, again.reason_code, again.due_at) == (review_id, "not_our_pupil", DUE)


def test_one_reviewer_at_a_time_holds_a_claim_until_it_ends(force: NotifyingForce) -> None:
    review_id, first, second = unclear(force), force.account(), force.account()
    with force.database.write(of_force(FORCE)) as session:
        held = claim(session, review_id, account_id=first, now=NOW)
        assert (held.claimed_by, held.claimed_until) == (first, NOW + timedelta(minutes=15))
    with force.database.write(of_force(FORCE)) as session, pytest.raises(Conflict):
        claim(session, review_id, account_id=second, now=NOW + timedelta(minutes=14))
    with force.database.write(of_force(FORCE)) as session:
        claim(session, review_id, account_id=first, now=NOW + timedelta(minutes=5))
    with force.database.write(of_force(FORCE)) as session:
        claim(session, review_id, account_id=second, now=NOW + timedelta(minutes=20))
    assert review_of(force.database, review_id).claimed_by == second


@pytest.mark.feature("AU5")
def test_a_person_settles_with_a_reason_and_the_evidence_is_carried(
    force: NotifyingForce,
) -> None:
    review_id, reviewer = unclear(force), force.account()
    with force.database.write(of_force(FORCE)) as session:
        claim(session, review_id, account_id=reviewer, now=NOW)
        match = settle(
            session, review_id, account_id=reviewer, actor=ACTOR,
            choice=Choice(ReviewReason.SCHOOL_CONFIRMED, (990002,)),
            now=NOW + timedelta(minutes=3),
        )  # fmt: skip
    assert (match.band, match.urns, match.decided_by) == (
        Band.MATCHED, [990002], DecidedBy.PERSON,
    )  # fmt: skip
    assert (match.reason, match.actor) == ("school_confirmed", ACTOR)
    assert (match.rules_version, match.input_digest) == ("2026-11.1", b"d" * 32)
    review = review_of(force.database, review_id)
    assert (review.state, review.settled_by) == (ReviewState.SETTLED, reviewer)
    assert review.settled_match_id == match.id
    with force.database.read(PLATFORM) as session:
        matches = session.scalars(select(Match).order_by(Match.decided_at)).all()
        assert [one.decided_by for one in matches] == [DecidedBy.RULES, DecidedBy.PERSON]


@pytest.mark.parametrize("minutes", [-58, 0])
def test_a_decision_is_the_newest_even_where_the_clock_was_set_back(
    force: NotifyingForce, minutes: int
) -> None:
    review_id, reviewer = unclear(force), force.account()
    with force.database.write(of_force(FORCE)) as session:
        settled = settle(
            session, review_id, account_id=reviewer, actor=ACTOR,
            choice=Choice(ReviewReason.SCHOOL_CONFIRMED, (990002,)),
            now=NOW + timedelta(minutes=minutes),
        )  # fmt: skip
    with force.database.read(PLATFORM) as session:
        newest = session.scalars(select(Match).order_by(Match.decided_at.desc())).first()
    assert newest is not None
    assert newest.id == settled.id
    assert newest.decided_at > NOW


def test_a_settled_or_held_review_is_not_settled_by_another(force: NotifyingForce) -> None:
    review_id, first, second = unclear(force), force.account(), force.account()
    chosen = {"actor": ACTOR, "choice": Choice(ReviewReason.EVIDENCE_CLEAR, (990001,)), "now": NOW}
    with force.database.write(of_force(FORCE)) as session:
        claim(session, review_id, account_id=first, now=NOW)
    with (
        force.database.write(of_force(FORCE)) as session,
        pytest.raises(Conflict, match="Another"),
    ):
        settle(session, review_id, account_id=second, **chosen)  # type: ignore[arg-type]
    with force.database.write(of_force(FORCE)) as session:
        settle(session, review_id, account_id=first, **chosen)  # type: ignore[arg-type]
    with (
        force.database.write(of_force(FORCE)) as session,
        pytest.raises(Conflict, match="settled"),
    ):
        settle(session, review_id, account_id=first, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("urns", [(990003,), (990099,), (990001, 990003)])
def test_only_open_schools_are_chosen(force: NotifyingForce, urns: tuple[int, ...]) -> None:
    review_id, reviewer = unclear(force), force.account()
    with force.database.write(of_force(FORCE)) as session, pytest.raises(Invalid) as invalid:
        settle(
            session, review_id, account_id=reviewer, actor=ACTOR,
            choice=Choice(ReviewReason.EVIDENCE_CLEAR, urns), now=NOW,
        )  # fmt: skip
    assert [error.loc for error in invalid.value.errors] == ["urn"]
    assert review_of(force.database, review_id).state is ReviewState.OPEN


def test_a_stranger_finds_no_review(force: NotifyingForce) -> None:
    review_id, stranger = unclear(force), force.account()
    for seen, wanted in (("98", review_id), (FORCE, new_id())):
        with force.database.write(of_force(seen)) as session, pytest.raises(NotFound):
            claim(session, wanted, account_id=stranger, now=NOW)
    assert review_of(force.database, review_id).claimed_by is None


def test_a_review_that_is_no_longer_needed_is_closed(force: NotifyingForce) -> None:
    review_id = unclear(force)
    child_id = review_of(force.database, review_id).involved_child_id
    with force.database.write(of_force(FORCE)) as session:
        assert close(session, child_id, NOW)
        assert not close(session, child_id, NOW)
        assert queue(session, now=NOW) == []
    assert review_of(force.database, review_id).state is ReviewState.CLOSED
