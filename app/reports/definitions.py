"""What each figure of timeliness means: numerator, denominator, what is left out, and its source.

Printed beside every table that leaves the service. Pure.
"""

from dataclasses import dataclass

from app.reports.counts import Figure


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure in words that a reader outside the force can check."""

    name: str
    numerator: str
    denominator: str
    excluded: str
    source: str


_DUE = "Messages due"
_ENDED = "Messages taken back or replaced by a newer one"
_LATE = "Records that came after their morning: they stay in the denominator and are never met"

DEFINITIONS: dict[Figure, Definition] = {
    Figure.DUE: Definition(
        _DUE, "Messages to a school or council whose deadline has passed. A message is one child, "
        "one school or council, one incident", "None", _ENDED,
        "The deadline fixed when the record was accepted: 15 minutes before doors open, never "
        "after 9am; 9:30am for councils; in school hours 60 minutes after the record",
    ),
    Figure.TOLD_IN_TIME: Definition(
        "Told in time", "Messages opened by a named person, or told by telephone, by the deadline",
        _DUE, _LATE, "The signed-in opening or the call, as recorded when it happened",
    ),
    Figure.OPENED_IN_TIME: Definition(
        "Opened in time", "Told in time by opening the message, without a call", _DUE, _LATE,
        "The signed-in opening after its questions were answered",
    ),
    Figure.ACKNOWLEDGED_IN_TIME: Definition(
        "Acknowledged in time", "Messages acknowledged by a named person by the deadline", _DUE,
        _LATE, "The button pressed in a signed-in session",
    ),
    Figure.TOLD_BEFORE_NINE: Definition(
        "Told before 9am", "Messages told before 9am in London on the day they were due", _DUE,
        _LATE, "As told in time",
    ),
    Figure.OPENED_BEFORE_NINE: Definition(
        "Opened before 9am", "Told before 9am by opening the message, without a call", _DUE,
        _LATE, "As opened in time",
    ),
    Figure.ACKNOWLEDGED_BEFORE_NINE: Definition(
        "Acknowledged before 9am", "Messages acknowledged before 9am in London on the day they "
        "were due", _DUE, _LATE, "As acknowledged in time",
    ),
    Figure.TOLD_LATE: Definition(
        "Told late", "Messages told after the deadline, and all told of records that came after "
        "their morning", _DUE, _ENDED, "As told in time",
    ),
    Figure.NOT_TOLD: Definition(
        "Not told", "Messages past their deadline of which nobody has been told yet. An alert "
        "that reached a mailbox unread is not told", _DUE, _ENDED,
        "As it stood when the report was made",
    ),
    Figure.LATE_RECORD: Definition(
        "Record came late", "Messages of records that the force sent after their morning", _DUE,
        "None: they are also told late or not told", "The time the record was accepted",
    ),
}  # fmt: skip
