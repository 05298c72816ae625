"""One message as a file that a school's record system takes in: docs/school-file.md."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from app.core.clock import LONDON, london_date, show_moment
from app.reports.export import safe_cell
from notifications import rendered
from notifications.compose import Content
from notifications.rendered import Fact

FORMAT = "encompass-message/1"
CATEGORY = "Domestic abuse: police message"
_COLUMNS = ("Forename", "Surname", "Date of birth", "Incident", "Recorded", "Category", "Text")


def as_csv(content: Content, *, now: datetime) -> str:
    """Return one line for each incident, as record systems read tables; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    identity = content.identity
    for one, facts in _incidents(content, london_date(now)):
        text = "; ".join(f"{fact.label}: {fact.text}" for fact in facts)
        cells = (
            identity.first_name, identity.surname, _born(content), show_moment(one.occurred_at),
            show_moment(now), CATEGORY, text,
        )  # fmt: skip
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def as_json(content: Content, *, now: datetime) -> str:
    """Return the same as JSON, with a code for each line, and London times with their offset."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "recorded_at": now.astimezone(LONDON).isoformat(timespec="seconds"),
        "category": CATEGORY,
        "child": {
            "forename": content.identity.first_name, "surname": content.identity.surname,
            "date_of_birth": _born(content) or None,
        },
        "incidents": [
            {
                "occurred_at": one.occurred_at.astimezone(LONDON).isoformat(timespec="minutes"),
                "lines": [
                    {"code": fact.code, "label": fact.label, "text": fact.text} for fact in facts
                ],
            }
            for one, facts in _incidents(content, london_date(now))
        ],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _incidents(content: Content, today: date) -> Iterator[tuple[Content, tuple[Fact, ...]]]:
    """Yield each incident that a message tells of with its lines, but for the birth date."""
    for one in (content, *content.further):
        facts = rendered.facts(one, today=today)
        yield one, tuple(fact for fact in facts if fact.code != "born")


def _born(content: Content) -> str:
    born = content.identity.date_of_birth
    return born.isoformat() if born else ""
