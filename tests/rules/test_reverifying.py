"""Addresses are proved again each term: when it is asked, and until when an older proof counts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.assurance import AssuranceFacts, Part, assurance
from schools.reverifying import Proof, proof, term_began

AUTUMN = ((date(2026, 9, 2), date(2026, 10, 23)), (date(2026, 11, 2), date(2026, 12, 18)))
SPRING = ((date(2027, 1, 4), date(2027, 2, 12)), (date(2027, 2, 22), date(2027, 3, 25)))
YEAR = AUTUMN + SPRING
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("on", "began"),
    [
        (date(2026, 9, 1), None),
        (date(2026, 9, 2), date(2026, 9, 2)),
        (date(2026, 10, 28), date(2026, 9, 2)),
        (date(2026, 12, 25), date(2026, 9, 2)),
        (date(2027, 1, 4), date(2027, 1, 4)),
        (date(2027, 3, 1), date(2027, 1, 4)),
        (date(2027, 5, 30), date(2027, 1, 4)),
        (date(2027, 7, 1), None),
    ],
)
def test_a_term_begins_after_a_holiday_and_not_after_a_half_term(
    on: date, began: date | None
) -> None:
    assert term_began(YEAR, on=on) == began


@pytest.mark.feature("RE6")
@pytest.mark.parametrize(
    ("proved_on", "began", "on", "expected"),
    [
        (None, date(2026, 9, 2), date(2026, 9, 2), Proof.NONE),
        (date(2026, 9, 7), date(2026, 9, 2), date(2026, 12, 18), Proof.GOOD),
        (date(2026, 8, 25), date(2026, 9, 2), date(2026, 12, 18), Proof.GOOD),
        (date(2026, 6, 1), date(2026, 9, 2), date(2026, 9, 2), Proof.STALE),
        (date(2026, 6, 1), date(2026, 9, 2), date(2026, 10, 2), Proof.STALE),
        (date(2026, 6, 1), date(2026, 9, 2), date(2026, 10, 3), Proof.OVER),
        (date(2026, 6, 1), None, date(2026, 9, 28), Proof.GOOD),
        (date(2026, 6, 1), None, date(2026, 9, 29), Proof.STALE),
        (date(2026, 6, 1), None, date(2026, 10, 29), Proof.STALE),
        (date(2026, 6, 1), None, date(2026, 10, 30), Proof.OVER),
    ],
)
def test_an_older_proof_is_asked_for_again_and_counts_for_thirty_days(
    proved_on: date | None, began: date | None, on: date, expected: Proof
) -> None:
    assert proof(proved_on, began=began, on=on, grace_days=30) is expected


@given(DAYS, st.none() | DAYS, st.integers(0, 120), st.integers(0, 400))
def test_a_proof_only_ever_gets_worse_within_a_term(
    proved_on: date, began: date | None, grace: int, days: int
) -> None:
    worse = list(Proof)[1:]
    start = max(proved_on, began or proved_on)
    first = proof(proved_on, began=began, on=start, grace_days=grace)
    later = proof(proved_on, began=began, on=start + timedelta(days=days), grace_days=grace)
    assert worse.index(later) >= worse.index(first)


@given(st.lists(DAYS, min_size=2, max_size=8, unique=True), DAYS)
def test_a_term_never_begins_after_the_day_it_is_asked_for(days: list[date], on: date) -> None:
    days.sort()
    spans = list(zip(days[::2], days[1::2], strict=False))
    began = term_began(spans, on=on)
    assert began is None or (began <= on and began in {first for first, _ in spans})


WHOLE = AssuranceFacts(2, date(2026, 9, 1), date(2026, 9, 1), True, date(2026, 10, 1))


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        (WHOLE, ()),
        (AssuranceFacts(), tuple(Part)),
        (AssuranceFacts(1, WHOLE.protocol_on, WHOLE.statement_on, True, WHOLE.drilled_on),
         (Part.TWO_KEY_ADULTS,)),
        (AssuranceFacts(2, WHOLE.protocol_on, WHOLE.statement_on, True, date(2026, 7, 1)),
         (Part.DRILL,)),
        (AssuranceFacts(3, date(2027, 1, 1), WHOLE.statement_on, False, WHOLE.drilled_on),
         (Part.PROTOCOL, Part.HOLIDAY_CONTACT)),
    ],
)  # fmt: skip
def test_assurance_names_what_is_missing(facts: AssuranceFacts, missing: tuple[Part, ...]) -> None:
    found = assurance(facts, began=date(2026, 9, 2), on=date(2026, 11, 20))
    assert found.missing == missing
    assert found.assured is (missing == ())
