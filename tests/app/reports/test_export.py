"""The CSV runs nothing in a spreadsheet and says what the board says."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id
from app.intake.outcomes import Outcome
from app.reports.export import COLUMNS, morning_csv, safe_cell
from app.reports.rows import Board, ChildRow
from app.reports.told import Told
from notifications.states import ToldHow

DUE = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def row(
    *, told: Told = Told.TOLD, told_at: datetime | None = DUE, reference: str = "99-1",
    late_record: bool = False,
) -> ChildRow:  # fmt: skip
    return ChildRow(
        child_id=new_id(), reference=reference, child_ref="c1", outcome=Outcome.SENT_TO_SCHOOL,
        outcome_reason=None, told=told, held_by="", schools=("=Exampleton Primary",),
        notification_ids=(), due_at=DUE, minutes_left=None, told_at=told_at,
        told_how=ToldHow.OPENED if told_at else None, acknowledged_at=None, late_cause=None,
        late_record=late_record,
    )  # fmt: skip


def board(*rows: ChildRow) -> Board:
    return Board("99", date(2026, 11, 20), DUE, rows)


@given(st.text(min_size=1))
def test_no_cell_starts_as_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\0"))


def test_each_row_of_the_board_is_a_row_of_the_file() -> None:
    read = list(csv.DictReader(io.StringIO(morning_csv(board(row(), row(reference="99-2"))))))
    assert [one["reference"] for one in read] == ["99-1", "99-2"]
    assert tuple(read[0]) == COLUMNS
    assert read[0]["schools"] == "'=Exampleton Primary"
    assert read[0]["told_at"] == "2026-11-20T08:30+00:00"


@pytest.mark.feature("RP1")
@pytest.mark.parametrize(
    ("minutes", "late_record", "in_time", "before_nine"),
    [(-1, False, 1, 1), (0, False, 1, 1), (1, False, 0, 1), (31, False, 0, 0), (-1, True, 0, 1)],
)
def test_in_time_means_by_the_deadline_and_never_for_a_record_that_came_late(
    minutes: int, late_record: bool, in_time: int, before_nine: int
) -> None:
    told_at = DUE + timedelta(minutes=minutes)
    one = board(row(told_at=told_at, late_record=late_record))
    assert (one.told_in_time, one.told_before_nine) == (in_time, before_nine)


def test_all_told_appears_only_when_nobody_is_left() -> None:
    assert board(row(), row(told=Told.NOT_NEEDED, told_at=None)).all_told
    assert not board(row(), row(told=Told.NOT_TOLD, told_at=None)).all_told
