"""Identity tokens of an OpenID provider: what has to be right before one is believed.

Authlib reads the claims, joserfc the signature; what both let through is refused here. Source:
OpenID Connect Core §3.1.3.7. Pure.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

SigningKey = ECKey | RSAKey
# Signatures by a key that only the provider holds; never `none`, never one by our secret.
ALGORITHMS = ("RS256", "ES256", "PS256")
CLOCK_DIFFERENCE = timedelta(seconds=30)
# An identity token is fetched the moment it is made.
LONGEST_AGE = timedelta(minutes=5)
# How long ago the provider's own second step may have been, to stand for ours.
STEP_HOLDS = timedelta(minutes=15)
_LONGEST_SUB = 255
_SMALLEST_RSA = 2048
# What is raised for a token that is not right, or no token at all.
UNREADABLE = (
    JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip


class UnknownKey(Exception):
    """The token names a key that is not among those read last."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token has to say; `acr` is one of these levels, `amr` all of these methods."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()


def sub_of(
    answer: Mapping[str, Any], keys: Mapping[str | None, SigningKey], wanted: Wanted, *,
    now: datetime,
) -> str:  # fmt: skip
    """Return whom the identity token in a token answer is about.

    Raises `UnknownKey`, or one of `UNREADABLE` for a token that is wrong in any respect.
    """
    found = jwt.decode(answer["id_token"], _key_among(keys), algorithms=ALGORITHMS)
    claims = CodeIDToken(
        found.claims, found.header, options=_essential(wanted),
        params={
            "nonce": wanted.nonce, "client_id": wanted.client_id,
            "access_token": answer.get("access_token"),
        },
    )  # fmt: skip
    leeway = int(CLOCK_DIFFERENCE.total_seconds())
    claims.validate(now=int(now.timestamp()), leeway=leeway)
    _require_more(claims, wanted, now=now)
    return str(claims["sub"])


def _essential(wanted: Wanted) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": wanted.issuer},
        "aud": {"essential": True, "value": wanted.client_id},
        "nonce": {"essential": True, "value": wanted.nonce},
        **{name: {"essential": True} for name in ("sub", "exp", "iat")},
    }


def _require_more(claims: Mapping[str, Any], wanted: Wanted, *, now: datetime) -> None:
    """Raise `ValueError` for what a library lets through and we do not."""
    told, sub = claims["aud"], claims["sub"]
    if (told if isinstance(told, list) else [told]) != [wanted.client_id]:
        raise ValueError("a token for others too")
    if not isinstance(sub, str) or not 1 <= len(sub) <= _LONGEST_SUB:
        raise ValueError("nobody")
    if not hmac.compare_digest(claims["nonce"].encode(), wanted.nonce.encode()):
        raise ValueError("another nonce")
    if not _lately(claims["iat"], LONGEST_AGE, now=now):
        raise ValueError("made too long ago")
    if wanted.acr and claims.get("acr") not in wanted.acr:
        raise ValueError("another level")
    if not set(wanted.amr) <= set(claims.get("amr", [])):
        raise ValueError("another method")
    vouched = wanted.acr or wanted.amr
    if vouched and not _lately(claims["auth_time"], STEP_HOLDS, now=now):
        raise ValueError("signed in too long ago")


def _key_among(keys: Mapping[str | None, SigningKey]) -> Callable[[Any], SigningKey]:
    """Return how to find the key of a token: by its name, or the one there is."""

    def found(signed: Any) -> SigningKey:
        header = signed.headers()
        if header.get("alg") not in ALGORITHMS:
            raise ValueError("an algorithm that we do not take")
        name = header.get("kid")
        if name is None and len(keys) == 1:
            return next(iter(keys.values()))
        if name is None or name not in keys:
            raise UnknownKey
        return keys[name]

    return found


def keys_of(told: Mapping[str, Any]) -> dict[str | None, SigningKey]:
    """Return the keys of a set that may sign identity tokens, by name; others are passed over."""
    listed = told.get("keys")
    found: dict[str | None, SigningKey] = {}
    for each in listed if isinstance(listed, list) else ():
        try:
            key, name, use = JWKRegistry.import_key(each), each.get("kid"), each.get("use", "sig")
        except UNREADABLE:
            continue
        weak = isinstance(key, RSAKey) and key.raw_value.key_size < _SMALLEST_RSA
        fit = isinstance(name, str | None) and use == "sig" and not weak
        if isinstance(key, ECKey | RSAKey) and fit:
            found[name] = key
    return found


def _lately(value: object, within: timedelta, *, now: datetime) -> bool:
    """Return whether a time of a token is no longer ago than that, and not to come."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    age = now.timestamp() - value
    most = CLOCK_DIFFERENCE.total_seconds()
    return -most <= age <= within.total_seconds() + most
