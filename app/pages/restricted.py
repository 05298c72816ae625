"""Asking for one restricted incident, letting a colleague in, lifting a restriction: two people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.access.break_glass import WhyAsked
from app.casework import breaking_glass, lifting
from app.core.errors import Invalid
from app.intake.restrictions import WhyLifted
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
WHY_LIFTED = {
    WhyLifted.MARKED_BY_MISTAKE.value: "It was marked by mistake",
    WhyLifted.NOBODY_OF_THE_FORCE.value: "It turned out that nobody of the force is concerned",
    WhyLifted.COLLEAGUE_LEFT.value: "The colleague concerned has left the force",
}


@router.get(HERE)
def restricted_page(request: Request, visitor: Proved, session: Write) -> Response:
    return _page(request, visitor, session)


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
    errors = {} if reason in WHY else {"reason": "Say why you have to see it"}
    if not errors:
        try:
            breaking_glass.ask(
                session, visitor.acting, force=force, reference=reference, reason=WhyAsked(reason)
            )
        except Invalid as wrong:
            errors = {one.loc: one.message for one in wrong.errors}
    if errors:
        typed = {"reference": reference, "reason": reason}
        return _page(request, visitor, session, errors=errors, typed=typed)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{ident}}/grant")
def grant_press(ident: UUID, visitor: ProvedPost, session: Write) -> Response:
    breaking_glass.answer(session, visitor.acting, ident=ident, grants=True)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/{{ident}}/refuse")
def refuse_press(ident: UUID, visitor: Posted, session: Write) -> Response:
    breaking_glass.answer(session, visitor.acting, ident=ident, grants=False)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/lift")
def lift_ask_press(
    request: Request,
    *,
    visitor: ProvedPost,
    session: Write,
    force: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form()] = "",
    because: Annotated[str, Form()] = "",
) -> Response:
    reason = WhyLifted(because) if because in WHY_LIFTED else None
    try:
        lifting.ask(session, visitor.acting, force=force, reference=wanted, reason=reason)
    except Invalid as wrong:
        errors = {one.loc: one.message for one in wrong.errors}
        typed = {"wanted": wanted, "because": because}
        return _page(request, visitor, session, errors=errors, typed=typed)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/lift/{{lift_id}}/agree")
def lift_press(lift_id: UUID, visitor: ProvedPost, session: Write) -> Response:
    lifting.answer(session, visitor.acting, ident=lift_id, lifts=True)
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/lift/{{lift_id}}/leave")
def lift_leave_press(lift_id: UUID, visitor: Posted, session: Write) -> Response:
    lifting.answer(session, visitor.acting, ident=lift_id, lifts=False)
    return RedirectResponse(HERE, 303)


def _page(
    request: Request,
    visitor: Visitor,
    session: Session,
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    shown = breaking_glass.look(session, visitor.acting)
    lifts = lifting.look(session, visitor.acting)
    return page(
        request, "restricted.html", visitor=visitor, status=400 if errors else 200,
        title="Restricted incidents", shown=shown, lifts=lifts, errors=errors or {},
        # Who sees them anyway has nothing to ask for.
        ask_about=[force for force in shown.forces if force not in lifts.forces],
        typed=typed or {}, why=WHY, why_lifted=WHY_LIFTED,
    )  # fmt: skip
