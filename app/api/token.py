"""The token endpoint: OAuth 2.0 client credentials (RFC 6749 §4.4), answered in its own JSON.

A system shows who it is by its secret, or by a statement signed with its own key (RFC 7523 §2.2).
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

from app.access import assertions, credentials, limits
from app.access.assertions import ASSERTION_TYPE, Stated
from app.access.clients import (
    ALL_SCOPES,
    TOKEN_LIFE,
    ClientScope,
    find_client,
    issue_token,
    may_call_from,
    scopes_of,
    wrong_address,
)
from app.access.models import ClientCredential, Door, PoliceClient, Verdict
from app.api.body import read_body
from app.api.deps import address_of, wiring_of
from app.casework.refusals import UNKNOWN_SYSTEM, Asker, note
from app.casework.refusals import Refusal as RefusedAct
from app.core.errors import NotSignedIn, ServiceError, Unavailable
from app.core.scope import of_force
from app.wiring import Wiring

router = APIRouter(prefix="/api/v1", tags=["token"])

_ADDRESS = f"POST {router.prefix}/token"
_FORM = frozenset({"application/x-www-form-urlencoded"})
_MOST_BYTES = 8 * 1024
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Refusal(Exception):
    """An error of RFC 6749 §5.2: a code from its list, and what to do."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, with which secret or signed statement, for which scopes."""

    client_id: UUID | None
    secret: str
    assertion: str
    scopes: frozenset[ClientScope]


async def token_form(request: Request) -> "Credentials | Refusal":
    """Return the credentials of the form, or what is wrong with it."""
    try:
        raw = await read_body(request, limit=_MOST_BYTES, accepts=_FORM)
        return _credentials(_fields(raw), request.headers.get("authorization"))
    except Refusal as refusal:
        return refusal
    except ServiceError as error:
        return Refusal("invalid_request", error.detail)


@router.post(
    "/token",
    response_model=None,
    responses={
        200: {
            "description": "A bearer token of ten minutes",
            "content": {
                "application/json": {
                    "example": {
                        "access_token": "eyJ…", "token_type": "Bearer", "expires_in": 600,
                        "scope": "incidents:read incidents:write",
                    }
                }
            },
        },
        400: {"description": "RFC 6749 §5.2: invalid_request, unsupported_grant_type, …"},
        401: {"description": "RFC 6749 §5.2: invalid_client"},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            name: {"type": "string"}
                            for name in (
                                "grant_type", "client_id", "client_secret", "scope",
                                "client_assertion_type", "client_assertion",
                            )
                        },
                    },
                    "example": {
                        "grant_type": "client_credentials",
                        "client_id": "0b6f1f0e-4c7d-4a5b-9c2d-1e0f9a8b7c6d",
                        "client_secret": "the secret that was shown once",
                    },
                }
            },
        }
    },
)  # fmt: skip
def token(
    request: Request, asked: Annotated[Credentials | Refusal, Depends(token_form)]
) -> JSONResponse:
    """Exchange a client id and secret, or a signed client assertion, for a bearer token."""
    try:
        if isinstance(asked, Refusal):
            raise asked
        return JSONResponse(_granted(request, asked), headers=_NO_STORE)
    except Refusal as refusal:
        answer = _refused(refusal)
        if refusal is asked and refusal.error == "invalid_client":
            # A sign-in of nobody who can be named; a form that is none is no sign-in.
            wiring = wiring_of(request)
            answer.background = BackgroundTask(
                _note_refused, wiring, None, refusal, now=wiring.clock.now()
            )
        return answer
    except NotSignedIn as error:
        return _refused(Refusal("invalid_client", error.detail, 401))
    except Unavailable as error:
        return _refused(Refusal("temporarily_unavailable", error.detail, 503))


def _granted(request: Request, asked: Credentials) -> dict[str, Any]:
    """Check outside any transaction (a secret is slow on purpose), then issue."""
    wiring = wiring_of(request)
    now = wiring.clock.now()
    with wiring.database.read() as session:
        client = find_client(session, asked.client_id) if asked.client_id else None
        live = credentials.live(session, client.id) if client else []
    try:
        return _issued(request, asked, client, live)
    except (NotSignedIn, Refusal) as error:
        _note_refused(wiring, client, error, now=now)
        raise


def _issued(
    request: Request,
    asked: Credentials,
    client: PoliceClient | None,
    live: Sequence[ClientCredential],
) -> dict[str, Any]:
    wiring = wiring_of(request)
    now = wiring.clock.now()
    shown = _shown(asked, live, wiring=wiring, now=now)
    if client is None:
        raise NotSignedIn("The client id or the secret is not right.")
    if not may_call_from(client, address_of(request)):
        _note_wrong_address(wiring, client, now=now)
        raise Refusal("unauthorized_client", wrong_address().detail)
    scopes = asked.scopes & scopes_of(client)
    if not scopes:
        raise Refusal("invalid_scope", "This client may not have the scopes it asks for.")
    with wiring.database.write(of_force(client.force)) as session:
        if isinstance(shown, Stated):
            assertions.take(session, wiring.cipher, shown, client_id=client.id)
        credentials.used(session, _id_of(shown), now=now)
        issued = issue_token(session, wiring.cipher, client=client, scopes=scopes, now=now)
    return {
        "access_token": issued,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": " ".join(sorted(scopes)),
    }


