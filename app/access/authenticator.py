"""Authenticator codes (RFC 6238, six digits, 30 seconds) with the time handed in. Pure."""

import hmac
from datetime import datetime
from urllib.parse import quote

from pyotp import TOTP, random_base32

ISSUER = "Encompass"
_STEP_SECONDS = 30
# A phone's clock may be half a minute off either way.
_STEPS_AROUND = (-1, 0, 1)


def new_secret() -> str:
    """Return a fresh base32 secret of 160 bits."""
    return random_base32()


def code_at(secret: str, *, now: datetime) -> str:
    """Return the code an authenticator shows at this instant."""
    return TOTP(secret).generate_otp(_step(now))


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step this code belongs to, or `None` where it is wrong or out of date.

    Every allowed step is computed and compared in constant time, right code or not.
    """
    given = "".join(code.split()).encode()
    found = None
    for around in _STEPS_AROUND:
        step = _step(now) + around
        if hmac.compare_digest(TOTP(secret).generate_otp(step).encode(), given):
            found = step
    return found


def uri(secret: str, *, account: str) -> str:
    """Return the `otpauth:` address that the QR code holds."""
    return (
        f"otpauth://totp/{quote(ISSUER)}:{quote(account)}"
        f"?secret={secret}&issuer={quote(ISSUER)}&digits=6&period={_STEP_SECONDS}"
    )


def _step(now: datetime) -> int:
    return int(now.timestamp()) // _STEP_SECONDS
