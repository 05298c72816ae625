"""When a provider is left alone and tried again: as rules, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import breaker
from notifications.breaker import ProviderState, Standing

AT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def after(*codes: str, now: datetime = AT) -> Standing:
    standing = breaker.WORKING
    for code in codes:
        standing = breaker.failed(standing, code=code, now=now)
    return standing


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.feature("DL13")
def test_three_failures_in_a_row_open_it_and_say_why() -> None:
    assert after("a", "b").works
    opened = after("a", "b", "c")
    assert (opened.state, opened.reason_code) == (ProviderState.OPEN, "c")
    assert opened.until == AT + seconds(30)


@pytest.mark.feature("DL13")
def test_what_worked_in_between_forgives_all_that_failed() -> None:
    assert breaker.failed(breaker.worked(after("a", "b")), code="c", now=AT).works


@pytest.mark.feature("DL13")
def test_one_alert_probes_it_and_the_pauses_grow_until_it_works() -> None:
    standing, now, pauses = after("a", "b", "c"), AT, []
    for _ in range(6):
        assert standing.until is not None
        pauses.append((standing.until - now).total_seconds())
        assert not breaker.may_probe(standing, standing.until - seconds(1))
        now = standing.until
        assert breaker.may_probe(standing, now)
        probe = breaker.probing(standing, now)
        assert probe.state is ProviderState.HALF_OPEN
        assert not breaker.may_probe(probe, now)
        standing = breaker.failed(probe, code="c", now=now)
    assert pauses == [30, 60, 120, 300, 300, 300]
    assert breaker.worked(standing) == breaker.WORKING


@pytest.mark.feature("DL13")
def test_a_probe_that_never_came_back_is_followed_by_another() -> None:
    probe = breaker.probing(after("a", "b", "c"), AT)
    assert not breaker.may_probe(probe, AT + seconds(59))
    assert breaker.may_probe(probe, AT + seconds(60))


@pytest.mark.feature("DL13")
def test_a_provider_that_asks_for_a_pause_has_it_at_once() -> None:
    opened = breaker.failed(breaker.WORKING, code="daily_limit", now=AT, seconds=3600)
    assert (opened.works, opened.until) == (False, AT + seconds(3600))


def test_the_same_alert_failing_again_says_nothing_about_the_provider() -> None:
    standing = breaker.WORKING
    for _ in range(10):
        standing = breaker.failed(standing, code="http_500", now=AT, alert_id=UUID(int=1))
    assert standing.works
    for number in (2, 3):
        standing = breaker.failed(standing, code="http_500", now=AT, alert_id=UUID(int=number))
    assert not standing.works


def test_results_that_come_in_while_it_is_open_do_not_lengthen_the_pause() -> None:
    opened = after("a", "b", "c")
    assert breaker.failed(opened, code="d", now=AT + seconds(5)) == opened


@pytest.mark.feature("DL13")
def test_a_new_bucket_is_full_and_fills_up_by_the_minute() -> None:
    assert breaker.allowance(None, None, per_minute=300, now=AT) == 100
    assert breaker.allowance(0, AT, per_minute=300, now=AT + seconds(2)) == 10
    assert breaker.allowance(90, AT, per_minute=300, now=AT + seconds(60)) == 100


@given(
    per_minute=st.integers(min_value=1, max_value=100_000),
    steps=st.lists(st.integers(min_value=-3600, max_value=600), max_size=30),
)
def test_no_more_goes_out_than_the_limit_allows_whatever_the_clock_does(
    per_minute: int, steps: list[int]
) -> None:
    tokens: float | None = None
    now, filled, sent, forward = AT, None, 0, 0
    for step in steps:
        now += seconds(step)
        forward += max(0, step)
        allowed = breaker.allowance(tokens, filled, per_minute=per_minute, now=now)
        sent += int(allowed)
        tokens, filled = allowed - int(allowed), now
    assert sent <= per_minute / 3 + 1 + forward * per_minute / 60 + 1e-6
