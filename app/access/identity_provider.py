"""The OpenID provider that people may sign in by: where to send them, and whom it says they are.

Authorization code with PKCE (RFC 7636), state, nonce and `iss` (RFC 9207). Authlib makes the
requests; `identity_tokens` reads what comes back. Authlib's own httpx client is not used: it
takes another package where that is installed and warns where not; the plain one here has our
timeouts, no proxy of the environment, and follows no redirect with our secret. Nothing of what a
provider answers is shown or logged, and no access token is kept.
"""

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

from app.access.identities import Question, Subject
from app.access.identity_tokens import (
    STEP_HOLDS,
    UNREADABLE,
    SigningKey,
    UnknownKey,
    Wanted,
    keys_of,
    sub_of,
)
from app.core import logs
from app.core.addresses import fit_for_secrets
from app.core.clock import Clock
from app.core.errors import NotSignedIn, Unavailable
from app.core.settings import Settings

# Where its endpoints are, and its keys, are asked again after this; an unknown key at once.
KEPT = timedelta(hours=1)

_ANSWER = httpx.Timeout(5.0, connect=3.0)
# A provider that is slow holds few of our threads: the others serve who signs in without it.
_AT_ONCE, _WAIT_SECONDS = 8, 2.0

_log = logs.get(__name__)
Found = TypeVar("Found")


class NotBelieved(NotSignedIn):
    """What came back is not what the provider says to us, about this sign-in, now."""


class ProviderFailed(Unavailable):
    """The provider did not answer, or not as a provider does."""

    title = "We could not reach the other service"


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
    keys: Mapping[str | None, SigningKey] = field(default_factory=dict)


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
            return Subject(self.issuer, self._sub(known, answer, question))

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
        methods = told.get("token_endpoint_auth_methods_supported")
        basic = not isinstance(methods, list) or "client_secret_basic" in methods
        known = _Known(
            now, self._fit(told, "authorization_endpoint"), self._fit(told, "token_endpoint"),
            self._fit(told, "jwks_uri"), basic,
            told.get("authorization_response_iss_parameter_supported") is True,
        )  # fmt: skip
        return self._with_keys(known)

    def _with_keys(self, known: _Known) -> _Known:
        known = _Known(
            known.read_at, known.authorize, known.token, known.keys_at, known.basic,
            known.names_itself, self._keys(known.keys_at),
        )  # fmt: skip
        self._known = known
        return known

    def _keys(self, url: str) -> Mapping[str | None, SigningKey]:
        found = keys_of(self._read(url))
        if not found:
            raise _failed("no keys")
        return found

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

    def _sub(self, known: _Known, answer: Mapping[str, Any], question: Question) -> str:
        """Return the person of an identity token that is right in every respect."""
        us, now = self._us, self._clock.now()
        wanted = Wanted(us.issuer, us.client_id, question.nonce, us.acr, us.amr)
        try:
            try:
                return sub_of(answer, known.keys, wanted, now=now)
            except UnknownKey:
                return sub_of(answer, self._with_keys(known).keys, wanted, now=now)
        except (*UNREADABLE, UnknownKey) as error:
            raise _not_believed(logs.error_kind(error)) from None


def _reached(ask: Callable[[], Found]) -> Found:
    """Return what a call to the provider gives; raise `ProviderFailed` where it gives nothing."""
    try:
        return ask()
    except OAuth2Error:
        raise
    except (httpx.HTTPError, httpx.InvalidURL, *UNREADABLE) as error:
        raise _failed(logs.error_kind(error)) from None


def _failed(why: str) -> ProviderFailed:
    _log.warning("identity provider failed", error=why)
    return ProviderFailed("Sign in with your password or passkey instead.")


def _not_believed(why: str) -> NotBelieved:
    _log.warning("identity not believed", error=why)
    return NotBelieved("Sign in with your password or passkey instead.")
