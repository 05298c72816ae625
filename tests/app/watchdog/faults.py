"""Kinds of fault, each brought about for real, and the alarm that each must end in.

A process stops, a row is lost, a server refuses; docs/reliability.md lists them.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select, text

from app.core.clock import SystemClock
from app.core.errors import TooMany
from app.core.ids import new_id
from app.core.paper import make_key
from app.core.scope import PLATFORM
from app.intake.models import Incident, InvolvedChild
from app.watchdog.codes import Code
from notifications import outbox
from notifications.alerts import letterhead
from notifications.channels.base import ChannelError, ErrorKind
from notifications.channels.fake_notify import API_KEY, FakeNotify, NotifyFault
from notifications.channels.govuk_notify import Account, NotifyChannel
from notifications.channels.recording import RecordingChannel
from notifications.models import Alert, AlertCover, Notification, Occurrence
from notifications.provider_models import Provider
from notifications.states import AlertState, Channel, Medium, NotificationState, ToldHow
from tests.app.watchdog.watched import Watched, breaks
from tests.journeys.world import child
from tests.postgres import administration

NOWHERE = {"school_name": "A school nobody knows", "town": "Nowhere"}


@dataclass(frozen=True)
class Fault:
    """One kind of fault; `by` is the morning by whose nine o'clock its alarm must have rung."""

    code: Code
    happen: Callable[[Watched], Any]
    by: str = "2026-11-23"
    only_on: str | None = None


# -- the scheduler and its steps ------------------------------------------------------------------


def scheduler_stops(calm: Watched) -> None:
    calm.world.clock.advance(timedelta(minutes=2))


def a_step_never_runs(calm: Watched) -> None:
    calm.tick_until(time(7, 55), send_due=None)


def a_step_breaks(calm: Watched) -> None:
    calm.tick(send_due=breaks)
    calm.look()
    calm.world.clock.advance(timedelta(minutes=1))
    calm.tick(send_due=breaks)


def matching_breaks(calm: Watched) -> None:
    calm.world.push("N-2", child(forename="Bela"))
    calm.tick_until(time(7, 55), match_children=breaks)


def nobody_takes_steps(calm: Watched) -> None:
    calm.tick_until(time(8, 0), chase_untold=None)


def nobody_chases_reviews(calm: Watched) -> None:
    _unclear(calm)
    calm.tick()
    calm.tick_until(time(8, 20), chase_reviews=None)


def no_morning_is_made(calm: Watched) -> None:
    calm.clock("2026-11-24 00:40")
    calm.tick(morning_check=None)


def the_evening_is_not_checked(calm: Watched) -> None:
    calm.clock("2026-11-23 18:40")
    calm.tick(evening_check=None)


def the_call_sheet_is_not_written(calm: Watched) -> None:
    """The officers' keys are lost: the step runs, and there is nobody it could write for."""
    keys = _paper(calm)
    calm.tick()
    assert Code.CALL_SHEET_OLD not in {one.code for one in calm.look().findings}
    (keys / "99.duty.pem").unlink()
    calm.tick_until(time(8, 5))


def the_place_of_the_call_sheets_refuses(calm: Watched) -> None:
    """The operator's store answers 507: nothing that is pushed there arrives."""
    _paper(calm, call_sheet_push_url=SecretStr(f"{calm.listener.url}/sheets"))
    calm.tick()
    assert Code.CALL_SHEET_NOT_PUSHED not in {one.code for one in calm.look().findings}
    calm.listener.status = 507
    calm.tick_until(time(7, 46))
    calm.listener.status = 200


# -- people ---------------------------------------------------------------------------------------


def everybody_left(calm: Watched) -> None:
    calm.sql("UPDATE account SET disabled_at = added_at")
    calm.sql("UPDATE officer SET left_on = '2026-11-21'")


def nobody_rings(calm: Watched) -> None:
    calm.tick_until(time(8, 25))


def nobody_reviews(calm: Watched) -> None:
    _unclear(calm)
    calm.tick_until(time(8, 5))


def nobody_is_on_duty_tomorrow(calm: Watched) -> None:
    everybody_left(calm)
    calm.clock("2026-11-23 18:31")
    calm.tick()


# -- rows that are lost or changed by hand ---------------------------------------------------------


def the_message_is_gone(calm: Watched) -> None:
    calm.sql("UPDATE notification SET state = 'recalled'")


def the_alerts_are_gone(calm: Watched) -> None:
    calm.sql("DELETE FROM receipt")
    calm.sql("DELETE FROM alert_cover")
    calm.sql("DELETE FROM call_sheet_line")
    calm.sql(
        "UPDATE escalation_step SET state = 'skipped', reason_code = 'x', settled_at = planned_at"
    )


