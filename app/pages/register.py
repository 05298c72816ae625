"""The register: many schools and whether they can receive, and requests to decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.access.permissions import Action, may_at_all
from app.casework import key_adult_requests
from app.casework.register_view import schools_view
from app.core.errors import Invalid
from app.pages.deps import Posted, SignedIn, Visitor, Write
from app.pages.forms import messages
from app.pages.problems import PageRoute
from app.pages.readiness_words import GAPS
from app.pages.register_words import FILTERS, WORDS
from app.pages.rendering import page
from app.reports.readiness import Gap

router = APIRouter(route_class=PageRoute)


@router.get("/register")
def register_page(
    request: Request,
    *,
    visitor: SignedIn,
    session: Write,
    council: Annotated[str | None, Query(pattern="^[0-9]{3}$")] = None,
    show: Annotated[str | None, Query(max_length=32)] = None,
    number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> Response:
    chosen = show if show in FILTERS else None
    view = schools_view(session, visitor.acting, council=council, chosen=chosen, page=number)
    waiting = key_adult_requests.requests_waiting(session, visitor.acting)
    return page(
        request, "register.html", visitor=visitor, title="Register", view=view,
        waiting=len(waiting), area_unknown=GAPS[Gap.AREA_UNKNOWN] if view.without_area else "",
        **WORDS,
    )  # fmt: skip


@router.get("/register/requests")
def requests_page(request: Request, visitor: SignedIn, session: Write) -> Response:
    return _requests(request, visitor, session)


@router.post("/register/requests/{request_id}/approve")
def approve_press(
    request: Request,
    request_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    made_sure: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    try:
        adult = key_adult_requests.approve_key_adult(
            session, visitor.acting, request_id=request_id, made_sure=made_sure
        )
    except Invalid as problem:
        errors = {f"made-sure-{request_id}": messages(problem.errors)["made_sure"]}
        return _requests(request, visitor, session, errors=errors)
    return RedirectResponse(f"/register/schools/{adult.urn}/key-adults", 303)


@router.post("/register/requests/{request_id}/refuse")
def refuse_press(
    request: Request,
    request_id: UUID,
    *,
    visitor: Posted,
    session: Write,
    reason_code: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    try:
        key_adult_requests.refuse_key_adult(
            session, visitor.acting, request_id=request_id, reason_code=reason_code
        )
    except Invalid as problem:
        errors = {f"reason-{request_id}": messages(problem.errors)["reason_code"]}
        return _requests(request, visitor, session, errors=errors)
    return RedirectResponse("/register/requests", 303)


@router.post("/register/requests/{request_id}/withdraw")
def withdraw_press(request_id: UUID, visitor: Posted, session: Write) -> Response:
    key_adult_requests.withdraw_request(session, visitor.acting, request_id=request_id)
    return RedirectResponse("/register/requests", 303)


def _requests(
    request: Request, visitor: Visitor, session: Write, *, errors: dict[str, str] | None = None
) -> Response:
    return page(
        request, "register_requests.html", visitor=visitor, title="Requests to decide",
        status=400 if errors else 200, errors=errors or {},
        lines=key_adult_requests.requests_waiting(session, visitor.acting),
        may_decide=may_at_all(visitor.actor, Action.APPROVE_KEY_ADULT), **WORDS,
    )  # fmt: skip
