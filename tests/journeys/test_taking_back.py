"""Taking back and refusing at the moment somebody else composes, rings, opens or hands over."""

import threading
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from sqlalchemy import select, text

from app.access.permissions import Role
from app.casework import calling, settling, taking_back
from app.casework.none_of_these import NoneOfThese, say_none
from app.casework.not_our_pupil import undo_not_our_pupil
from app.casework.other_services import Service
from app.casework.settling import Answer
from app.core.errors import Conflict
from app.core.scope import PLATFORM, of_force
from app.intake.models import InvolvedChild
from app.intake.outcomes import Outcome, OutcomeReason
from app.jobs.chase_reviews import hand_over
from app.jobs.compose_notifications import compose_match
from app.reports.told import Told
from notifications.models import CallSheetLine, Notification, UnsettledChild
from notifications.states import CallResult, NotificationState
from notifications.unsettled import locked
from schools.matching.models import Match, Review, ReviewReason, ReviewState
from schools.officers import Duty
from schools.roll import import_roll
from tests.factories.schools import roll_file
from tests.journeys.world import COUNCIL, FORCE, World, at, child

PRIMARY, OTHERBY = 990001, 990002
REVIEWER, DESK, OFFICER = "reviewer@example.org", "desk@example.org", "cme@council.test"
UNKNOWN: dict[str, Any] = {"education": {"status": "unknown"}}
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def one_in_the_morning(world: World) -> None:
    world.clock.move_to(at("2026-11-20", "01:10"))


def states(world: World, reference: str) -> list[tuple[int | None, NotificationState]]:
    return [(one.urn, one.state) for one in world.notifications(reference)]


def outcome(world: World) -> Outcome:
    with world.wiring.database.read(PLATFORM) as session:
        return session.scalars(select(InvolvedChild)).one().outcome


def settled(world: World, clock_time: time = time(7, 0)) -> Any:
    """A child settled by the reviewer at the primary school; returns the review."""
    world.push("U-1", child(**UNKNOWN))
    world.until(clock_time)
    review_id = world.claim(REVIEWER)
    world.settle(REVIEWER, PRIMARY)
    return review_id


def undo(world: World, review_id: Any) -> None:
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        taking_back.undo(session, world.acting(REVIEWER), review_id=review_id)


def claimed_call(world: World) -> Any:
    """Put the only message on the call sheet and let the desk claim it."""
    with world.wiring.database.write(of_force(FORCE)) as session:
        line = session.scalars(select(CallSheetLine)).one()
        calling.claim(session, world.acting(DESK), line_id=line.id)
        return line.id


def in_the_meantime(
    world: World, first: Callable[[Any], object], then: Callable[[], object],
    last: Callable[[Any], object] = lambda _: None,
) -> list[BaseException]:  # fmt: skip
    """Do `first`, let `then` wait for it on another connection, do `last`, and store both.

    Returns what the other one raised.
    """
    failed: list[BaseException] = []

    def other() -> None:
        try:
            then()
        except BaseException as error:  # noqa: BLE001 (the test that waits for it looks at it)
            failed.append(error)

    beside = threading.Thread(target=other)
    with world.wiring.database.write(PLATFORM) as session:
        first(session)
        beside.start()
        wait_until_blocked(world)
        last(session)
    beside.join(timeout=60)
    return failed


def wait_until_blocked(world: World) -> None:
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    pause = threading.Event()
    for _ in range(1500):
        with world.wiring.database.engine.connect() as connection:
            if connection.scalar(blocked):
                return
        pause.wait(0.02)
    raise AssertionError("nobody waits for the other")


