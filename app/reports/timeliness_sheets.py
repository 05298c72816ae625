"""The report of timeliness as tables for a file: by time and place, stages, what was late."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from app.reports.counts import Figure, Tally, share
from app.reports.definitions import DEFINITIONS
from app.reports.messages import MessageRow
from app.reports.sheets import Cell, Sheet, moment
from app.reports.stages import StageTime
from app.reports.timeliness import Line, Timeliness

FIGURES = tuple(DEFINITIONS[figure].name for figure in Figure)
_COUNTS = (*FIGURES, "Told in time, per cent", "Told before 9am, per cent")
_PLACES = (("Council", "councils"), ("Phase", "phases"), ("School", "schools"))


def one_table(found: Timeliness) -> Sheet:
    """Return every line of the report under one header, for CSV."""
    rows: list[Sequence[Cell]] = [("whole", "", "", *_span(found), *_counts(found.total))]
    rows += [
        ("time", "", "", part.period.first.isoformat(), part.period.last.isoformat(),
         *_counts(part.tally))
        for part in found.parts
    ]  # fmt: skip
    for word, name in _PLACES:
        lines: tuple[Line, ...] = getattr(found, name)
        rows += [(word.lower(), line.at, line.name, *_span(found), *_counts(line.tally))
                 for line in lines]  # fmt: skip
    return Sheet("Timeliness", ("Table", "Code", "Name", "First", "Last", *_COUNTS), rows)


def workbook(
    found: Timeliness, times: Iterable[StageTime], late: Sequence[MessageRow]
) -> list[Sheet]:
    """Return the report as sheets, the definitions first."""
    by_time = [
        (part.period.first.isoformat(), part.period.last.isoformat(), *_counts(part.tally))
        for part in found.parts
    ]
    places = [
        Sheet(f"By {word.lower()}", ("Code", word, *_COUNTS),
              [(line.at, line.name, *_counts(line.tally)) for line in getattr(found, name)])
        for word, name in _PLACES
    ]  # fmt: skip
    return [
        definitions(),
        Sheet("By time", ("First", "Last", *_COUNTS), by_time),
        *places,
        stage_sheet(times),
        late_sheet(late),
    ]


def definitions() -> Sheet:
    """Return what each figure means."""
    columns = ("Figure", "Counts", "Out of", "Left out", "Source")
    rows = [
        (one.name, one.numerator, one.denominator, one.excluded, one.source)
        for one in DEFINITIONS.values()
    ]
    return Sheet("Definitions", columns, rows)


def stage_sheet(times: Iterable[StageTime]) -> Sheet:
    """Return the stages in minutes."""
    columns = ("Stage", "Messages", "Median, minutes", "90th centile", "95th centile")
    rows = [(one.stage.value, one.messages, one.median, one.ninetieth, one.ninety_fifth)
            for one in times]  # fmt: skip
    return Sheet("Stage times", columns, rows)


def late_sheet(rows: Sequence[MessageRow]) -> Sheet:
    """Return the late messages: no child's name, times in London."""
    columns = (
        "Message", "Reference", "Child", "School or council", "Due", "Told", "How",
        "Minutes late", "Acknowledged", "Why late", "Who had it", "Who has it now",
    )  # fmt: skip
    lines = [
        (
            str(row.id), row.reference, row.child_ref, row.place, moment(row.due_at),
            moment(row.told_at), row.told_how.value if row.told_how else "", row.minutes_late,
            moment(row.acknowledged_at), row.cause.value if row.cause else "",
            row.had_it.value if row.had_it else "", row.held_by,
        )
        for row in rows
    ]  # fmt: skip
    return Sheet("Late", columns, lines)


def _span(found: Timeliness) -> tuple[str, str]:
    return found.period.first.isoformat(), found.period.last.isoformat()


def _counts(tally: Tally) -> tuple[Cell, ...]:
    return (
        *astuple(tally), share(tally.told_in_time, tally.due),
        share(tally.told_before_nine, tally.due),
    )  # fmt: skip
