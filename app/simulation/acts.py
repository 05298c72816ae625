"""What people and the police do in a simulated world, each through the act behind page or API."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from app.access.clients import ALL_SCOPES, Caller
from app.api.intake_writer import store
from app.casework import (
    acknowledging,
    calling,
    following_up,
    key_adults,
    not_our_pupil,
    opening,
    recalling,
    reviewing,
)
from app.casework.acting import Acting
from app.casework.inbox import Line, inbox
from app.casework.not_our_pupil import NotOurs
from app.casework.police import PoliceActing
from app.casework.provider_news import note_status
from app.casework.settling import Answer, settle
from app.casework.withdraw import withdraw_incident
from app.core.clock import london_date
from app.core.errors import ServiceError
from app.core.scope import PLATFORM, of_force
from app.intake.payload import IncidentMessage, WithdrawalMessage
from app.intake.receive import Submission
from app.simulation import incidents, knowing
from app.simulation.county import FORCES
from app.simulation.world import Pushed, World
from notifications.channels.govuk_notify import status_of
from notifications.states import CallResult, FollowUpCode
from schools.matching.models import ReviewReason


def push(world: World) -> None:
    """Push an incident: a new one, the same again, a newer version, or an older one."""
    force = world.chance.pick(FORCES)
    mine = sorted((one.reference, one.version) for one in world.answered if one.force == force)
    if not mine or world.chance.one_in(2):
        _push(world, force, f"SIM-{world.seed}-{len(world.answered)}-{len(world.secrets)}", 1)
        return
    reference, version = world.chance.pick(mine)
    _push(world, force, reference, max(1, version + world.chance.pick((-1, 0, 1, 1, 2))))


def _push(world: World, force: str, reference: str, version: int) -> None:
    body = incidents.body(world, reference, version)
    message = IncidentMessage.model_validate_json(json.dumps(body))
    world.secrets.add(reference.encode())
    for child in body["children"]:
        world.secrets.add(child["surname"].encode())
        world.secrets.add(child["date_of_birth"].encode())
    submission = Submission(force, world.county.clients[force], message)
    # Pushed twice at once, as clients do that lost the answer to the first.
    for _ in range(1 + world.chance.one_in(4)):
        (outcome,) = store(world.wiring, [submission])
        if not isinstance(outcome, ServiceError):
            world.answered.add(Pushed(force, reference, version))


def withdraw(world: World) -> None:
    """A force takes one of its incidents back."""
    if not world.answered:
        return
    one = world.chance.pick(
        sorted(world.answered, key=lambda pushed: (pushed.reference, pushed.version))
    )
    caller = Caller(world.county.clients[one.force], one.force, ALL_SCOPES)
    acting = PoliceActing(world.now, caller, world.wiring.cipher)
    message = WithdrawalMessage(reason_code="recorded_in_error", reason=None)
    with world.wiring.database.write(of_force(one.force)) as session:
        withdraw_incident(session, acting, reference=one.reference, message=message)
    world.withdrawn.add((one.force, one.reference))


def recall(world: World) -> None:
    """Somebody of a force's desk takes one message back that went to the wrong school."""
    force = world.chance.pick(FORCES)
    # The page says "there is nothing here" of one that is not shown any more.
    shown = world.look.execute("SELECT id FROM notification WHERE force = ? ORDER BY id", (force,))
    ids = [UUID(one) for (one,) in shown]
    if not ids:
        return
    acting, one = world.acting(f"desk.{force}@example.org"), world.chance.pick(ids)
    told = knowing.children_of(world, one)
    with world.writing(acting) as session:
        recalling.recall(
            session, acting, notification_id=one, reason=recalling.RecallReason.WRONG_SCHOOL
        )
    world.wrong_schools += told


def use_inbox(world: World) -> None:
    """Somebody does the next thing with one line of the inbox, or says "not our pupil"."""
    email = world.chance.pick(world.county.readers)
    acting = world.acting(email)
    if not acting.actor.grants:
        return  # has left
    with world.reading(acting) as session:
        lines = inbox(session, acting)
    knowing.reads(world, email, lines)
    groups: tuple[tuple[tuple[Line, ...], Callable[[World, Acting, Line], None]], ...] = (
        (lines.to_open, _open), (lines.to_acknowledge, _acknowledge),
        (lines.to_follow_up, _follow_up),
    )  # fmt: skip
    full = [(found, act) for found, act in groups if found]
    if full:
        found, act = world.chance.pick(full)
        act(world, acting, world.chance.pick(found))