@on_postgresql
def test_an_undo_while_the_decision_is_composed_recalls_what_was_placed(world: World) -> None:
    review_id = settled(world)
    with world.wiring.database.read(PLATFORM) as session:
        match_id = session.scalars(select(Match.id).where(Match.actor.like("account:%"))).one()
    failed = in_the_meantime(
        world,
        lambda session: compose_match(session, world.wiring.cipher, match_id, now=world.now),
        lambda: undo(world, review_id),
    )
    assert failed == []
    assert states(world, "U-1") == [(PRIMARY, NotificationState.RECALLED)]
    assert outcome(world) is Outcome.IN_REVIEW
    world.tick()
    assert world.imbalances == []


@on_postgresql
@pytest.mark.parametrize("none", [False, True], ids=["settled", "none of these"])
def test_settling_while_the_child_is_handed_over_waits_and_fails_with_words(
    world: World, *, none: bool
) -> None:
    """The step and the reviewer lock the ladder first and the review after it."""
    world.push("U-1", child(**UNKNOWN))
    world.until(time(7, 0))
    review_id = world.claim(REVIEWER)

    def lock(session: Any) -> None:
        locked(session, session.scalars(select(UnsettledChild.id)).one())

    def take_step(session: Any) -> None:
        found = session.scalars(select(InvolvedChild)).one()
        hand_over(session, found, COUNCIL, now=world.now)

    def settle() -> None:
        if none:
            nobody(world, review_id)
        else:
            answer = Answer((PRIMARY,), ReviewReason.OFFICER_CLARIFIED)
            with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
                settling.settle(session, world.acting(REVIEWER), review_id=review_id, answer=answer)

    failed = in_the_meantime(world, lock, settle, take_step)
    assert [type(one) for one in failed] == [Conflict]


def nobody(world: World, review_id: Any) -> None:
    answer = NoneOfThese(
        ReviewReason.OFFICER_CLARIFIED, certain=True, outcome=OutcomeReason.OTHER_JURISDICTION,
        service=Service.OTHER_POLICE, service_reference="SC-1", service_told_at=world.now,
    )  # fmt: skip
    with world.wiring.database.write(world.scope_of(REVIEWER)) as session:
        say_none(session, world.acting(REVIEWER), review_id=review_id, answer=answer)


def test_an_undo_waits_for_nobody_who_rings_and_refuses_instead(world: World) -> None:
    review_id = settled(world, time(8, 25))
    world.tick()
    world.clock.move_to(at("2026-11-20", "08:31"))
    world.tick()
    line_id = claimed_call(world)
    with pytest.raises(Conflict):
        undo(world, review_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.show_content(session, world.acting(DESK), line_id=line_id)
        calling.record_call(
            session, world.acting(DESK), line_id=line_id, result=CallResult.TOLD,
            recipient_trained=True,
        )  # fmt: skip
    assert [row.told for row in world.board.rows] == [Told.TOLD]


@pytest.mark.parametrize("shown", [True, False])
def test_what_was_shown_to_a_caller_who_reached_nobody_is_not_undone_here(
    world: World, *, shown: bool
) -> None:
    review_id = settled(world, time(8, 25))
    world.tick()
    world.clock.move_to(at("2026-11-20", "08:31"))
    world.tick()
    line_id = claimed_call(world)
    with world.wiring.database.write(of_force(FORCE)) as session:
        if shown:
            calling.show_content(session, world.acting(DESK), line_id=line_id)
    with world.wiring.database.write(of_force(FORCE)) as session:
        calling.record_call(
            session, world.acting(DESK), line_id=line_id, result=CallResult.NO_ANSWER,
            recipient_trained=True,
        )  # fmt: skip
    with world.wiring.database.read(world.scope_of(REVIEWER)) as session:
        lines = taking_back.undoable(session, world.acting(REVIEWER))
    assert len(lines) == (0 if shown else 1)
    if shown:
        with pytest.raises(Conflict):
            undo(world, review_id)
    else:
        undo(world, review_id)
        assert states(world, "U-1") == [(PRIMARY, NotificationState.RECALLED)]


@pytest.mark.parametrize("opened", [True, False])
def test_a_school_that_refused_and_has_the_child_after_all_is_alerted_and_told_anew(
    world: World, *, opened: bool
) -> None:
    world.push("M-1", child())
    world.until(time(6, 40))
    (first,) = world.notifications("M-1")
    if opened:
        world.open("first@primary.test", first.id)
    world.refuse("first@primary.test", first.id)
    world.clock.move_to(at("2026-11-20", "06:50"))
    asked = len(world.alerted())
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    old, new = sorted(world.notifications("M-1"), key=lambda one: one.ready_at or world.now)
    assert (old.id, old.state) == (first.id, NotificationState.RECALLED)
    assert (new.state, new.told_at) == (NotificationState.READY, None)
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]
    assert world.alerted()[asked:] == ["first@primary.test"]
    world.open("second@primary.test", new.id)
    assert world.board.all_told
    assert world.imbalances == []


