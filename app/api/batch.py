"""Pushing many incidents at once: NDJSON or a JSON array, one result for each row."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Request

from app.access.clients import Caller, ClientScope, require_scope
from app.api.answers import BatchAnswer, BatchRow, Problem
from app.api.body import BATCH, SINGLE, decode, parse, read_body
from app.api.deps import Calling, address_of, wiring_of
from app.api.errors import as_json
from app.api.incidents import refuse_conflict
from app.api.intake_writer import store
from app.api.messages import read_row
from app.api.openapi import body_of, problems
from app.api.refusals import is_not_read, not_read, note_refused, system
from app.casework.admitting import admit_batch
from app.casework.submit import prepare
from app.core.errors import Invalid, ServiceError, TooLarge, Unavailable
from app.core.logs import error_kind, get
from app.core.scope import of_force
from app.intake.payload import EXAMPLE, REFERENCE, IncidentMessage
from app.intake.receive import Kind, Submission
from app.wiring import Wiring

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

_log = get(__name__)

NDJSON = "application/x-ndjson"
MOST_ROWS = 5_000
# Rows of one transaction: enough to be quick, few enough that single pushes wait but little.
_AT_ONCE = 500


@dataclass(slots=True)
class _Row:
    """One row on its way: read, then stored, or stopped by an error."""

    line: int
    reference: str | None = None
    submission: Submission | None = None
    error: ServiceError | None = None
    status: int = 0


async def batch_body(request: Request, calling: Calling) -> tuple[str, bytes]:
    """Return the media type and the body; the work on it happens in a thread."""
    require_scope(calling, ClientScope.WRITE)
    accepts = {NDJSON, "application/json"}
    body = await read_body(request, limit=BATCH, accepts=accepts, seconds=120)
    return request.headers["content-type"].partition(";")[0].strip().lower(), body


@router.post(
    "/batch",
    responses=problems(400, 401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra=body_of("IncidentMessage", EXAMPLE, kind=NDJSON),
)
def push_many(
    request: Request,
    calling: Calling,
    body: Annotated[tuple[str, bytes], Depends(batch_body)],
    afterwards: BackgroundTasks,
) -> BatchAnswer:
    """Push up to 5,000 incidents, one JSON object a line or in an array; a row fails alone."""
    wiring = wiring_of(request)
    _admit(wiring, calling)
    rows = [_read(one, calling, request) for one in _rows(*body)]
    good = [row for row in rows if row.submission is not None]
    for start in range(0, len(good), _AT_ONCE):
        some = good[start : start + _AT_ONCE]
        _store(some, wiring)
        if all(isinstance(row.error, Unavailable) for row in some):
            # Each further try could wait as long as this one did, and nobody waits for all.
            for row in good[start + _AT_ONCE :]:
                _stop(row, Unavailable("The service cannot store this now: send it again."))
            break
    if rows and all(isinstance(row.error, Unavailable) for row in rows):
        raise Unavailable("The service cannot store this now: send it again.")
    wrong = [row.error for row in rows if is_not_read(row.error)]
    if wrong:
        afterwards.add_task(note_refused, request, not_read(request, system(calling), wrong))
    return BatchAnswer(
        accepted=sum(row.status == 201 for row in rows),
        replayed=sum(row.status == 200 for row in rows),
        rejected=sum(row.error is not None for row in rows),
        rows=[_answer(row) for row in rows],
    )


def _admit(wiring: Wiring, caller: Caller) -> None:
    """Count the call; raise `TooMany` before a row is stored, never in the middle of a night.

    Where that cannot be looked up the batch goes on: its rows are asked about themselves.
    """
    try:
        with wiring.database.write(of_force(caller.force)) as session:
            refusal = admit_batch(session, caller, now=wiring.clock.now())
    except Unavailable as error:
        _log.warning("batch not counted", error=error_kind(error))
        return
    if refusal is not None:
        raise refusal


def _rows(kind: str, raw: bytes) -> list[tuple[int, Any]]:
    """Return line numbers with what stands there: bytes of a line, or a value of the array."""
    if kind == NDJSON:
        found: list[tuple[int, Any]] = [
            (number, line) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()
        ]
    else:
        array = parse(decode(raw))
        if not isinstance(array, list):
            raise Invalid("Send an array of incidents, or one incident to the single call.")
        found = list(enumerate(array, 1))
    if len(found) > MOST_ROWS:
        raise TooLarge(f"Send no more than {MOST_ROWS:,} rows at once.")
    return found


def _read(one: tuple[int, Any], caller: Caller, request: Request) -> _Row:
    line, value = one
    row = _Row(line)
    try:
        if isinstance(value, bytes):
            if len(value) > SINGLE:
                raise TooLarge(f"Send no more than {SINGLE // 1024} KiB in a row.")
            value = parse(decode(value))
        row.reference = _reference(value)
        message = read_row(IncidentMessage, value)
        row.submission = prepare(
            caller, message, request_id=request.state.request_id, address=address_of(request),
            of_batch=True,
        )  # fmt: skip
    except ServiceError as error:
        _stop(row, error)
    return row


def _reference(value: Any) -> str | None:
    """Return the reference of a row where it has the form of one, so that the force can find it."""
    given = value.get("reference") if isinstance(value, dict) else None
    return given if isinstance(given, str) and re.fullmatch(REFERENCE, given) else None


def _store(rows: list[_Row], wiring: Wiring) -> None:
    outcomes = store(wiring, [row.submission for row in rows if row.submission is not None])
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, ServiceError):
            _stop(row, outcome)
            continue
        row.status = 201 if outcome.kind is Kind.CREATED else 200
        try:
            refuse_conflict(outcome)
        except ServiceError as error:
            _stop(row, error)


def _stop(row: _Row, error: ServiceError) -> None:
    row.error, row.status = error, error.status


def _answer(row: _Row) -> BatchRow:
    faults: list[dict[str, str]] = []
    if row.error is not None:
        error = row.error
        faults = as_json(error.errors) or [{"loc": "", "code": error.code, "message": error.detail}]
    return BatchRow(
        line=row.line,
        reference=row.reference,
        status=row.status,
        errors=[Problem.Fault(**fault) for fault in faults],
    )
