"""The register look-up of a control-room form, so that an officer can name the school by URN."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.answers import EstablishmentAnswer, EstablishmentList
from app.api.deps import Acting, Write
from app.api.openapi import problems
from app.casework.directory import look_up

router = APIRouter(prefix="/api/v1", tags=["establishments"])


@router.get("/establishments", responses=problems(401, 403, 422, 429))
def establishments(
    session: Write,
    acting: Acting,
    q: Annotated[str | None, Query(min_length=2, max_length=100)] = None,
    urn: Annotated[int | None, Query(ge=100_000, le=999_999)] = None,
) -> EstablishmentList:
    """Find open establishments by name, town or postcode, or one by its URN."""
    found = look_up(session, acting, text=q, urn=urn)
    return EstablishmentList(items=[EstablishmentAnswer.of(row) for row in found])
