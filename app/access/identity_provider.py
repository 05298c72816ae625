"""The OpenID provider that people may sign in by: where to send them, and whom it says they are.

Authorization code with PKCE (RFC 7636), state, nonce and `iss` (RFC 9207). Authlib makes the
requests and reads the claims, joserfc the signature. Authlib's own httpx client is not used: it
takes another package where that is installed and warns where not; the plain one here has our
timeouts, no proxy of the environment, and follows no redirect with our secret. Nothing of what a
provider answers is shown or logged, and no access token is kept.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from app.access.identities import Question, Subject
from app.core import logs
from app.core.clock import Clock
from app.core.errors import NotSignedIn, Unavailable
from app.core.settings import Settings, fit_for_secrets

# Signatures by a key that only the provider holds; never `none`, never one by our secret.
ALGORITHMS = ("RS256", "ES256", "PS256")
CLOCK_DIFFERENCE = timedelta(seconds=30)
# An identity token is fetched the moment it is made.
LONGEST_AGE = timedelta(minutes=5)
# How long ago the provider's own second step may have been, to stand for ours.
STEP_HOLDS = timedelta(minutes=15)
# Where its endpoints are, and its keys, are asked again after this; an unknown key at once.
KEPT = timedelta(hours=1)

_ANSWER = httpx.Timeout(5.0, connect=3.0)
# A provider that is slow holds few of our threads: the others serve who signs in without it.
_AT_ONCE, _WAIT_SECONDS = 8, 2.0
_LONGEST_SUB = 255
_SMALLEST_RSA = 2048
_UNREADABLE = (
    JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip

_log = logs.get(__name__)
Found = TypeVar("Found")


class NotBelieved(NotSignedIn):
    """What came back is not what the provider says to us, about this sign-in, now."""


class ProviderFailed(Unavailable):
    """The provider did not answer, or not as a provider does."""

    title = "We could not reach the other service"


class _UnknownKey(Exception):
    """The token names a key that is not among those read last."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the provider knows us by, and what of its sign-in we ask for."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str
    name: str
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    production: bool = True


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider says of itself (OpenID Connect Discovery §3), and its keys, read together."""

    read_at: datetime
    authorize: str
    token: str
    keys_at: str
    basic: bool
    names_itself: bool
    keys: Mapping[str | None, ECKey | RSAKey] = field(default_factory=dict)


def provider_from(settings: Settings, clock: Clock) -> "IdentityProvider | None":
    """Return the provider of these settings, or None: it is asked nothing before it is needed."""
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None or settings.oidc_client_id is None or secret is None:
        return None
    return IdentityProvider(
        Registration(
            settings.oidc_issuer, settings.oidc_client_id, secret.get_secret_value(),
            f"{settings.base_url.rstrip('/')}/sign-in/identity/back", settings.oidc_name,
            settings.oidc_acr, settings.oidc_amr, settings.production,
        ),
        clock,
    )  # fmt: skip


class IdentityProvider:
    """The one provider of an installation; safe for many threads."""

    def __init__(
        self, registration: Registration, clock: Clock, *, timeout: httpx.Timeout = _ANSWER
    ) -> None:
        self._us = registration
        self._clock = clock
        self._timeout = timeout
        self._room = BoundedSemaphore(_AT_ONCE)
        self._lock = Lock()
        self._open: httpx.Client | None = None
        self._known: _Known | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self._us.name

    @property
    def issuer(self) -> str:
        return self._us.issuer

    @property
    def vouches_for_both_steps(self) -> bool:
        """Whether its own second step is asked for, and stands for our code."""
        return bool(self._us.acr or self._us.amr)

    def make_ready(self) -> None:
        """Ask the provider where its pages are, unless that is known; raise `ProviderFailed`."""
        with self._asking():
            self._discovered()

    def address(self, question: Question) -> str:
        """Return where to send a browser; asks nobody. Raises `ProviderFailed` if never ready."""
        known = self._known
        if known is None:
            raise _failed("never ready")
        asked: dict[str, Any] = {"nonce": question.nonce}
        if self.vouches_for_both_steps:
            asked["max_age"] = int(STEP_HOLDS.total_seconds())
        if self._us.acr:
            asked["acr_values"] = " ".join(self._us.acr)
        address, _ = self._client().create_authorization_url(
            known.authorize, state=question.state, code_verifier=question.verifier, **asked
        )
        return str(address)

    def who(self, question: Question, *, code: str, issuer: str) -> Subject:
        """Return whom the provider says has just signed in, for the code it gave the browser.

        `issuer` is what came back with the code, or ''. Raises `ProviderFailed` and `NotBelieved`.
        """
        with self._asking():
            known = self._discovered()
            if issuer != self.issuer and (issuer or known.names_itself):
                raise _not_believed("issuer of the answer")
            answer = self._redeemed(known, question, code)
            claims = self._claims(known, answer, question)
        return Subject(self.issuer, _sub(claims))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if not self._room.acquire(timeout=_WAIT_SECONDS):
            raise _failed("too many at once")
        try:
            yield
        finally:
            self._room.release()

    def _client(self) -> OAuth2Client:
        with self._lock:
            if self._open is None:
                self._open = httpx.Client(
                    timeout=self._timeout, trust_env=False, follow_redirects=False
                )
        return OAuth2Client(
            self._open, client_id=self._us.client_id, client_secret=self._us.secret,
            scope="openid", redirect_uri=self._us.redirect_uri, code_challenge_method="S256",
        )  # fmt: skip

    def _discovered(self) -> _Known:
        known, now = self._known, self._clock.now()
        if known is not None and known.read_at <= now < known.read_at + KEPT:
            return known
        told = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self.issuer:
            raise _failed("issuer of the configuration")
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        known = _Known(
            now, self._fit(told, "authorization_endpoint"), self._fit(told, "token_endpoint"),
            self._fit(told, "jwks_uri"), "client_secret_basic" in methods,
            told.get("authorization_response_iss_parameter_supported") is True,
        )  # fmt: skip
        return self._with_keys(known)

    def _with_keys(self, known: _Known) -> _Known:
        known = _Known(
            known.read_at, known.authorize, known.token, known.keys_at, known.basic,
            known.names_itself, _keys(self._read(known.keys_at)),
        )  # fmt: skip
        self._known = known
        return known

    def _read(self, url: str) -> Mapping[str, Any]:
        """Return a JSON object that the provider publishes."""
        found = _reached(lambda: self._client().session.get(url))
        if found.status_code != httpx.codes.OK:
            raise _failed(f"answered {found.status_code}")
        told = _reached(found.json)
        if not isinstance(told, dict):
            raise _failed("no JSON object")
        return told

    def _fit(self, told: Mapping[str, Any], name: str) -> str:
        """Return an address out of its configuration; what is no https one gets nothing of us."""
        url = told.get(name)
        bare = url.partition("?")[0] if isinstance(url, str) else ""
        if not fit_for_secrets(bare, production=self._us.production):
            raise _failed(f"no {name}")
        return str(url)

    def _redeemed(self, known: _Known, question: Question, code: str) -> Mapping[str, Any]:
        """Return what the provider gives for a code; raise `NotBelieved` where it refuses it."""
        us = self._us
        # RFC 6749 §2.3.1 encodes both before Basic does; Authlib does not.
        basic = (quote(us.client_id, safe=""), quote(us.secret, safe=""))
        posted = {} if known.basic else {"client_id": us.client_id, "client_secret": us.secret}
        try:
            answer = _reached(
                lambda: self._client().fetch_token(
                    known.token, code=code, code_verifier=question.verifier,
                    grant_type="authorization_code",
                    auth=basic if known.basic else httpx.Auth(), **posted,
                )
            )  # fmt: skip
        except OAuth2Error as error:
            raise _not_believed(logs.error_kind(error)) from None
        return dict(answer)

    def _claims(
        self, known: _Known, answer: Mapping[str, Any], question: Question
    ) -> Mapping[str, Any]:
        """Return the claims of an identity token that is right in every respect."""
        try:
            token = answer["id_token"]
            try:
                found = jwt.decode(token, _key_among(known.keys), algorithms=ALGORITHMS)
            except _UnknownKey:
                again = self._with_keys(known)
                found = jwt.decode(token, _key_among(again.keys), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                found.claims, found.header, options=self._wanted(question),
                params={
                    "nonce": question.nonce, "client_id": self._us.client_id,
                    "access_token": answer.get("access_token"),
                },
            )  # fmt: skip
            now = self._clock.now()
            leeway = int(CLOCK_DIFFERENCE.total_seconds())
            claims.validate(now=int(now.timestamp()), leeway=leeway)
            self._further(claims, question, now=now)
        except (*_UNREADABLE, _UnknownKey) as error:
            raise _not_believed(logs.error_kind(error)) from None
        return dict(claims)

    def _wanted(self, question: Question) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._us.client_id},
            "nonce": {"essential": True, "value": question.nonce},
            **{name: {"essential": True} for name in ("sub", "exp", "iat")},
        }

    def _further(self, claims: Mapping[str, Any], question: Question, *, now: datetime) -> None:
        """Raise `ValueError` for what a library lets through and we do not."""
        told = claims["aud"]
        if (told if isinstance(told, list) else [told]) != [self._us.client_id]:
            raise ValueError("a token for others too")
        if not hmac.compare_digest(claims["nonce"].encode(), question.nonce.encode()):
            raise ValueError("another nonce")
        if not _lately(claims["iat"], LONGEST_AGE, now=now):
            raise ValueError("made too long ago")
        if self._us.acr and claims.get("acr") not in self._us.acr:
            raise ValueError("another level")
        methods = claims.get("amr", [])
        if not set(self._us.amr) <= set(methods):
            raise ValueError("another method")
        if self.vouches_for_both_steps and not _lately(claims["auth_time"], STEP_HOLDS, now=now):
            raise ValueError("signed in too long ago")


def _key_among(keys: Mapping[str | None, ECKey | RSAKey]) -> Callable[[Any], ECKey | RSAKey]:
    """Return how to find the key of a token: by its name, or the one there is."""

    def found(signed: Any) -> ECKey | RSAKey:
        header = signed.headers()
        if header.get("alg") not in ALGORITHMS:
            raise ValueError("an algorithm that we do not take")
        name = header.get("kid")
        if name is None and len(keys) == 1:
            return next(iter(keys.values()))
        if name is None or name not in keys:
            raise _UnknownKey
        return keys[name]

    return found


def _keys(told: Mapping[str, Any]) -> dict[str | None, ECKey | RSAKey]:
    """Return the keys of a set that may sign identity tokens, by name; others are passed over."""
    found = {}
    for each in told.get("keys") or ():
        try:
            key = JWKRegistry.import_key(each)
        except _UNREADABLE:
            continue
        weak = isinstance(key, RSAKey) and key.raw_value.key_size < _SMALLEST_RSA
        if isinstance(key, ECKey | RSAKey) and not weak and each.get("use") in {None, "sig"}:
            found[each.get("kid")] = key
    if not found:
        raise _failed("no keys")
    return found


def _lately(value: object, within: timedelta, *, now: datetime) -> bool:
    """Return whether a time of a token is no longer ago than that, and not to come."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    age = now.timestamp() - value
    most = CLOCK_DIFFERENCE.total_seconds()
    return -most <= age <= within.total_seconds() + most


def _sub(claims: Mapping[str, Any]) -> str:
    sub = claims["sub"]
    if not isinstance(sub, str) or not 1 <= len(sub) <= _LONGEST_SUB:
        raise _not_believed("sub")
    return sub


def _reached(ask: Callable[[], Found]) -> Found:
    """Return what a call to the provider gives; raise `ProviderFailed` where it gives nothing."""
    try:
        return ask()
    except OAuth2Error:
        raise
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, RecursionError) as error:
        raise _failed(logs.error_kind(error)) from None


def _failed(why: str) -> ProviderFailed:
    _log.warning("identity provider failed", error=why)
    return ProviderFailed("Sign in with your password or passkey instead.")


def _not_believed(why: str) -> NotBelieved:
    _log.warning("identity not believed", error=why)
    return NotBelieved("Sign in with your password or passkey instead.")