def the_review_is_gone(calm: Watched) -> None:
    _unclear(calm)
    calm.tick()
    calm.sql("UPDATE review SET state = 'closed'")


def the_pursuit_is_gone(calm: Watched) -> None:
    _unclear(calm)
    calm.tick()
    calm.sql("UPDATE unsettled_child SET closed_at = opened_at, close_code = 'x'")
    calm.tick_until(time(7, 52), chase_reviews=None)


def a_hold_never_ends(calm: Watched) -> None:
    _outcome(calm, "held", "force_hold")
    calm.sql("UPDATE involved_child SET due_at = received_at")


def a_reason_is_not_on_the_trail(calm: Watched) -> None:
    _outcome(calm, "not_notified", "not_related")
    calm.sql(
        "UPDATE involved_child SET outcome_at = (SELECT max(closed_at) FROM night_close)"
    )  # this morning


def a_withdrawn_child_is_still_shown(calm: Watched) -> None:
    _outcome(calm, "withdrawn")


def the_council_was_never_told(calm: Watched) -> None:
    _outcome(calm, "sent_to_council")


def an_incident_has_lost_its_children(calm: Watched) -> None:
    with calm.world.wiring.database.write(PLATFORM) as session:
        incident = session.scalars(select(Incident)).one()
        session.add(_copy(incident, id=new_id(), reference="N-9", children_seen=2))


# -- the mail provider -----------------------------------------------------------------------------


def the_provider_is_away(calm: Watched) -> None:
    _provider_answers(calm, ErrorKind.CONNECTION, "failed_at_connecting")
    calm.tick_until(time(7, 55))


def the_provider_says_no_more(calm: Watched) -> None:
    """Taken by a provider that reports what becomes of it, and since then "sending"."""
    calm.sql(
        "UPDATE alert SET channel = 'govuk_notify', delivery_status = 'sending'"
        " WHERE state = 'handed_over'"
    )
    calm.world.clock.advance(timedelta(minutes=1))
    calm.tick_until(time(7, 58))


def the_provider_never_answers(calm: Watched) -> None:
    _provider_answers(calm, ErrorKind.UNKNOWN, "lost_at_final_dot")
    calm.tick_until(time(7, 55))


def an_alert_fails_on_itself(calm: Watched) -> None:
    """Each try ends with the process that made it, so its lease runs out: five times."""
    calm.tick_until(time(7, 45), send_due=None)
    for _ in range(7):
        with calm.world.wiring.database.write(PLATFORM) as session:
            outbox.claim(
                session, calm.world.wiring.cipher, owner="killed", now=calm.world.now, limit=10
            )
        calm.tick_until((calm.world.now + timedelta(minutes=5)).time(), send_due=None)
    calm.tick()


def the_provider_refuses_everybody(calm: Watched) -> None:
    _provider_answers(calm, ErrorKind.PERMANENT, "recipient_550")
    elsewhere = {"school_name": "Otherby Church School", "town": "Otherby"}
    calm.world.push("N-2", child(forename="Bela", education=elsewhere))
    calm.tick_until(time(8, 28))


def the_provider_swallows_everything(calm: Watched) -> None:
    """Taken and never delivered: three schools opened last week, today none of them does."""
    schools = (990001, 990011, 990012)
    for urn in schools[1:]:
        calm.world.school(urn, f"Exampleton School {urn}", key_adults=[f"head@{urn}.test"])
    with calm.world.wiring.database.write(PLATFORM) as session:
        pattern = session.scalars(select(Notification)).one()
        kept = {
            "told_at": pattern.accepted_at, "told_how": ToldHow.OPENED, "told_by": "account:x",
            "state": NotificationState.OPENED,
        }  # fmt: skip
        for urn in schools:
            there = {"urn": urn, "recipient": f"urn:{urn}"}
            for day in range(1, 8):
                message_like(session, pattern, days_ago=day, **there, **kept)
            if urn != pattern.urn:
                message_like(session, pattern, days_ago=0, **there)


def a_provider_refuses_us(calm: Watched) -> None:
    """GOV.UK Notify answers 403 to the first alert it is handed: it knows our key no more (F31)."""
    wiring = calm.world.wiring
    with FakeNotify(wiring.clock, {"t": "A message is waiting."}) as fake:
        notify = NotifyChannel(
            Account.of(fake.url, API_KEY), medium=Medium.EMAIL, clock=wiring.clock,
            templates={"message_waiting": "t", "message_waiting.cy": "t"}, per_minute=3000,
            head=letterhead(wiring.settings),
        )  # fmt: skip
        calm.world.wiring = dataclasses.replace(wiring, channels=(notify,))
        fake.fail_next(NotifyFault.KEY_REVOKED)
        calm.world.push("N-2", child(forename="Bela"))
        calm.tick()
    with wiring.database.read(PLATFORM) as session:
        assert session.get_one(Provider, Channel.NOTIFY).reason_code == "key_refused"


