"""Every figure of timeliness against the same recomputed row by row, in plain Python."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, text, update
from sqlalchemy.orm import Session

from app.core.clock import HandClock, at_london, london_date
from app.core.scope import PLATFORM, Scope, of_force
from app.reports.counts import Figure, Tally
from app.reports.messages import Wanted, causes, messages
from app.reports.national import add_up, add_up_everything, national
from app.reports.periods import Period
from app.reports.stages import Stage, _instants, stage_times
from app.reports.timeliness import Kind, Whose, _by_day, _by_place, of_days, timeliness
from app.wiring import Wiring
from notifications.models import Notification, Receipt
from notifications.states import ENDED, ReceiptKind, ToldHow
from tests.factories.seasons import COUNCILS, FIRST, FORCES, LAST, Season, before

# In the middle of a day: what is due later that day does not count yet.
NOW = at_london(LAST - timedelta(days=1), time(8, 50))
WHOLE = Period(FIRST, LAST)


@pytest.fixture
def season(wiring: Wiring) -> Season:
    assert isinstance(wiring.clock, HandClock)
    wiring.clock.move_to(NOW)
    return Season(wiring, random.Random(20261122)).begin()


def figures_of(row: Notification) -> set[Figure]:
    """What one message counts in, straight from the definitions."""
    found = {Figure.DUE}
    nine = at_london(london_date(row.due_at), time(9))
    if row.late_record:
        found.add(Figure.LATE_RECORD)
    if row.told_at is None:
        return found | {Figure.NOT_TOLD}
    in_time = not row.late_record and row.told_at <= row.due_at
    before_nine = not row.late_record and row.told_at < nine
    opened = row.told_how is ToldHow.OPENED
    found.add(Figure.TOLD_IN_TIME if in_time else Figure.TOLD_LATE)
    found |= {Figure.OPENED_IN_TIME} if in_time and opened else set()
    found |= {Figure.TOLD_BEFORE_NINE} if before_nine else set()
    found |= {Figure.OPENED_BEFORE_NINE} if before_nine and opened else set()
    if row.acknowledged_at is not None and not row.late_record:
        if row.acknowledged_at <= row.due_at:
            found.add(Figure.ACKNOWLEDGED_IN_TIME)
        if row.acknowledged_at < nine:
            found.add(Figure.ACKNOWLEDGED_BEFORE_NINE)
    return found


def tally_of(rows: Iterable[Notification]) -> Tally:
    counted = [figures_of(row) for row in rows]
    return Tally(**{figure.value: sum(figure in one for one in counted) for figure in Figure})


def split(
    rows: Iterable[Notification], by: Callable[[Notification], str | date]
) -> dict[str | date, Tally]:
    found: dict[str | date, list[Notification]] = {}
    for row in rows:
        found.setdefault(by(row), []).append(row)
    return {key: tally_of(some) for key, some in found.items()}


def counting(rows: Iterable[Notification], whose: Whose, now: datetime) -> list[Notification]:
    return [
        row for row in rows
        if row.due_at <= now and row.state not in ENDED
        and (row.force if whose.kind is Kind.FORCE else row.council) == whose.code
    ]  # fmt: skip


def place(row: Notification) -> str:
    if row.shown_only_to is not None:
        return "protected"
    return f"school:{row.urn}" if row.urn else "no_school"


def council(row: Notification) -> str:
    return "protected" if row.shown_only_to is not None else f"council:{row.council}"


@pytest.mark.feature("RP1")
def test_every_figure_equals_what_is_recomputed_row_by_row(season: Season) -> None:
    rows = season.messages(240)
    readers = [(Whose(Kind.FORCE, one), of_force(one)) for one in FORCES]
    readers += [(Whose(Kind.COUNCIL, one), Scope(councils=frozenset({one}))) for one in COUNCILS]
    for whose, scope in readers:
        mine = counting(rows, whose, NOW)
        with season.wiring.database.read(scope) as session:
            found = timeliness(session, whose, period=WHOLE, now=NOW)
            assert found.total == tally_of(mine)
            by_day = split(mine, lambda row: london_date(row.due_at))
            assert of_days(session, whose, period=WHOLE, now=NOW) == by_day
            assert {one.period.first: one.tally for one in found.parts if one.tally.due} == by_day
            assert {one.at: one.tally for one in found.schools} == split(mine, place)
            assert {one.at: one.tally for one in found.councils} == split(mine, council)
            for figure in Figure:
                assert behind(session, season, whose, Wanted(WHOLE, (figure,))) == {
                    row.id for row in mine if figure in figures_of(row)
                }
            for line in (*found.schools, *found.councils, *found.phases):
                wanted = Wanted(WHOLE, (Figure.NOT_TOLD,), at=line.at)
                assert len(behind(session, season, whose, wanted)) == line.tally.not_told
            late = causes(session, whose, period=WHOLE, now=NOW)
            assert sum(late.values()) == found.total.late
            for cause, count in late.items():
                if cause is not None:
                    figures = (Figure.TOLD_LATE, Figure.NOT_TOLD)
                    wanted = Wanted(WHOLE, figures, cause=cause)
                    assert len(behind(session, season, whose, wanted)) == count


def behind(session: Session, season: Season, whose: Whose, wanted: Wanted) -> set[object]:
    """The ids of the whole list behind a number, read page by page."""
    ids: list[object] = []
    more = True
    while more:
        page = messages(
            session, season.wiring.cipher, whose, wanted, now=NOW, skip=len(ids), limit=40
        )
        ids += [row.id for row in page.rows]
        more = page.more
    assert len(ids) == len(set(ids))
    return set(ids)


def test_all_forces_added_up_equal_the_messages_whatever_changed_since(season: Season) -> None:
    rows = season.messages(120)
    everything = Period(FIRST, NOW.date())
    with season.wiring.database.write(PLATFORM) as session:
        for force in FORCES:
            add_up_everything(session, force, now=NOW)
    with season.wiring.database.read(PLATFORM) as session:
        found = national(session, period=everything)
    mine = [row for force in FORCES for row in counting(rows, Whose(Kind.FORCE, force), NOW)]
    assert found.total == tally_of(mine)
    assert {on: one for on, one in found.days.items() if one.due} == split(
        mine, lambda row: london_date(row.due_at)
    )
    assert found.forces == split(mine, lambda row: row.force)
    assert found.made_at == NOW
    with season.wiring.database.write(PLATFORM) as session:
        session.execute(update(Notification).values(late_record=True))
        for force in FORCES:
            add_up(session, force, period=everything, now=NOW)
        again = national(session, period=everything)
    assert (again.total.late_record, again.total.told_in_time) == (found.total.due, 0)


@pytest.mark.feature("RP2")
def test_each_stage_has_its_median_and_centiles(season: Season) -> None:
    due = at_london(LAST - timedelta(days=2), time(8, 45))
    plain = {"late_record": False, "shown_only_to": None, "force": "99", "due_at": due}
    rows = [season.one(**plain) for _ in range(20)]
    for number, row in enumerate(rows, start=1):
        told_at = row["accepted_at"] + timedelta(minutes=10 * number, seconds=59)
        row |= {
            "state": "acknowledged", "told_at": told_at, "told_how": ToldHow.OPENED,
            "told_by": "account:test", "acknowledged_at": told_at + timedelta(days=1),
        }  # fmt: skip
    stored = season.store(rows)
    with season.wiring.database.write(PLATFORM) as session:
        for one in stored[:10]:
            for after in (5, 50):
                session.add(
                    Receipt(
                        id=one.id if after == 5 else one.incident_id, notification_id=one.id,
                        force=one.force, urn=one.urn, council=one.council,
                        kind=ReceiptKind.HANDED_OVER, actor="job:test", source="smtp",
                        at=one.accepted_at + timedelta(minutes=after),
                    )
                )  # fmt: skip
    with season.wiring.database.read(of_force("99")) as session:
        times = stage_times(session, Whose(Kind.FORCE, "99"), period=WHOLE, now=NOW)
    found = {one.stage: one for one in times}
    whole, told, answer = (
        found[one] for one in (Stage.RECEIVED_TO_TOLD, Stage.TOLD, Stage.ACKNOWLEDGED)
    )
    assert (whole.messages, whole.median, whole.ninetieth, whole.ninety_fifth) == (
        20, 100, 180, 190,
    )  # fmt: skip
    # The first alert counts, of those that were alerted at all.
    assert (told.messages, told.median, told.ninety_fifth) == (10, 45, 95)
    assert (answer.median, answer.ninety_fifth) == (1440, 1440)
    assert (found[Stage.MATCHED].messages, found[Stage.MATCHED].median) == (0, None)
    assert Stage.RECEIVED in found


@pytest.mark.feature("RP2")
@pytest.mark.parametrize("whose", [Whose(Kind.FORCE, "99"), Whose(Kind.COUNCIL, "999")])
def test_every_time_of_a_stage_equals_what_is_recomputed_row_by_row(
    season: Season, whose: Whose
) -> None:
    truth: dict[Stage, list[int]] = {}
    rows = season.messages(120)
    decided, alerted = season.decisions(rows), season.hand_overs(rows)
    for one in rows:
        owner = one.force if whose.kind is Kind.FORCE else one.council
        inside = WHOLE.starts_at <= one.due_at < WHOLE.ends_at and one.due_at <= NOW
        if owner == whose.code and inside and one.state not in ENDED:
            for stage, minutes in minutes_of(one, decided[one.id], alerted[one.id]):
                truth.setdefault(stage, []).append(minutes)
    with season.wiring.database.read(PLATFORM) as session:
        times = stage_times(session, whose, period=WHOLE, now=NOW)
    assert len(times) == (6 if whose.kind is Kind.FORCE else 4)
    for time_of in times:
        taken = sorted(truth[time_of.stage])
        centiles = [taken[-(-len(taken) * part // 100) - 1] for part in (50, 90, 95)]
        found = [time_of.median, time_of.ninetieth, time_of.ninety_fifth]
        assert (time_of.messages, found) == (len(taken), centiles), time_of.stage


def minutes_of(
    row: Notification, decided: Iterable[datetime], alerted: Iterable[datetime]
) -> Iterator[tuple[Stage, int]]:
    """How long each stage of one message took, of those it went through."""
    matched = max((at for at in decided if row.ready_at and at <= row.ready_at), default=None)
    first = min(alerted, default=None)
    for stage, start, end in (
        (Stage.RECEIVED, row.accepted_at - before(row), row.accepted_at),
        (Stage.MATCHED, row.accepted_at, matched),
        (Stage.ALERTED, matched, first),
        (Stage.TOLD, first, row.told_at),
        (Stage.ACKNOWLEDGED, row.told_at, row.acknowledged_at),
        (Stage.RECEIVED_TO_TOLD, row.accepted_at, row.told_at),
        (Stage.RECEIVED_TO_ALERTED, row.accepted_at, first),
    ):
        if start is not None and end is not None:
            yield stage, max(0, int((end - start).total_seconds())) // 60


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_figures_are_read_from_an_index_alone(season: Season) -> None:
    rows = season.messages(600)
    season.decisions(rows)
    season.hand_overs(rows)
    days = Period(LAST - timedelta(days=3), LAST)
    engine = season.wiring.database.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("notification", "incident", "match", "receipt"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))
    for whose, index in (
        (Whose(Kind.FORCE, "99"), "ix_notification_force_due"),
        (Whose(Kind.COUNCIL, "999"), "ix_notification_council_due"),
    ):
        for query in (_by_day, _by_place):
            plan = explained(season.wiring, query(whose, days, NOW))
            assert f"Index Only Scan using {index} on notification" in plan, plan
            assert plan.count("on notification") == 1, plan
    plan = explained(
        season.wiring,
        select(_instants(Whose(Kind.FORCE, "99"), days, NOW, since=days.starts_at)),
    )
    for table, index in (
        ("notification", "ix_notification_force_due"), ("incident", "ix_incident_force_received"),
        ("match", "ix_match_force_decided"), ("receipt", "ix_receipt_handed_over"),
    ):  # fmt: skip
        assert f"Index Only Scan using {index} on {table}" in plan, plan
        assert plan.count(f" on {table}\n") == 1, plan


def explained(wiring: Wiring, statement: Select[Any]) -> str:
    """The plan of a report's statement where a table is as large as to be worth an index."""
    compiled = statement.compile(
        wiring.database.engine, compile_kwargs={"render_postcompile": True}
    )
    with wiring.database.engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        lines = connection.exec_driver_sql(
            f"EXPLAIN (COSTS OFF) {compiled}", compiled.construct_params()
        )
        return "\n".join(row[0] for row in lines)
