"""The OpenAPI document: request bodies that are read by hand, problems, examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from app.api.answers import Problem
from app.intake.payload import IncidentMessage, NightTotals, WithdrawalMessage

Responses = dict[int | str, dict[str, Any]]

_REF = "#/components/schemas/{model}"
_PROBLEM_KINDS = {
    400: "The body is not JSON, not UTF-8, or ambiguous",
    401: "No valid bearer token, or the police system was revoked",
    403: "The token does not carry the scope",
    404: "Nothing of this force has this reference",
    408: "The body took too long to arrive",
    409: "The same version was stored with another body",
    413: "The body is too large",
    415: "The content type or encoding is not accepted",
    422: "The message breaks a rule; `errors` says where",
    429: "More calls than this police system may make in a minute; `Retry-After` says when",
    503: "It is not known whether it was stored: send the same again after `Retry-After`",
}


def problems(*statuses: int) -> Responses:
    """Return the documented problem answers of a route."""
    schema = {"$ref": _REF.format(model="Problem")}
    return {
        status: {
            "description": _PROBLEM_KINDS[status],
            "content": {"application/problem+json": {"schema": schema}},
        }
        for status in statuses
    }


def body_of(model: str, example: Any, *, kind: str = "application/json") -> dict[str, Any]:
    """Return the documentation of a request body that the strict reader reads."""
    content = {kind: {"schema": {"$ref": _REF.format(model=model)}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the police interface, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="Encompass police interface", version="1", openapi_version="3.1.0",
            description=_ABOUT, routes=app.routes,
        )  # fmt: skip
        models = (IncidentMessage, WithdrawalMessage, NightTotals, Problem)
        _, schemas = models_json_schema(
            [(model, "validation") for model in models], ref_template=_REF
        )
        components = made.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in schemas["$defs"].items():
            components.setdefault(name, schema)
        app.openapi_schema = made
    return app.openapi_schema


_ABOUT = (
    "A force pushes its domestic-abuse incidents as they are recorded; each child's school is told "
    "before the children arrive. Every answer is sent after the commit, so a 2xx means stored. "
    "A request that was not answered may always be sent again unchanged."
)
