"""Forms in which police systems really write things: taken where they mean one thing alone."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from app.intake.payload import NEVER_A_REASON, IncidentMessage
from tests.factories.incidents import child, incident


def read(**changes: Any) -> IncidentMessage:
    return IncidentMessage.model_validate_json(json.dumps(incident(**changes)))


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-19T22:40:00+00:00", "2026-11-19T22:40:00Z", "2026-11-19t22:40:00z",
        "2026-11-19 22:40:00Z", "2026-11-19T22:40Z", "2026-11-19T22:40:00.0000000+00:00",
        "2026-11-19T23:40:00.000000000+01:00",
    ],
)  # fmt: skip
def test_a_moment_is_taken_in_every_form_that_means_one_instant(written: str) -> None:
    moment = read(occurred_from=written).occurred_from
    assert moment == datetime(2026, 11, 19, 22, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["2026-11-19T22:40:00", "19/11/2026 22:40", "1763592000", "2026-11-19", ""]
)
def test_a_moment_without_a_zone_or_in_another_form_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        read(occurred_from=written)


def test_line_breaks_in_an_officers_words_do_not_cost_the_incident() -> None:
    message = read(children=[child(voice={"words": "He said:\r\n\tI was asleep."})])
    voice = message.children[0].voice
    assert voice is not None
    assert voice.words == "He said: I was asleep."


@pytest.mark.parametrize("reference", [".", ".."])
def test_a_reference_that_an_address_would_walk_away_from_is_refused(reference: str) -> None:
    with pytest.raises(ValidationError):
        read(reference=reference)


@pytest.mark.parametrize("reason", sorted(NEVER_A_REASON))
def test_what_ends_no_risk_is_never_a_reason_to_hold(reason: str) -> None:
    hold = {"reason_code": reason, "account": "Lead", "until": "2026-11-20T10:00:00Z"}
    with pytest.raises(ValidationError, match="never a reason"):
        read(hold=hold)
