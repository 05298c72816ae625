"""Incidents of the police interface: push one, read, list, withdraw."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime

from app.api.answers import Accepted, IncidentAnswer, IncidentPage, WithdrawalAnswer
from app.api.body import SINGLE, read_body
from app.api.deps import Acting, Calling, Write, address_of
from app.api.intake_writer import IntakeWriter
from app.api.messages import read_message
from app.api.openapi import body_of, problems
from app.casework.incident_status import list_incidents, read_incident
from app.casework.submit import prepare
from app.casework.withdraw import withdraw_incident
from app.core.errors import Conflict, Unavailable
from app.intake.outcomes import Outcome
from app.intake.payload import EXAMPLE, IncidentMessage, WithdrawalMessage
from app.intake.receive import Kind, Result
from app.reports.told import Told

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

JSON = frozenset({"application/json"})
Reference = Annotated[str, Path(max_length=64, description="the force's own reference")]


@router.post(
    "",
    status_code=201,
    response_model=Accepted,
    responses=problems(400, 401, 403, 408, 409, 413, 415, 422, 429, 503)
    | {200: {"model": Accepted, "description": "This version was stored before, with this body"}},
    openapi_extra=body_of("IncidentMessage", EXAMPLE),
)
async def push(request: Request, calling: Calling) -> Response:
    """Push one version of one incident; answered only after it is stored."""
    message = read_message(IncidentMessage, await read_body(request, limit=SINGLE, accepts=JSON))
    submission = prepare(
        calling, message, request_id=request.state.request_id, address=address_of(request)
    )
    writer: IntakeWriter = request.app.state.intake
    waiting = asyncio.wrap_future(writer.offer(submission))
    try:
        return answer(await asyncio.wait_for(waiting, writer.answer_seconds))
    except TimeoutError:
        raise Unavailable(
            "The database is slow to answer: send the same again, it is stored once."
        ) from None


def answer(result: Result) -> Response:
    """Return 201 or 200 with what is stored; raise `Conflict` for another body."""
    refuse_conflict(result)
    return Response(
        Accepted.of(result).model_dump_json(exclude_none=True),
        201 if result.kind is Kind.CREATED else 200,
        {"Location": f"/api/v1/incidents/{result.reference}"},
        media_type="application/json",
    )


def refuse_conflict(result: Result) -> None:
    """Raise `Conflict` where this version was stored with another body."""
    if result.kind is Kind.CONFLICT:
        raise Conflict(
            "This version was stored with another body: send a correction as the next version."
        )


@router.get("", responses=problems(401, 403, 422, 429))
def listed(
    *,
    session: Write,
    acting: Acting,
    since: Annotated[AwareDatetime | None, Query(description="received at or after")] = None,
    outcome: Outcome | None = None,
    told: Told | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> IncidentPage:
    """List incidents in the order they arrived, with what became of each child."""
    found, following = list_incidents(
        session, acting, since=since, outcome=outcome, told=told, cursor=cursor, limit=limit
    )
    return IncidentPage(items=[IncidentAnswer.of(one) for one in found], next=following)


@router.get("/{reference}", responses=problems(401, 403, 404, 429))
def read(session: Write, acting: Acting, reference: Reference) -> IncidentAnswer:
    """Read the newest version of an incident: per child the outcome and the receipt ladder."""
    return IncidentAnswer.of(read_incident(session, acting, reference=reference))


# The caller first, then the body, then a session: no transaction waits for the network.
async def withdrawal_body(request: Request, _: Calling) -> WithdrawalMessage:
    return read_message(WithdrawalMessage, await read_body(request, limit=SINGLE, accepts=JSON))


@router.post(
    "/{reference}/withdrawal",
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    openapi_extra=body_of(
        "WithdrawalMessage",
        {"reason_code": "recorded_in_error", "reason": "Recorded under the wrong address"},
    ),
)
def withdraw(
    message: Annotated[WithdrawalMessage, Depends(withdrawal_body)],
    session: Write,
    acting: Acting,
    reference: Reference,
) -> WithdrawalAnswer:
    """Take an incident back: everything sent is recalled; a repeat gets the same answer."""
    return WithdrawalAnswer.of(
        withdraw_incident(session, acting, reference=reference, message=message)
    )