def test_a_council_that_said_not_ours_is_not_handed_the_child_again(world: World) -> None:
    world.person(OFFICER, Role.COUNCIL_OFFICER, council=COUNCIL)
    world.officer(Duty.COUNCIL_OFFICER, OFFICER, council=COUNCIL)
    world.officer(Duty.DUTY_OFFICER, "duty@force.test")
    world.push("H-1", child(education={"status": "home_educated"}))
    world.until(time(8, 0))
    (placed,) = world.notifications("H-1")
    world.open(OFFICER, placed.id)
    world.refuse(OFFICER, placed.id)
    world.until(time(17, 0))
    assert states(world, "H-1") == [(None, NotificationState.HELD)]
    assert world.review_steps()["council_officer"] == ("skipped", "council_refused")
    assert [(row.outcome, row.told) for row in world.board.rows] == [
        (Outcome.IN_REVIEW, Told.NOT_TOLD)
    ]
    assert world.imbalances == []


def at_two_schools(world: World) -> dict[int | None, Notification]:
    """A child whom the roll has at both schools; returns the message of each."""
    asha = {"Surname": "Example-Khan", "DOB": "02-03-2018"}
    with world.wiring.database.write(PLATFORM) as session:
        import_roll(
            session, world.wiring.cipher,
            roll_file(*({**asha, "URN": urn} for urn in (PRIMARY, OTHERBY))),
            owner=f"council:{COUNCIL}", now=world.now,
        )  # fmt: skip
    world.push("D-1", child(**UNKNOWN))
    world.until(time(6, 30))
    return {one.urn: one for one in world.notifications("D-1")}


def has_it_after_all(world: World, email: str, message: Notification) -> None:
    with world.wiring.database.write(world.scope_of(email)) as session:
        undo_not_our_pupil(session, world.acting(email), notification_id=message.id)


def test_the_refusal_of_the_other_school_stands_when_one_takes_its_own_back(world: World) -> None:
    sent = at_two_schools(world)
    world.refuse("only@otherby.test", sent[OTHERBY].id)
    world.refuse("first@primary.test", sent[PRIMARY].id)
    world.clock.move_to(at("2026-11-20", "06:34"))
    has_it_after_all(world, "first@primary.test", sent[PRIMARY])
    assert states(world, "D-1") == [
        (PRIMARY, NotificationState.READY), (OTHERBY, NotificationState.HELD),
    ]  # fmt: skip
    assert outcome(world) is Outcome.IN_REVIEW
    asked = len(world.chased())
    world.until(time(7, 30))
    # The ladder of the school that has the child goes on, and reviewers are asked of the other.
    assert world.chased()[asked:] == ["second@primary.test"]
    assert [row.told for row in world.board.rows] == [Told.NOT_TOLD]
    world.open("first@primary.test", sent[PRIMARY].id)
    assert outcome(world) is Outcome.IN_REVIEW
    world.settle(REVIEWER, PRIMARY)
    world.tick()
    assert states(world, "D-1") == [
        (PRIMARY, NotificationState.OPENED), (OTHERBY, NotificationState.RECALLED),
    ]  # fmt: skip
    assert outcome(world) is Outcome.SENT_TO_SCHOOL
    assert world.board.all_told
    assert world.imbalances == []