def _open(world: World, acting: Acting, line: Line) -> None:
    refuses = world.chance.one_in(8)
    with world.writing(acting) as session:
        opening.take_first_step(session, acting, notification_id=line.notification_id)
    with world.writing(acting) as session:
        if refuses:
            not_our_pupil.say_not_our_pupil(
                session, acting, notification_id=line.notification_id,
                why=world.chance.pick((None, *NotOurs)),
            )  # fmt: skip
            return
        opening.answer_questions(
            session, acting, notification_id=line.notification_id,
            on_roll=not world.chance.one_in(20), knows_family=world.chance.one_in(20),
            tied=world.chance.one_in(20),
        )  # fmt: skip


def undo(world: World) -> None:
    """Somebody at a school takes "not our pupil" back, in time or too late."""
    email = world.chance.pick(world.county.readers)
    acting = world.acting(email)
    closed = world.look.execute("SELECT id FROM notification WHERE state = 'held' ORDER BY id")
    ids = [UUID(one) for (one,) in closed]
    if ids:
        with world.writing(acting) as session:
            not_our_pupil.undo_not_our_pupil(
                session, acting, notification_id=world.chance.pick(ids)
            )


def be_away(world: World) -> None:
    """Somebody at a school is away from today on, is back, or has left for good."""
    email = world.chance.pick([one for school in world.county.schools for one in school.key_adults])
    acting, today = world.acting(email), london_date(world.now)
    if not acting.actor.grants:
        return
    adult = world.county.key_adults[email]
    if world.chance.one_in(8):
        with world.writing(acting) as session:
            key_adults.record_leaving(session, acting, key_adult_id=adult, left_on=today)
        world.left[email] = world.now
        return
    with world.writing(acting) as session:
        if world.chance.one_in(3):
            key_adults.end_absence(session, acting, key_adult_id=adult, first_on=today)
        else:
            days = key_adults.Days(today, today + timedelta(days=world.chance.between(0, 3)))
            key_adults.record_absence(session, acting, key_adult_id=adult, days=days)


def _acknowledge(world: World, acting: Acting, line: Line) -> None:
    with world.writing(acting) as session:
        acknowledging.acknowledge(session, acting, notification_id=line.notification_id)


def _follow_up(world: World, acting: Acting, line: Line) -> None:
    with world.writing(acting) as session:
        following_up.record_follow_up(
            session, acting, notification_id=line.notification_id,
            codes=[world.chance.pick(list(FollowUpCode))],
        )  # fmt: skip


def ring(world: World) -> None:
    """Somebody of a force's desk rings the next school on the call sheet."""
    force, email = world.chance.pick(world.county.desks)
    acting = world.acting(email)
    with world.reading(acting) as session:
        lines = [line for one in calling.sheet(session, acting, force=force) for line in one.lines]
    knowing.lists(world, email, {line.reference for line in lines})
    if not lines:
        return
    line = world.chance.pick(lines)
    result = world.chance.pick((CallResult.TOLD, CallResult.NO_ANSWER, CallResult.RING_BACK))
    with world.writing(acting) as session:
        calling.claim(session, acting, line_id=line.line_id)
    if result is CallResult.TOLD:
        with world.writing(acting) as session:
            calling.show_content(session, acting, line_id=line.line_id, untied=True)
    with world.writing(acting) as session:
        calling.record_call(
            session, acting, line_id=line.line_id, result=result, recipient_trained=True
        )


def review(world: World) -> None:
    """A reviewer settles one child at one of the schools, with a reason."""
    _, email = world.chance.pick(world.county.reviewers)
    acting = world.acting(email)
    with world.reading(acting) as session:
        waiting = reviewing.queue(session, acting)
    knowing.lists(world, email, {line.reference for line in waiting})
    if not waiting:
        return
    line = world.chance.pick(waiting)
    urn = world.chance.pick(world.county.schools).urn
    with world.writing(acting) as session:
        reviewing.claim(session, acting, review_id=line.review_id, untied=True)
    with world.writing(acting) as session:
        settle(
            session, acting, review_id=line.review_id,
            answer=Answer((urn,), ReviewReason.OFFICER_CLARIFIED, "", ()),
        )  # fmt: skip


def hear(world: World) -> None:
    """GOV.UK Notify calls back about a message: late, out of order, twice, or never."""
    taken = world.notify.taken
    if not taken:
        return
    one = world.chance.pick(sorted(taken, key=lambda one: one.id))
    word = "sending" if world.chance.one_in(6) else world.notify.status_of(one)
    # Now and then of something nobody here has sent.
    about = UUID(one.id) if world.chance.one_in(12) else UUID(one.reference)
    for _ in range(1 + world.chance.one_in(4)):
        with world.wiring.database.write(PLATFORM) as session:
            note_status(session, alert_id=about, status=status_of(word), now=world.now)
