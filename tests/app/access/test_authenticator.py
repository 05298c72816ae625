"""Codes of an authenticator: RFC 6238, half a minute of tolerance, nothing else."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest

from app.access import authenticator

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, cut to six figures."""
    assert authenticator.code_at(SECRET, now=datetime.fromtimestamp(seconds, UTC)) == code


@pytest.mark.parametrize(("late", "accepted"), [(-30, True), (0, True), (59, True), (60, False)])
def test_a_phone_may_be_half_a_minute_off(late: int, accepted: bool) -> None:
    now = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    code = authenticator.code_at(SECRET, now=now)
    step = authenticator.step_of(SECRET, code, now=now + timedelta(seconds=late))
    assert (step is not None) is accepted


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "000000", "٠٠٠٠٠٠"])
def test_anything_else_is_not_a_code(typed: str) -> None:
    now = datetime.fromtimestamp(59, UTC)
    assert authenticator.step_of(SECRET, typed, now=now) is None


def test_spaces_between_the_figures_do_not_matter() -> None:
    assert authenticator.step_of(SECRET, " 287 082 ", now=datetime.fromtimestamp(59, UTC)) == 1


def test_the_address_in_the_square_names_the_service_and_the_account() -> None:
    uri = authenticator.uri(SECRET, account="priya.nair+dsl@example.org")
    assert uri.startswith("otpauth://totp/Encompass:priya.nair%2Bdsl%40example.org?secret=")
