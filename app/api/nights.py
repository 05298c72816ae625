"""The nightly close: a force's control totals against what arrived."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.api.answers import NightAnswer
from app.api.body import SINGLE, read_body
from app.api.deps import Acting, Calling, Write
from app.api.messages import read_message
from app.api.openapi import body_of, problems
from app.casework.nights import close
from app.intake.payload import Day, NightTotals

router = APIRouter(prefix="/api/v1/nights", tags=["nights"])


async def totals_body(request: Request, _: Calling) -> NightTotals:
    raw = await read_body(request, limit=SINGLE, accepts=frozenset({"application/json"}))
    return read_message(NightTotals, raw)


@router.post(
    "/{date}/close",
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=body_of(
        "NightTotals", {"incidents": 61, "incidents_with_children": 48, "children": 74}
    ),
)
def close_night(
    totals: Annotated[NightTotals, Depends(totals_body)],
    session: Write,
    acting: Acting,
    date: Day,
) -> NightAnswer:
    """Close the night that ends on a date (London); zero is an answer, silence rings at six."""
    return NightAnswer.of(close(session, acting, on=date, totals=totals))
