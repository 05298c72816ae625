"""Which errors are refused acts of somebody we know, as the edge sees them: noted on the trail."""

import re
from collections.abc import Sequence
from typing import TypeGuard
from uuid import UUID

from fastapi import Request

from app.access.clients import Caller
from app.casework.acting import Denied
from app.casework.refusals import Asker, Refusal, note
from app.core.audit import Event
from app.core.errors import (
    Invalid,
    Malformed,
    NotAllowed,
    Noted,
    NotFound,
    NotSignedIn,
    ServiceError,
    TooLarge,
    WrongMediaType,
)
from app.wiring import Wiring

_OF_PEOPLE = (NotAllowed, NotFound, Malformed)
_OF_SYSTEMS = (NotAllowed, NotSignedIn)
_NOT_READ = (Malformed, Invalid, TooLarge, WrongMediaType)
_MOST_CODES = 10
_URN = re.compile(r"[1-9][0-9]{5}")


def system(caller: Caller) -> Asker:
    """Return a police system as somebody who may be refused."""
    return Asker(caller.actor.id, frozenset({caller.force}))


def refused(request: Request, error: ServiceError) -> Refusal | None:
    """Return the refused act that an error is, or `None` where it is none that is noted.

    Of people all that is not theirs or not there, and forms that none of our pages sent. What is
    noted already is not noted twice. A police system asks for references that are not there every
    night: of systems only what they have no right or no life for, and what could not be read.
    """
    asker: Asker | None = getattr(request.state, "asker", None)
    route = request.scope.get("route")
    if asker is None or route is None or isinstance(error, Noted):
        return None
    of_people = asker.who.startswith("account:")
    if not of_people and isinstance(error, _NOT_READ):
        return not_read(request, asker, [error])
    if not isinstance(error, _OF_PEOPLE if of_people else _OF_SYSTEMS):
        return None
    asked, things = _asked(request), _things(request)
    if isinstance(error, Denied):
        return Refusal(asker, error.action.value, asked, things, error.relation.force)
    return Refusal(asker, _reason(error), asked, things)


def not_read(request: Request, asker: Asker, errors: Sequence[ServiceError]) -> Refusal:
    """Return what could not be read of one call as a refusal: how many messages, and our codes."""
    codes = sorted({one.code for error in errors for one in error.errors})[:_MOST_CODES]
    return Refusal(
        asker, _reason(errors[0]), _asked(request), event=Event.MESSAGE_NOT_READ,
        found={"messages": len(errors), "codes": codes},
    )  # fmt: skip


def is_not_read(error: ServiceError | None) -> TypeGuard[ServiceError]:
    """Return whether an error says that what was sent could not be read or breaks a rule."""
    return isinstance(error, _NOT_READ)


def after_answer(refusal: Refusal) -> bool:
    """Return whether a refusal is noted once the answer has gone: a push waits for no trail.

    An act that was denied is noted before: what is there and what is not cost the same.
    """
    return refusal.event is Event.MESSAGE_NOT_READ


def note_refused(request: Request, refusal: Refusal) -> None:
    """Store a refused act."""
    wiring: Wiring = request.app.state.wiring
    note(wiring.database, refusal, now=wiring.clock.now())


def _asked(request: Request) -> str:
    return f"{request.method} {request.scope['route'].path}"


def _reason(error: ServiceError) -> str:
    return "not_there" if isinstance(error, NotFound) else error.code.replace("-", "_")


def _things(request: Request) -> dict[str, str]:
    """Return the ids in an address; anything else that somebody wrote there is left out."""
    return {name: text for name, value in request.path_params.items() if (text := _id(str(value)))}


def _id(text: str) -> str:
    if _URN.fullmatch(text):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return ""