# -- the feed --------------------------------------------------------------------------------------


def the_force_is_silent(calm: Watched) -> None:
    calm.sql("DELETE FROM night_close")


def totals_differ(calm: Watched) -> None:
    calm.close_night(2, 2, 2)


# -- trail, schema, calendar -----------------------------------------------------------------------


def a_push_is_turned_away(calm: Watched) -> None:
    calm.sql("UPDATE police_client SET push_limit = 1")
    answers = [calm.world.offer(f"N-{number}", child()) for number in (8, 9)]
    assert isinstance(answers[-1], TooMany)


def the_trail_is_changed(calm: Watched) -> None:
    calm.sql(
        "UPDATE audit_head SET hash = (SELECT prev_hash FROM audit WHERE seq = 1 AND chain = '99')"
    )


def an_old_copy_was_restored(calm: Watched) -> None:
    calm.sql("UPDATE audit_head SET seq = seq - 1")


def the_trail_was_cut(calm: Watched) -> None:
    """The newest rows are gone and the head says so: only who kept a checkpoint can know."""
    wiring = calm.world.wiring
    settings = wiring.settings.model_copy(update={"checkpoint_dir": calm.folder / "elsewhere"})
    calm.world.wiring = dataclasses.replace(wiring, settings=settings)
    calm.tick()
    assert Code.TRAIL_NOT_CHECKPOINTED not in {one.code for one in calm.look().findings}
    if wiring.settings.on_sqlite:
        calm.sql("DROP TRIGGER audit_no_delete")
    else:
        calm.sql("DROP TRIGGER audit_no_change ON audit")
    calm.sql(
        "DELETE FROM audit WHERE chain = '99' AND seq = "
        "(SELECT seq FROM audit_head WHERE chain = '99')"
    )
    calm.sql(
        "UPDATE audit_head SET seq = seq - 1, hash = (SELECT hash FROM audit WHERE chain = '99' "
        "AND seq = audit_head.seq - 1) WHERE chain = '99'"
    )
    calm.tick_until(time(8, 5))


def a_force_writes_no_trail(calm: Watched) -> None:
    calm.sql("INSERT INTO force (code, name, added_at) SELECT '98', 'Otherby', added_at FROM force")
    calm.tick()


def another_release_migrated(calm: Watched) -> None:
    calm.sql("UPDATE alembic_version SET version_num = '0001'")


def the_bank_holidays_end(calm: Watched) -> None:
    calm.sql("DELETE FROM calendar_day WHERE kind = 'bank_holiday' AND on_date > '2027-01-05'")


# -- clocks, disks, networks -----------------------------------------------------------------------


def the_clock_is_set_an_hour_on(calm: Watched) -> None:
    calm.world.clock.advance(timedelta(hours=1))
    calm.slip = 3600.0


def the_schedulers_clock_runs_ahead(calm: Watched) -> None:
    now = calm.world.now
    calm.world.clock.advance(timedelta(seconds=30))
    calm.tick()
    calm.world.clock.move_to(now)


class Skewed(SystemClock):
    """This machine's clock, six seconds wrong."""

    def now(self) -> Any:
        return super().now() + timedelta(seconds=6)


def our_clock_is_wrong(calm: Watched) -> None:
    _replace(calm, clock=Skewed())


def a_disk_is_gone(calm: Watched) -> None:
    _replace(calm, disk_paths=(calm.folder / "unmounted",))


def the_web_process_is_down(calm: Watched) -> None:
    calm.look()
    _replace(calm, ready_url="http://127.0.0.1:9/health/ready")
    calm.look()


def the_database_is_down(calm: Watched) -> None:
    if calm.admin_url is None:
        (calm.folder / "encompass.db").rename(calm.folder / "elsewhere.db")
        return
    name = calm.admin_url.rpartition("/")[2]
    with administration(calm.admin_url.rpartition("/")[0] + "/postgres") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )


def a_row_cannot_be_read(calm: Watched) -> None:
    if calm.admin_url is None:
        calm.sql("UPDATE readiness_check SET own_cover = '{'")
        return
    with administration(calm.admin_url) as connection:
        connection.execute(text("REVOKE SELECT ON readiness_check FROM encompass_watchdog"))


