"""Where providers say what became of alerts: each behind a token of its own, off without one."""

import hmac
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import SecretStr

from app.access.forces import every_force
from app.api.body import check_sound, decode, parse, read_body
from app.api.deps import wiring_of
from app.casework import provider_news
from app.core.errors import Malformed, NotFound, NotSignedIn
from app.core.scope import scope
from notifications.channels.govuk_notify import status_of

router = APIRouter(prefix="/api/v1/callbacks", tags=["callbacks"])

_LONGEST = 64 * 1024
_LONGEST_MAIL = 1024 * 1024


def _admitted(request: Request, token: SecretStr | None) -> None:
    """Return quietly for the right bearer token, compared in constant time."""
    if token is None:
        raise NotFound("There is nothing here: no token is set for this callback.")
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
        raise NotSignedIn("Send the callback's token as `Authorization: Bearer`.")


async def notify_body(request: Request) -> dict[str, Any]:
    """Return a callback of GOV.UK Notify as it came; nothing is read before the token is right."""
    _admitted(request, wiring_of(request).settings.notify_callback_token)
    raw = await read_body(request, limit=_LONGEST, accepts=("application/json",))
    body = parse(decode(raw))
    check_sound(body)
    if not isinstance(body, dict):
        raise Malformed("Send one object.")
    return body


async def mail_body(request: Request) -> bytes:
    """Return one message of the bounce mailbox."""
    _admitted(request, wiring_of(request).settings.bounce_token)
    return await read_body(request, limit=_LONGEST_MAIL, accepts=("message/rfc822",))


@router.post("/govuk-notify", status_code=204)
def govuk_notify(
    request: Request, body: Annotated[dict[str, Any], Depends(notify_body)]
) -> Response:
    """Take in one delivery receipt; 204 also for one that is not ours, or is known already."""
    wiring = wiring_of(request)
    try:
        alert_id = UUID(str(body.get("reference")))
    except ValueError:
        return Response(status_code=204)
    with wiring.database.write() as session:
        scope(session, every_force(session))
        provider_news.note_status(
            session, alert_id=alert_id, status=status_of(str(body.get("status"))),
            now=wiring.clock.now(),
        )  # fmt: skip
    return Response(status_code=204)


@router.post("/bounces", status_code=204)
def bounces(request: Request, raw: Annotated[bytes, Depends(mail_body)]) -> Response:
    """Take in one message of the bounce mailbox, as a mail server has it."""
    wiring = wiring_of(request)
    with wiring.database.write() as session:
        scope(session, every_force(session))
        provider_news.take_bounce(session, wiring.cipher, raw=raw, now=wiring.clock.now())
    return Response(status_code=204)
