"""Asking for one restricted incident, and letting a colleague in: two people, for a while."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.access.break_glass import WhyAsked
from app.casework import breaking_glass
from app.core.errors import Invalid
from app.pages.deps import Posted, Proved, ProvedPost, Visitor, Write
from app.pages.problems import PageRoute
from app.pages.rendering import page

router = APIRouter(route_class=PageRoute)
HERE = "/restricted"
WHY = {
    WhyAsked.CALLER_WAITS.value: "Somebody is on the line about it",
    WhyAsked.GROUP_NOT_REACHED.value: "Nobody who can see it can be reached",
    WhyAsked.CHILD_AT_RISK.value: "A child may be at risk today",
    WhyAsked.RECORD_TO_CORRECT.value: "The record has to be put right",
}


@router.get(HERE)
def restricted_page(request: Request, visitor: Proved, session: Write) -> Response:
    return _page(request, visitor, breaking_glass.look(session, visitor.acting))


@router.post(f"{HERE}/ask")
def ask_press(
    request: Request,
    *,
    visitor: ProvedPost,
    session: Write,
    force: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    shown = breaking_glass.look(session, visitor.acting)
    errors = {} if reason in WHY else {"reason": "Say why you have to see it"}
    if not errors:
        try:
            breaking_glass.ask(
                session, visitor.acting, force=force, reference=reference, reason=WhyAsked(reason)
            )
        except Invalid as wrong:
            errors = {one.loc: one.message for one in wrong.errors}
    if errors:
        return _page(request, visitor, shown, errors=errors, reference=reference, reason=reason)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{ident}}/grant")
def grant_press(ident: UUID, visitor: ProvedPost, session: Write) -> Response:
    breaking_glass.answer(session, visitor.acting, ident=ident, grants=True)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{ident}}/refuse")
def refuse_press(ident: UUID, visitor: Posted, session: Write) -> Response:
    breaking_glass.answer(session, visitor.acting, ident=ident, grants=False)
    return RedirectResponse(HERE, 303)


def _page(
    request: Request,
    visitor: Visitor,
    shown: breaking_glass.Page,
    *,
    errors: dict[str, str] | None = None,
    reference: str = "",
    reason: str = "",
) -> Response:
    return page(
        request, "restricted.html", visitor=visitor, status=400 if errors else 200,
        title="Restricted incidents", shown=shown, errors=errors or {}, reference=reference,
        reason=reason, why=WHY,
    )  # fmt: skip