def _shown(
    asked: Credentials, live: Sequence[ClientCredential], *, wiring: Wiring, now: datetime
) -> ClientCredential | Stated:
    """Return what was shown and fits; raise `NotSignedIn`, the same for a client there is not."""
    if not asked.assertion:
        return credentials.by_secret(live, asked.secret)
    base = wiring.settings.base_url.rstrip("/")
    return assertions.by_assertion(
        live, asked.assertion, client_id=asked.client_id,
        audiences=(f"{base}{router.prefix}/token", base), now=now,
    )  # fmt: skip


def _note_refused(
    wiring: Wiring, client: PoliceClient | None, error: NotSignedIn | Refusal, *, now: datetime
) -> None:
    """Leave a row on the trail, with the same work for a system that there is and one there is not.

    All that there is not are one: nobody fills the trail with made-up ids.
    """
    known = Asker(f"client:{client.id}", frozenset({client.force})) if client else None
    reason = error.error if isinstance(error, Refusal) else "invalid_client"
    note(wiring.database, RefusedAct(known or Asker(UNKNOWN_SYSTEM), reason, _ADDRESS), now=now)


def _note_wrong_address(wiring: Wiring, client: PoliceClient, *, now: datetime) -> None:
    """Count it: the right credentials from another address may be a feed that has moved."""
    with wiring.database.write(of_force(client.force)) as session:
        calls = {(client.id, Door.TOKEN, Verdict.WRONG_ADDRESS): 1}
        limits.count(session, calls, now=now)


def _id_of(shown: ClientCredential | Stated) -> UUID:
    return shown.credential_id if isinstance(shown, Stated) else shown.id


def _refused(refusal: Refusal) -> JSONResponse:
    headers = dict(_NO_STORE)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="token"'
    if refusal.status == 503:
        headers["Retry-After"] = str(Unavailable.retry_after_seconds)
    body = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(body, refusal.status, headers)


def _fields(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), strict_parsing=bool(raw), max_num_fields=20, errors="strict"
        )
    except ValueError:
        raise Refusal(
            "invalid_request", "Send one form in application/x-www-form-urlencoded."
        ) from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Refusal("invalid_request", "Send every parameter once.")
    return fields


def _credentials(fields: dict[str, str], authorization: str | None) -> Credentials:
    grant = fields.get("grant_type")
    if grant is None:
        raise Refusal("invalid_request", "Send grant_type=client_credentials.")
    if grant != "client_credentials":
        raise Refusal("unsupported_grant_type", "Only client_credentials is offered.")
    scopes = _scopes(fields.get("scope"))
    if "client_assertion" in fields or "client_assertion_type" in fields:
        return _by_assertion(fields, authorization, scopes)
    client_id, secret = _basic(authorization) or (
        fields.get("client_id", ""), fields.get("client_secret", ""),
    )  # fmt: skip
    if not client_id or not secret:
        raise Refusal("invalid_client", "Send client_id and client_secret.", 401)
    return Credentials(_uuid(client_id), secret, "", scopes)


def _by_assertion(
    fields: dict[str, str], authorization: str | None, scopes: frozenset[ClientScope]
) -> Credentials:
    if "client_secret" in fields or authorization is not None:
        raise Refusal("invalid_request", "Show who you are in one way: a secret or an assertion.")
    if fields.get("client_assertion_type") != ASSERTION_TYPE:
        raise Refusal("invalid_request", f"Send client_assertion_type={ASSERTION_TYPE}.")
    assertion = fields.get("client_assertion", "")
    named = assertions.claimed_client(assertion)
    if not named or fields.get("client_id", named) != named:
        raise Refusal("invalid_client", "Send a client_assertion whose sub is your client_id.", 401)
    return Credentials(_uuid(named), "", assertion, scopes)


def _basic(authorization: str | None) -> tuple[str, str] | None:
    """Return id and secret of HTTP Basic (RFC 6749 §2.3.1), or `None` where there is none."""
    kind, _, encoded = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise Refusal("invalid_client", "The Authorization header is not Basic.", 401) from None
    return unquote_plus(client_id), unquote_plus(secret)


def _uuid(text: str) -> UUID | None:
    """Return the id, or `None`: a client that cannot exist costs the same work as one that does."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _scopes(text: str | None) -> frozenset[ClientScope]:
    if text is None:
        return ALL_SCOPES
    try:
        return frozenset(ClientScope(scope) for scope in text.split())
    except ValueError:
        raise Refusal("invalid_scope", "Ask for incidents:write, incidents:read or both.") from None
