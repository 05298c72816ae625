"""What the alarm, its end and the daily digest say: codes, counts and ages.

Golden rule of domain.md §4 also here: nothing tells an onlooker what the service is for.
"""

from collections.abc import Sequence
from datetime import datetime

from app.watchdog.bells import Message
from app.watchdog.codes import Code, Finding
from app.watchdog.tally import Tally

_SUBJECT = "Service watch"
_NEXT = "What each code means and what to do: docs/reliability.md. Now: `watchdog once`."


def alarm(rings: Sequence[Finding], on: Sequence[Finding], *, at: datetime) -> Message:
    """Return the alarm: what rings now, and what else is on."""
    names = {one.code for one in rings}
    others = [one for one in on if one.code not in names]
    lines = ["Wrong now:", *(_line(one, at) for one in rings)]
    if others:
        lines += ["", "Still wrong, rung before:", *(_line(one, at) for one in others)]
    return Message(
        "alarm", f"{_SUBJECT}: {len(on)} wrong", (*lines, "", _NEXT), at,
        {"rings": _bodies(rings, at), "on": _bodies(on, at)},
    )  # fmt: skip


def over(codes: Sequence[Code], on: Sequence[Finding], *, at: datetime) -> Message:
    """Return the end of alarms, and what is still on."""
    lines = ["Over:", *(f"  {code.value}" for code in codes)]
    if on:
        lines += ["", "Still wrong:", *(_line(one, at) for one in on)]
    subject = f"{_SUBJECT}: {len(on)} wrong" if on else f"{_SUBJECT}: all right again"
    return Message(
        "over", subject, tuple(lines), at,
        {"over": [code.value for code in codes], "on": _bodies(on, at)},
    )  # fmt: skip


def digest(day: Tally, on: Sequence[Finding], *, at: datetime) -> Message:
    """Return the sum of the day at a quarter past nine; that it comes shows that alarms come."""
    lines = [
        f"Due {day.due} = told {day.told} + not told {day.not_told} + not needed {day.not_needed}",
        f"Past the deadline and not told: {day.late}",
    ]
    lines += [f"  not told, {where}: {count}" for where, count in day.held.items()]
    if not day.balanced:
        lines.append("These do not add up.")
    lines += ["", "Wrong now:" if on else "Nothing is wrong.", *(_line(one, at) for one in on)]
    body = {
        "due": day.due, "told": day.told, "not_told": day.not_told, "not_needed": day.not_needed,
        "late": day.late, "held": day.held, "on": _bodies(on, at),
    }  # fmt: skip
    return Message("digest", f"{_SUBJECT}: the day", tuple(lines), at, dict(body))


def _line(one: Finding, at: datetime) -> str:
    minutes = _minutes(one, at)
    since = "" if minutes is None else f", oldest {minutes} min"
    return f"  {one.code.value}: {one.count}{since}"


def _bodies(found: Sequence[Finding], at: datetime) -> list[dict[str, object]]:
    return [
        {"code": one.code.value, "count": one.count, "oldest_minutes": _minutes(one, at)}
        for one in found
    ]


def _minutes(one: Finding, at: datetime) -> int | None:
    if one.oldest is None:
        return None
    return max(0, int((at - one.oldest).total_seconds() // 60))
