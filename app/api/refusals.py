"""Which errors are refused acts of somebody we know, as the edge sees them: noted on the trail."""

import re
from uuid import UUID

from fastapi import Request

from app.access.clients import Caller
from app.casework.acting import Denied
from app.casework.refusals import Asker, Refusal, note
from app.core.errors import (
    Malformed,
    NotAllowed,
    Noted,
    NotFound,
    NotSignedIn,
    ServiceError,
)
from app.wiring import Wiring

_OF_PEOPLE = (NotAllowed, NotFound, Malformed)
_OF_SYSTEMS = (NotAllowed, NotSignedIn)
_URN = re.compile(r"[1-9][0-9]{5}")


def system(caller: Caller) -> Asker:
    """Return a police system as somebody who may be refused."""
    return Asker(caller.actor.id, frozenset({caller.force}))


def refused(request: Request, error: ServiceError) -> Refusal | None:
    """Return the refused act that an error is, or `None` where it is none that is noted.

    Of people all that is not theirs or not there, and forms that none of our pages sent. What is
    noted already is not noted twice. A police system asks for references that are not there every
    night: of systems only what they have no right or no life for.
    """
    asker: Asker | None = getattr(request.state, "asker", None)
    route = request.scope.get("route")
    if asker is None or route is None or isinstance(error, Noted):
        return None
    noted = _OF_PEOPLE if asker.who.startswith("account:") else _OF_SYSTEMS
    if not isinstance(error, noted):
        return None
    asked, things = f"{request.method} {route.path}", _things(request)
    if isinstance(error, Denied):
        return Refusal(asker, error.action.value, asked, things, error.relation.force)
    return Refusal(asker, _reason(error), asked, things)


def note_refused(request: Request, refusal: Refusal) -> None:
    """Store a refused act."""
    wiring: Wiring = request.app.state.wiring
    note(wiring.database, refusal, now=wiring.clock.now())


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
