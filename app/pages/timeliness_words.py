"""Words for the reports of timeliness: figures, stages, causes, and who had what was late."""

from app.core.clock import show_date
from app.pages.codes import LATE_CAUSES
from app.reports.counts import Tally, share
from app.reports.definitions import DEFINITIONS
from app.reports.digest import Open
from app.reports.messages import HadIt
from app.reports.pack import Pack
from app.reports.periods import Period
from app.reports.published import PublishedLine
from app.reports.stages import Stage, StageTime
from app.reports.suppression import percent as percent_of
from app.reports.timeliness import Timeliness
from notifications.states import LateCause

FIGURES = {figure: one.name for figure, one in DEFINITIONS.items()}

# Label and what it spans; the stage of the force stands apart.
STAGES = {
    Stage.RECEIVED: "Incident to record (the force’s own)",
    Stage.MATCHED: "Record to school found",
    Stage.ALERTED: "School found to alert sent",
    Stage.TOLD: "Alert sent to told",
    Stage.ACKNOWLEDGED: "Told to acknowledged",
    Stage.RECEIVED_TO_TOLD: "Record to told, all of it",
    Stage.RECEIVED_TO_ALERTED: "Record to alert sent",
}

HAD_IT = {
    HadIt.FORCE_SYSTEM: "The force’s system",
    HadIt.REVIEWERS: "Reviewers",
    HadIt.SERVICE: "This service",
    HadIt.MAIL: "The mail provider",
    HadIt.KEY_ADULTS: "The school’s key adults",
    HadIt.DESK: "The force’s desk",
}

OPEN = {
    Open.NOT_TOLD: "Not told, past their deadline",
    Open.UNSETTLED: "Children whose school is not settled",
    Open.HELD: "Children held",
    Open.LATE_TODAY: "Told late this day",
    Open.NOT_ACKNOWLEDGED: "Opened a day ago or longer, not acknowledged",
    Open.FOLLOW_UP_OVERDUE: "Follow-up overdue",
}

NO_CAUSE = "not marked yet"


def cause(code: LateCause | None) -> str:
    """Return why something was late."""
    return LATE_CAUSES[code] if code else NO_CAUSE


def span(period: Period) -> str:
    """Return the days in words: `Friday 20 November 2026`, or two of them."""
    if period.first == period.last:
        return show_date(period.first)
    return f"{show_date(period.first)} to {show_date(period.last)}"


def label(period: Period) -> str:
    """Return the first day as it stands under a chart: `20 Nov`."""
    return f"{period.first.day} {period.first:%b}"


def minutes(count: int | None) -> str:
    """Return a time in words: `12 minutes`, `3 hours 5 minutes`, `2 days 4 hours`."""
    if count is None:
        return "none"
    days, rest = divmod(count, 1440)
    hours, left = divmod(rest, 60)
    of_days = [(days, "day"), (hours, "hour")]
    parts = of_days if days else [(hours, "hour"), (left, "minute")]
    said = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number]
    return " ".join(said) or "under a minute"


def part(count: int, whole: int) -> str:
    """Return a count with its share: `45 (90%)`."""
    percent = share(count, whole)
    return f"{count:,}" if percent is None else f"{count:,} ({percent}%)"


def summary(found: Timeliness) -> str:
    """Return the report in a few sentences, for who does not look at the chart."""
    total = found.total
    if not total.due:
        return f"No message was due {_between(found.period)}."
    said = [
        f"{_messages(total.due)} due {_between(found.period)}.",
        f"Told in time: {part(total.told_in_time, total.due)}.",
        f"Acknowledged in time: {part(total.acknowledged_in_time, total.due)}.",
        f"Told before 9am: {part(total.told_before_nine, total.due)}.",
        _late(total),
    ]
    worst = max(found.parts, key=lambda one: one.tally.late)
    if worst.tally.late:
        unit = "The week" if found.period.by_week else "The day"
        said.append(
            f"{unit} with most late: {show_date(worst.period.first)}, "
            f"{worst.tally.late:,} of {worst.tally.due:,}."
        )
    return " ".join(said)


def times_summary(times: tuple[StageTime, ...]) -> str:
    """Return what the chart of stage times shows, in words."""
    said = [
        f"{STAGES[one.stage]}: half within {minutes(one.median)}, 19 in 20 within "
        f"{minutes(one.ninety_fifth)}."
        for one in times
        if one.messages
    ]
    return " ".join(said) or "No message went through any stage."


def pack_summary(pack: Pack) -> str:
    """Return a month in a few sentences; what is hidden is left out."""
    whole, beside = pack.whole, pack.overlapping
    if not whole.due:
        return (
            "Too few messages were due to say anything."
            if whole.due is None
            else ("No message was due in this month.")
        )
    said = [f"{_messages(whole.due)} due."]
    for text, count in (
        ("Told in time", whole.told_in_time), ("Told before 9am", beside.told_before_nine),
        ("Acknowledged in time", beside.acknowledged_in_time),
    ):  # fmt: skip
        if count is not None:
            percent = percent_of(count, whole.due)
            said.append(f"{text}: {count:,}{f' ({percent}%)' if percent is not None else ''}.")
    return " ".join(said)


def national_summary(whole: PublishedLine) -> str:
    """Return all forces in a sentence."""
    if not whole.due:
        return "Nothing is added up for these days."
    told = "" if whole.told_in_time is None else f" {whole.told_in_time:,} were told in time."
    return f"{_messages(whole.due)} due.{told}"


def _late(total: Tally) -> str:
    if not total.late:
        return "Nothing was late."
    came = (
        f", {total.late_record:,} of them because the record came late" if total.late_record else ""
    )
    return (
        f"Late: {total.told_late:,} told after the deadline and {total.not_told:,} not told{came}."
    )


def _messages(count: int) -> str:
    return "1 message was" if count == 1 else f"{count:,} messages were"


def _between(period: Period) -> str:
    if period.first == period.last:
        return f"on {show_date(period.first)}"
    return f"from {span(period)}"