def test_once_both_schools_have_the_child_after_all_nobody_reviews_it(world: World) -> None:
    sent = at_two_schools(world)
    world.refuse("only@otherby.test", sent[OTHERBY].id)
    world.refuse("first@primary.test", sent[PRIMARY].id)
    has_it_after_all(world, "first@primary.test", sent[PRIMARY])
    has_it_after_all(world, "only@otherby.test", sent[OTHERBY])
    assert outcome(world) is Outcome.SENT_TO_SCHOOL
    with world.wiring.database.read(PLATFORM) as session:
        assert {one.state for one in session.scalars(select(Review))} == {ReviewState.CLOSED}
    world.tick()
    assert world.imbalances == []


@on_postgresql
def test_a_school_that_refuses_while_the_other_takes_its_refusal_back_is_asked_about(
    world: World,
) -> None:
    sent = at_two_schools(world)
    world.refuse("first@primary.test", sent[PRIMARY].id)
    world.tick()

    def take_back(session: Any) -> None:
        acting = world.acting("first@primary.test")
        undo_not_our_pupil(session, acting, notification_id=sent[PRIMARY].id)

    failed = in_the_meantime(
        world, take_back, lambda: world.refuse("only@otherby.test", sent[OTHERBY].id)
    )
    assert failed == []
    assert outcome(world) is Outcome.IN_REVIEW
    world.tick()
    world.claim(REVIEWER)
    assert world.imbalances == []


def test_the_other_school_of_a_child_whom_nobody_is_told_of_is_asked_no_more(world: World) -> None:
    sent = at_two_schools(world)
    world.refuse("only@otherby.test", sent[OTHERBY].id)
    review_id = world.claim(REVIEWER)
    nobody(world, review_id)
    assert {state for _, state in states(world, "D-1")} == {NotificationState.RECALLED}
    asked = len(world.alerted())
    world.until(time(9, 0))
    assert world.alerted()[asked:] == []
    assert world.imbalances == []


def test_a_decision_taken_back_after_a_newer_version_leaves_the_wrong_school_nothing(
    world: World,
) -> None:
    review_id = settled(world)
    world.tick()
    world.push("U-1", child(involvement="hurt", **UNKNOWN), version=2)
    assert states(world, "U-1") == [(PRIMARY, NotificationState.READY)]
    undo(world, review_id)
    assert states(world, "U-1") == [(PRIMARY, NotificationState.RECALLED)]
    with world.wiring.database.read(PLATFORM) as session:
        outcomes = {one.outcome for one in session.scalars(select(InvolvedChild))}
        matches = session.scalars(select(Match).where(Match.composed_at.is_not(None))).all()
    assert outcomes == {Outcome.SUPERSEDED, Outcome.IN_REVIEW}
    assert matches[-1].undone_at is not None
    world.claim(REVIEWER)


@pytest.mark.parametrize("newer", ["replaced", "withdrawn"])
def test_a_decision_about_a_version_that_counts_no_more_is_not_taken_back(
    world: World, newer: str
) -> None:
    review_id = settled(world)
    world.tick()
    if newer == "replaced":
        world.push("U-1", child(education={"urn": OTHERBY}), version=2)
    else:
        world.withdraw("U-1")
    world.tick()
    with world.wiring.database.read(world.scope_of(REVIEWER)) as session:
        assert taking_back.undoable(session, world.acting(REVIEWER)) == []
    before = states(world, "U-1")
    with pytest.raises(Conflict, match="newer one"):
        undo(world, review_id)
    assert states(world, "U-1") == before
    with world.wiring.database.read(PLATFORM) as session:
        reviews = session.scalars(select(Review)).all()
    assert [one.state for one in reviews] == [ReviewState.SETTLED]
    assert world.imbalances == []
