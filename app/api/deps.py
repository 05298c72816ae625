"""What a route of the police interface may ask for: who calls, and one session in their scope.

Everything above a session is function-scoped, so that the commit comes before the answer.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2
from sqlalchemy.orm import Session

from app.access.clients import Caller, ClientScope, read_token
from app.api.refusals import system
from app.casework.police import PoliceActing
from app.core.crash_points import CrashPoint, crash_point
from app.core.errors import NotSignedIn
from app.core.scope import of_force
from app.wiring import Wiring

_SCOPES = {
    ClientScope.WRITE.value: "push, close and withdraw",
    ClientScope.READ.value: "read what became of an incident",
}
bearer = OAuth2(
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(tokenUrl="/api/v1/token", scopes=_SCOPES)
    ),
    auto_error=False,
    scheme_name="client_credentials",
)


def wiring_of(request: Request) -> Wiring:
    """Return what this process holds."""
    wiring: Wiring = request.app.state.wiring
    return wiring


def address_of(request: Request) -> str | None:
    """Return where the call came from: what our own proxy says, and nobody else."""
    return request.client.host if request.client else None


async def caller(request: Request, authorization: Annotated[str | None, Depends(bearer)]) -> Caller:
    """Return the police system whose token came along; raise `NotSignedIn`."""
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotSignedIn("Send a bearer token: POST /api/v1/token gives one.")
    wiring = wiring_of(request)
    found = read_token(wiring.cipher, token, now=wiring.clock.now())
    request.state.asker = system(found)
    return found


Calling = Annotated[Caller, Depends(caller, scope="function")]


def acting(request: Request, calling: Calling) -> PoliceActing:
    """Return what an act of this caller is handed."""
    wiring = wiring_of(request)
    return PoliceActing(wiring.clock.now(), calling, wiring.cipher, address_of(request))


Acting = Annotated[PoliceActing, Depends(acting, scope="function")]


def writing(request: Request, calling: Calling) -> Iterator[Session]:
    """Yield the request's session in the caller's scope, committed before the answer goes out."""
    with wiring_of(request).database.write(of_force(calling.force)) as session:
        yield session
    crash_point(CrashPoint.POLICE_STORED)


Write = Annotated[Session, Depends(writing, scope="function")]
