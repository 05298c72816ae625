"""Errors as RFC 9457 problem details, from a closed list of types, never with a submitted value."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.api.refusals import after_answer, note_refused, refused
from app.core import logs
from app.core.errors import (
    FieldError,
    Invalid,
    NotFound,
    NotSignedIn,
    ServiceError,
    TooLarge,
    TooMany,
    Unavailable,
)

_log = logs.get(__name__)

MEDIA_TYPE = "application/problem+json"
_MACHINES = ("/api/", "/health/", "/metrics", "/callbacks/", "/csp-reports")
_MOST_ERRORS = 50

# Our words for what pydantic found: its own may quote what was submitted.
_MESSAGES = {
    "missing": "This field is required",
    "extra_forbidden": "The interface has no field of this name here",
    "enum": "Choose one of the values that the interface lists",
    "literal_error": "Choose one of the values that the interface lists",
    "string_too_long": "This text is too long",
    "string_pattern_mismatch": "This text does not have the form that the interface asks for",
    "string_type": "This must be text",
    "int_type": "This must be a whole number",
    "int_parsing": "This must be a whole number",
    "bool_type": "This must be true or false",
    "tuple_type": "This must be an array",
    "model_type": "This must be an object",
    "too_long": "This array has too many entries",
    "greater_than_equal": "This is smaller than the smallest accepted value",
    "less_than_equal": "This is greater than the greatest accepted value",
    "timezone_aware": "Give the time a zone",
    # These are ours and quote nothing (app.intake.cleaning and app.intake.payload).
    "characters_refused": "Leave out control, text-direction and invisible characters",
    "not_a_time": "Write it like 2026-11-19T22:40:00+00:00",
    "not_a_date": "Write it like 2016-03-02",
    "out_of_range": "This time is outside the calendar",
    "out_of_order": "The two values are the wrong way round",
    "ref_repeated": "Give every child a ref of its own",
    "ref_reserved": "A ref must not begin with unnamed-",
    "ref_unknown": "child_refs names a child that is not listed",
}


class MethodNotAllowed(ServiceError):
    """The address exists, the method does not."""

    status, code, title = 405, "method-not-allowed", "This method is not allowed here"
    allow = ""


class TooSlow(ServiceError):
    """The body did not arrive in time."""

    status, code, title = 408, "too-slow", "The request took too long to arrive"


class WrongHost(ServiceError):
    """The request names a host that is not ours."""

    status, code, title = 400, "wrong-host", "This is not the host's name"


def for_machines(path: str) -> bool:
    """Return whether an address answers in JSON; every other one answers people."""
    return path.startswith(_MACHINES)


def problem(request: Request, error: ServiceError) -> Response:
    """Return the problem document of an error, with what the client should do next."""
    body = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": getattr(request.state, "request_id", ""),
        "errors": as_json(error.errors),
    }
    headers = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany | Unavailable) and error.retry_after_seconds:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, MethodNotAllowed) and error.allow:
        headers["Allow"] = error.allow
    return JSONResponse(body, error.status, headers, media_type=MEDIA_TYPE)


def as_json(errors: Sequence[FieldError]) -> list[dict[str, str]]:
    """Return field errors as the interface writes them."""
    return [{"loc": one.loc, "code": one.code, "message": one.message} for one in errors]


def field_errors(error: ValidationError | RequestValidationError) -> list[FieldError]:
    """Return what pydantic found, in our words: place and kind, never the value."""
    if isinstance(error, ValidationError):
        found: Iterable[Any] = error.errors(
            include_url=False, include_context=False, include_input=False
        )
    else:
        found = error.errors()
    return [_field_error(one) for _, one in zip(range(_MOST_ERRORS), found, strict=False)]


def _field_error(found: dict[str, Any]) -> FieldError:
    code = str(found["type"])
    place = [str(part) for part in found["loc"]]
    if code == "extra_forbidden" and place:
        place[-1] = "*"  # the name of an unknown field is a submitted value too
    return FieldError(".".join(place), code, _MESSAGES.get(code, "This value is not accepted"))


Answer = Callable[[Request, ServiceError], Response]


def answering(page: Answer) -> Answer:
    """Return how errors are answered: a problem document for machines, `page` for people."""

    def answer(request: Request, error: ServiceError) -> Response:
        if error.status >= 500:
            _log.error("request failed", code=error.code, status=error.status)
        return (problem if for_machines(request.scope["path"]) else page)(request, error)

    return answer


def install(app: FastAPI, answer: Answer) -> None:
    """Let every error that reaches the application be answered, and a refused act be noted.

    The unit of work of the request is undone by then: the note has one of its own.
    """

    async def on_error(request: Request, error: Exception) -> Response:
        ours = _as_ours(error)
        refusal = refused(request, ours)
        if refusal is not None and not after_answer(refusal):
            await run_in_threadpool(note_refused, request, refusal)
        answered = answer(request, ours)
        if refusal is not None and after_answer(refusal):
            answered.background = BackgroundTask(note_refused, request, refusal)
        return answered

    for kind in (ServiceError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, on_error)


def _as_ours(error: Exception) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    if isinstance(error.__cause__, ServiceError):
        # Ours, raised while the framework read a form, and wrapped by it.
        return error.__cause__
    if isinstance(error, RequestValidationError):
        return Invalid("Correct what `errors` names and send it again.", field_errors(error))
    if isinstance(error, HTTPException) and error.status_code == 405:
        refused = MethodNotAllowed("Use one of the methods in the Allow header.")
        refused.allow = (error.headers or {}).get("Allow", "")
        return refused
    return _of_status(error.status_code if isinstance(error, HTTPException) else 500)


def _of_status(status: int) -> ServiceError:
    if status == 413:
        return TooLarge("Send a smaller body, or use the batch call.")
    if status == 404:
        return NotFound("There is nothing at this address.")
    if status < 500:
        return Invalid("The request could not be understood.")
    return ServiceError("Something went wrong: send it again, or tell us the request id.")