def the_dead_mans_switch_refuses(calm: Watched) -> None:
    calm.listener.status = 500
    calm.look()


def the_role_was_given_too_much(calm: Watched) -> None:
    assert calm.admin_url is not None
    with administration(calm.admin_url) as connection:
        connection.execute(text("GRANT UPDATE (state) ON alert TO encompass_watchdog"))


ALL = {
    "scheduler_stops": Fault(Code.TICKS_STOPPED, scheduler_stops),
    "a_step_never_runs": Fault(Code.STEP_STUCK, a_step_never_runs),
    "a_step_breaks": Fault(Code.STEP_FAILING, a_step_breaks),
    "matching_breaks": Fault(Code.BALANCE_RECEIVED_TOO_LONG, matching_breaks),
    "nobody_takes_steps": Fault(Code.BALANCE_STEP_OVERDUE, nobody_takes_steps),
    "nobody_chases_reviews": Fault(Code.BALANCE_REVIEW_STEP_OVERDUE, nobody_chases_reviews),
    "no_morning_is_made": Fault(Code.RUN_MISSING, no_morning_is_made, "2026-11-24"),
    "the_evening_is_not_checked": Fault(
        Code.EVENING_CHECK_MISSING, the_evening_is_not_checked, "2026-11-24"
    ),
    "the_call_sheet_is_not_written": Fault(Code.CALL_SHEET_OLD, the_call_sheet_is_not_written),
    "the_place_of_the_call_sheets_refuses": Fault(
        Code.CALL_SHEET_NOT_PUSHED, the_place_of_the_call_sheets_refuses
    ),
    "everybody_left": Fault(Code.UNTOLD_UNHELD, everybody_left),
    "nobody_rings": Fault(Code.CALL_NOT_BEGUN, nobody_rings),
    "nobody_reviews": Fault(Code.REVIEW_NOT_BEGUN, nobody_reviews),
    "nobody_is_on_duty_tomorrow": Fault(
        Code.COVER_MISSING, nobody_is_on_duty_tomorrow, "2026-11-24"
    ),
    "the_message_is_gone": Fault(Code.BALANCE_SCHOOL_MISSING, the_message_is_gone),
    "the_alerts_are_gone": Fault(Code.BALANCE_NOBODY_ALERTED, the_alerts_are_gone),
    "the_review_is_gone": Fault(Code.BALANCE_REVIEW_MISSING, the_review_is_gone),
    "the_pursuit_is_gone": Fault(Code.BALANCE_NOBODY_PURSUES, the_pursuit_is_gone),
    "a_hold_never_ends": Fault(Code.BALANCE_HELD_TOO_LONG, a_hold_never_ends),
    "a_reason_is_not_on_the_trail": Fault(
        Code.BALANCE_REASON_MISSING, a_reason_is_not_on_the_trail
    ),
    "a_withdrawn_child_is_still_shown": Fault(
        Code.BALANCE_STILL_VISIBLE, a_withdrawn_child_is_still_shown
    ),
    "the_council_was_never_told": Fault(Code.BALANCE_COUNCIL_MISSING, the_council_was_never_told),
    "an_incident_has_lost_its_children": Fault(
        Code.BALANCE_NO_ROWS, an_incident_has_lost_its_children
    ),
    "the_provider_is_away": Fault(Code.NO_STATUS, the_provider_is_away),
    "the_provider_says_no_more": Fault(Code.STILL_SENDING, the_provider_says_no_more),
    "the_provider_never_answers": Fault(Code.UNKNOWN_OLD, the_provider_never_answers),
    "an_alert_fails_on_itself": Fault(Code.SET_ASIDE, an_alert_fails_on_itself),
    "the_provider_refuses_everybody": Fault(Code.DELIVERY_FAILING, the_provider_refuses_everybody),
    "the_provider_swallows_everything": Fault(Code.NOBODY_OPENS, the_provider_swallows_everything),
    "a_provider_refuses_us": Fault(Code.PROVIDER_STOPPED, a_provider_refuses_us),
    "the_force_is_silent": Fault(Code.FEED_SILENT, the_force_is_silent),
    "totals_differ": Fault(Code.FEED_UNEQUAL, totals_differ),
    "a_push_is_turned_away": Fault(Code.PUSHES_REFUSED, a_push_is_turned_away),
    "the_trail_is_changed": Fault(Code.TRAIL_BROKEN, the_trail_is_changed),
    "an_old_copy_was_restored": Fault(Code.TRAIL_WENT_BACK, an_old_copy_was_restored),
    "the_trail_was_cut": Fault(Code.TRAIL_NOT_CHECKPOINTED, the_trail_was_cut),
    "a_force_writes_no_trail": Fault(Code.TRAIL_SILENT, a_force_writes_no_trail),
    "another_release_migrated": Fault(Code.SCHEMA_OTHER, another_release_migrated),
    "the_bank_holidays_end": Fault(Code.CALENDAR_ENDS, the_bank_holidays_end),
    "the_clock_is_set_an_hour_on": Fault(Code.CLOCK_JUMPED, the_clock_is_set_an_hour_on),
    "the_schedulers_clock_runs_ahead": Fault(Code.CLOCK_AHEAD, the_schedulers_clock_runs_ahead),
    "our_clock_is_wrong": Fault(Code.CLOCK_OFFSET, our_clock_is_wrong, "2999-01-01", "postgresql"),
    "a_disk_is_gone": Fault(Code.DISK_LOW, a_disk_is_gone),
    "the_web_process_is_down": Fault(Code.WEB_NOT_READY, the_web_process_is_down),
    "the_database_is_down": Fault(Code.DATABASE_SILENT, the_database_is_down),
    "a_row_cannot_be_read": Fault(Code.CHECK_FAILED, a_row_cannot_be_read),
    "the_dead_mans_switch_refuses": Fault(Code.HEARTBEAT_REFUSED, the_dead_mans_switch_refuses),
    "the_role_was_given_too_much": Fault(
        Code.ROLE_MAY_WRITE, the_role_was_given_too_much, only_on="postgresql"
    ),
}


def _unclear(calm: Watched) -> None:
    calm.world.push("N-2", child(forename="Bela", surname="Otherwise", education=NOWHERE))


def _outcome(calm: Watched, outcome: str, reason: str | None = None) -> None:
    calm.sql(
        "UPDATE involved_child SET outcome = :outcome, outcome_reason = :reason",
        outcome=outcome, reason=reason,
    )  # fmt: skip


def _provider_answers(calm: Watched, kind: ErrorKind, code: str) -> None:
    channel = calm.world.wiring.channel
    assert isinstance(channel, RecordingChannel)
    channel.fail_next(*[ChannelError(kind, code) for _ in range(50)])


def _paper(calm: Watched, **changes: Any) -> Path:
    """Let the service write call sheets and the watchdog look; return the officers' keys."""
    keys = calm.folder / "officers"
    keys.mkdir()
    (keys / "99.duty.pem").write_bytes(make_key("three words together")[1])
    wiring = calm.world.wiring
    settings = wiring.settings.model_copy(
        update={"call_sheet_dir": calm.folder / "sheets", "call_sheet_keys": keys, **changes}
    )
    calm.world.wiring = dataclasses.replace(wiring, settings=settings)
    _replace(calm, call_sheet_files=True)
    return keys


def _replace(calm: Watched, **changes: Any) -> None:
    calm.watchdog.close()
    calm.watchdog = calm.watch(**changes)


def _copy(row: Any, **changes: Any) -> Any:
    columns = [column.key for column in type(row).__mapper__.columns]
    return type(row)(**{name: getattr(row, name) for name in columns} | changes)


def message_like(session: Any, pattern: Notification, *, days_ago: int, **changes: Any) -> UUID:
    """Add a child, a notification and its handed-over alert like another one's, on another day."""
    back = timedelta(days=days_ago)
    opened = pattern.due_at - back - timedelta(minutes=50)
    whose = session.get_one(InvolvedChild, pattern.involved_child_id)
    one = _copy(whose, id=new_id(), ref=f"c{new_id().hex[:8]}", due_at=pattern.due_at - back)
    session.add(one)
    session.flush()
    message = _copy(
        pattern, id=new_id(), involved_child_id=one.id, due_at=pattern.due_at - back,
        **{**changes, **({"told_at": opened} if "told_at" in changes else {})},
    )  # fmt: skip
    session.add(message)
    session.flush()
    owned = {"force": pattern.force, "urn": message.urn, "council": pattern.council}
    incident = {"incident_id": pattern.incident_id, "involved_child_id": one.id}
    session.add(
        Occurrence(
            **owned, **incident, notification_id=message.id, joined_at=pattern.accepted_at
        )
    )  # fmt: skip
    first = session.scalars(select(Alert).where(Alert.state == AlertState.HANDED_OVER)).first()
    alert = _copy(first, id=new_id(), handed_over_at=first.handed_over_at - back)
    session.add(alert)
    session.flush()
    session.add(AlertCover(**owned, alert_id=alert.id, notification_id=message.id))
    session.flush()
    found: UUID = message.id
    return found
